internal import ArgumentParser
internal import Policy
internal import SpawngateClient
internal import SpawngateServer
internal import Wire

/// `spawngate policy diff`
struct PolicyDiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Look for a start that one policy folder allows and another does not. Needs no server.",
        discussion: """
            Tries requests until NEW allows one that OLD denies (or fails on, or narrows): the recorded ones, where some are given, then \
            changes of these and of a plain one, with the values that the Lua files of both folders name. What it finds it \
            makes as simple as it can. That nothing was found in so many tries proves nothing. The same seed, folders and \
            recorded requests give the same answer.

            Recorded requests are read from a file with one JSON object a line: a decision, its `request`, or what \
            `spawngate decision list --all --json` prints; or they are asked of a server, the newest first. \
            A prompt or an environment value that only the hash is at hand of is tried as "x".

            Exit status: 0 none found, 1 found, 2 wrong usage, or the search could not be made (a folder that does not load).

            EXAMPLE
              spawngate policy diff policies edited-policies
              spawngate policy diff policies edited-policies --from-server --seed 7 --tries 100000
            """)

    @Argument(help: ArgumentHelp("The policy folder as it is.", valueName: "old"))
    var old: String

    @Argument(help: ArgumentHelp("The policy folder as it is to be.", valueName: "new"))
    var new: String

    @Option(help: ArgumentHelp("Another seed tries other requests.", valueName: "n"))
    var seed: UInt32 = 1

    @Option(help: ArgumentHelp("How many requests to try, the recorded ones among them.", valueName: "n"))
    var tries = 20_000

    @Option(help: ArgumentHelp("A file with recorded requests; - is standard input.", valueName: "file"))
    var requests: String?

    @Flag(help: "Begin with what the server has recorded, for up to half of the tries.")
    var fromServer = false

    @OptionGroup var options: ServerOptions

    func validate() throws {
        guard (1...100_000_000).contains(tries) else { throw ValidationError("--tries is from 1 to 100000000") }
    }

    func run() throws {
        do {
            let found = try search()
            Output.line(options.json ? json(of: found).json : view(of: found))
            if found != nil { throw ExitCode(ExitStatus.failed) }
        } catch let status as ExitCode {
            throw status
        } catch let wrongUsage as ValidationError {
            throw wrongUsage
        } catch {
            // As for diff(1): 1 is an answer, so trouble is 2.
            if options.json { Output.line(Explanation.line(of: error)) }
            let remote = (error as? RemoteError).map { Explanation.lines(of: $0).joined(separator: "\n") }
            Output.complain(remote ?? "\(error)")
            throw ExitCode(ExitStatus.usage)
        }
    }

    private func search() throws -> Widening? {
        let before = try Self.runner(old)
        let after = try Self.runner(new)
        var corpus = try requests.map { try Self.recorded(in: InputText.read($0), name: $0) } ?? []
        if fromServer { corpus += try recordedByServer() }
        var bar = ProgressBar()
        defer { bar.clear() }
        return WideningSearch(
            seed: UInt64(seed), tries: tries, corpus: corpus,
            vocabulary: WideningVocabulary(old: before.set, new: after.set)
        ).run(
            old: { WideningAnswer(before.ask($0)) }, new: { WideningAnswer(after.ask($0)) },
            progress: { bar.show(done: Int64($0), total: Int64(tries)) })
    }

    private static func runner(_ folder: String) throws -> PolicyRunner {
        do throws(PolicyLoadError) {
            let runner = try LocalPolicies.runner(folder)
            try runner.load()
            return runner
        } catch {
            throw CommandFailure("\(folder): \(error.sentence)")
        }
    }
}

// MARK: the answer

extension PolicyDiffCommand {
    private func view(of found: Widening?, coloured: Bool = Output.isColoured) -> String {
        guard let found else { return "none found in \(tries) tries (seed \(seed))" }
        var request = TextTable()
        for member in WideningRequest.differences(of: found.request) {
            let value = Self.remote(member.value)
            request.add(member.name, TerminalText.excerpt(value.displayed ?? value.json, charactersMax: 300))
        }
        var objections = TextTable(titles: ["POLICY", "RULE", "REASON"])
        for objection in found.old.reasons {
            objections.add([
                .init(objection.policy ?? "-"), .init(objection.rule ?? "-", .bad), .init(objection.reason),
            ])
        }
        let rows = request.rendered(coloured: coloured, indent: "  ")
        return """
            \(new) allows a start that \(old) does not (try \(found.tries) of \(tries), seed \(seed)):

            \(rows.isEmpty ? "  a plain start" : rows)

            All else in it is plain; --json prints the whole request. What \(old) says:

            \(objections.rendered(coloured: coloured, indent: "  "))
            """
    }

    private func json(of found: Widening?) -> RemoteValue {
        let objections = found?.old.reasons.map { objection in
            RemoteValue.object([
                .init("policy", .text(objection.policy) ?? .null), .init("rule", .text(objection.rule) ?? .null),
                .init("reason", .string(objection.reason)),
            ])
        }
        return .object([
            .init("found", .bool(found != nil)), .init("tries", .integer(Int64(found?.tries ?? tries))),
            .init("seed", .integer(Int64(seed))), .init("request", found.map { Self.remote($0.request) } ?? .null),
            .init("old", objections.map { .object([.init("objections", .array($0))]) } ?? .null),
        ])
    }

    private static func remote(_ value: JSONValue) -> RemoteValue {
        var text = JSONWriter()
        text.value(value)
        return (try? RemoteValue(json: text.bytes)) ?? .null
    }
}
