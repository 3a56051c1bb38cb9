internal import ArgumentParser
internal import DecisionLog
internal import Platform
internal import SpawngateClient
internal import SpawngateServer

/// `spawngate log verify`
struct LogVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a copy of the log, record by record. Needs no server.",
        discussion: """
            FILE is a database (spawngate.db, with spawngate.db-wal beside it where there is one) or what `log export` wrote. \
            Nothing is changed. Checked are: that each record is exactly canonical JSON and none is missing; that what the \
            database keeps beside it (columns, denials, the tree's nodes, prompts and environment values) agrees with it; \
            that every policy set that a decision names is there as it was; that each change of the log's key is signed by \
            the old key and the new one; and that the log agrees with every checkpoint, each signed by the key of its time.

            Whoever holds an earlier checkpoint can detect any change to what came before it; what came after the last \
            checkpoint held elsewhere, nobody can prove against a hostile root. So give --checkpoint what was kept where \
            the server's machine cannot reach it. Without one a log is only found to agree with itself.

            An export of a part (--from, --since …) is checked too: each record, that none is missing or, of a choice (--verdict \
            …), that each is in the log, and the signature. It can be held only against a checkpoint of the very size that it \
            was exported against.

            --execute also runs each decision again, from its recorded request and policies. Decisions whose prompt and \
            environment were erased cannot be; they are counted. So is a failure of the gate (verdict error) that does not \
            come again, which is held against nobody: time or memory may have been short then.

            scripts/verify_log.py is a second verifier, in Python, that shares no code with this one; whole logs only.

            Exit status 0 where all is good, 1 where it is not: the first bad record is named, and why.

            EXAMPLE
              spawngate log verify log.jsonl --checkpoint checkpoint-2026-11-28.txt
              spawngate log verify copy/spawngate.db --key 'gate.example+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
            """)

    @Argument(help: ArgumentHelp("A copy of the database, or an export.", valueName: "file"))
    var file: String

    @Option(
        name: .customLong("checkpoint"),
        help: ArgumentHelp("A signed checkpoint that was kept elsewhere. May be repeated.", valueName: "file"))
    var checkpoints: [String] = []

    @Option(
        name: .customLong("key"),
        help: ArgumentHelp(
            "A key that is trusted, as `call log.key` shows it, or a file that holds it; else those that the log names. "
                + "May be repeated.", valueName: "key"))
    var keys: [String] = []

    @Flag(help: "Run each decision again, too.")
    var execute = false

    @Flag(help: "Print the result as one line of JSON, for programs.")
    var json = false

    func run() throws {
        let anchors = try keys.map(Self.key)
        let witnesses = try checkpoints.map { name in
            let note: String
            do { note = try InputText.read(name) } catch let error as SystemError { throw ValidationError("\(error)") }
            guard let witness = LogAudit.Witness(note: note, name: "the checkpoint \(name)") else {
                throw ValidationError("\(name) is no signed checkpoint")
            }
            return witness
        }
        if execute { Process.prepare() }
        let outcome: LogVerification.Outcome
        do {
            outcome = try LogVerification(
                path: file, witnesses: witnesses, anchors: anchors,
                programFolder: execute ? File.parent(of: Process.executablePath()) : nil
            ).run()
        } catch let unusable as LogUnusable {
            throw ValidationError(unusable.description)
        } catch let error as SystemError {
            throw ValidationError("\(error)")
        }
        switch outcome {
        case .good(let summary, let execution):
            Output.line(json ? Self.json(summary, execution).json : text(summary, execution))
        case .bad(let fault):
            if json { Output.line(Self.json(fault).json) }
            throw CommandFailure("\(TerminalText.line(file)) is bad: \(TerminalText.line(fault.sentence))")
        }
    }

    private static func key(_ text: String) throws -> NoteVerifier {
        if let key = NoteVerifier(text) { return key }
        let inFile = try? InputText.read(text).split(separator: "\n").first.map(String.init)
        guard let key = (inFile ?? nil).flatMap({ NoteVerifier($0) }) else {
            throw ValidationError("\(text) is neither a verifier key (name+id+base64) nor a file with one")
        }
        return key
    }

    // MARK: telling

    private func text(_ summary: LogSummary, _ execution: LogExecutionTally?) -> String {
        let count = "\(summary.count) records, \(summary.decisions) of them decisions"
        var lines = ["\(TerminalText.line(file)) is good: \(count)", "root         \(summary.root.base64)"]
        if summary.isChoice {
            lines.append(
                "a choice     each is in the log of \(summary.size) records; what was left out, it does not show")
        } else if summary.count < summary.size {
            let range = "\(summary.range.lowerBound) to \(summary.range.upperBound - 1)"
            lines.append("a part       records \(range), and none missing, of a log of \(summary.size)")
        }
        if let key = summary.key { lines.append("key          \(TerminalText.line(key))") }
        lines += zip(checkpoints.indices, summary.checkpoints).map { _, size in
            "checkpoint   the first \(size) records are those that it names"
        }
        lines += summary.unvouchedKeys.map {
            "new key      at record \($0), without the signature of the one before"
        }
        if summary.withSecrets + summary.erased > 0 {
            lines.append("secrets      \(summary.withSecrets) kept and right, \(summary.erased) erased")
        }
        if let execution {
            lines.append("run again    \(execution.same) came out the same")
            let others = [
                (execution.withoutSecrets, "could not be run: prompt and environment are erased, or not in the export"),
                (execution.withoutPolicies, "had no policies to ask"),
                (execution.errorsThatDiffer, "failures of the gate did not come again in the same way"),
            ]
            lines += others.filter { $0.0 > 0 }.map { "             \($0.0) \($0.1)" }
        }
        if checkpoints.isEmpty {
            lines.append(
                "No checkpoint from elsewhere was given: this shows that the log agrees with itself, and no more.")
        }
        return lines.joined(separator: "\n")
    }

    private static func json(_ summary: LogSummary, _ execution: LogExecutionTally?) -> RemoteValue {
        [
            "good": true, "size": .integer(summary.size), "root": .string(summary.root.base64),
            "records": .integer(summary.count), "from": .integer(summary.range.lowerBound),
            "to": .integer(summary.range.upperBound), "chosen": .bool(summary.isChoice),
            "decisions": .integer(summary.decisions), "events": .integer(summary.events),
            "secrets_kept": .integer(summary.withSecrets), "erased": .integer(summary.erased),
            "checkpoints": .array(summary.checkpoints.map { .integer($0) }),
            "key": summary.key.map { .string($0) } ?? .null,
            "unvouched_keys": .array(summary.unvouchedKeys.map { .integer($0) }),
            "executed": execution.map { tally in
                [
                    "same": .integer(tally.same), "without_secrets": .integer(tally.withoutSecrets),
                    "without_policies": .integer(tally.withoutPolicies),
                    "errors_that_differ": .integer(tally.errorsThatDiffer),
                ]
            } ?? .null,
        ]
    }

    private static func json(_ fault: LogFault) -> RemoteValue {
        [
            "good": false, "first_bad": fault.records.map { .integer($0.lowerBound) } ?? .null,
            "last_bad": fault.records.map { .integer($0.upperBound) } ?? .null, "reason": .string(fault.reason),
        ]
    }
}
