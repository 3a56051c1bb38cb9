import DecisionLog
import Platform
import TestSupport
import Testing
import Wire

/// `spawngate log export` and `spawngate decision report`: the log for other programs, and for people who file it.
@Suite(.timeLimit(.minutes(5))) struct ExportTests {
    private static let script = "<script>alert(1)</script>"
    let server: RunningServer

    init() throws {
        server = try RunningServer(policies: [
            "10-branch.lua": """
            return function(request)
              if request.branch == "denied" then deny("branch", "no work on <b>%s</b>", request.branch) end
              if request.branch == "error" then error("oh") end
            end
            """
        ])
        _ = try server.run("exit 0", ["prompt": "marker-prompt", "environment": ["K": "marker-value"]])
        for branch in ["denied", "error", "denied"] {
            let params = server.shell("", ["branch": .string(branch), "name": .string(Self.script)])
            #expect(try server.refusal("session.start", params) != nil)
        }
    }

    private func run(_ arguments: String...) throws -> CommandRun {
        try CommandRun(
            "spawngate", arguments,
            environment: ["SPAWNGATE_SERVER=127.0.0.1:\(server.port)", "SPAWNGATE_STATE=\(server.stateFolder)"])
    }

    private func read(_ path: String) throws -> String {
        String(decoding: try File.read(path, bytesMax: 64 << 20), as: UTF8.self)
    }

    private static func lines(_ text: String) throws -> [JSONValue] {
        try text.split(separator: "\n").map { try JSONValue(text: String($0)) }
    }

    private static func hashes(_ lines: [JSONValue]) throws -> [MerkleHash] {
        try lines.filter { $0["type"] == "leaf" }.map { .leaf(Array(try #require($0["text"]?.string).utf8)) }
    }

    private static func proof(_ line: JSONValue) throws -> [MerkleHash] {
        try #require(line["proof"]?.strings).map { try #require(MerkleHash(base64: $0)) }
    }

    // MARK: leaves

    @Test func theMethodAnswersPageAfterPage() throws {
        let text = JSONValue.string(String(repeating: "x", count: 100_000))
        for _ in 0..<6 { _ = try server.run("exit 0", ["args": ["-c", "exit 0", text]]) }
        let size = try #require(try server.call("log.checkpoint")["size"]?.int)
        var seen: [Int64] = []
        var next: JSONValue? = 0
        var pages = 0
        while let from = next, from != .null {
            let page = try server.call("log.leaves", ["from": from, "to": .integer(size)])
            #expect(page["to"]?.int == size)
            for leaf in page["leaves"]?.array ?? [] {
                let sequence = try #require(leaf["seq"])
                seen.append(sequence.int ?? -1)
                #expect(try server.call("decision.get", ["seq": sequence])["leaf"] == leaf["leaf"])
            }
            next = page["next"]
            pages += 1
        }
        #expect(seen == Array(0..<size) && pages > 1)
        #expect(try server.refusal("log.leaves", ["from": .integer(size + 1)])?.code == -32602)
        #expect(try server.refusal("log.leaves", ["from": 3, "to": 2])?.code == -32602)
        #expect(try server.refusal("log.leaves", ["verdict": "maybe"])?.code == -32602)
    }

    @Test func aPolicySetIsHandedOutAsItJudged() throws {
        let digest = JSONValue.string(try server.policySet() ?? "")
        let answer = try server.call("policy.get", ["policy_set": digest])
        #expect(answer["policy_set"] == digest && answer["files"]?.names == ["10-branch.lua"])
        #expect(answer["files"]?["10-branch.lua"]?.string == (try read("\(server.policyFolder)/10-branch.lua")))
        #expect(try server.refusal("policy.get", ["policy_set": "none"])?.code == -32004)
    }

    // MARK: export

    @Test func theWholeLogAsLinesGivesTheRootOfItsCheckpoint() throws {
        let path = "\(server.folder.path)/log.jsonl"
        let told = try run("log", "export", "--output", path)
        #expect(told.status == 0 && told.output.contains("leaves, checked against the checkpoint of"), "\(told.errors)")
        let lines = try Self.lines(try read(path))
        let head = try #require(lines.first)
        let key = try #require(head["key"]?.string.flatMap { NoteVerifier($0) })
        let checkpoint = try #require(Checkpoint(note: head["checkpoint"]?.string ?? "", verifiers: [key]))
        #expect(head["type"] == "log" && head["from"] == 0 && head["to"]?.int == checkpoint.size)
        var tree = MerkleTree()
        for hash in try Self.hashes(lines) { _ = tree.append(hash) }
        #expect(tree.size == checkpoint.size && tree.root == checkpoint.root)
        #expect(lines.last == ["type": "end", "leaves": .integer(checkpoint.size)])
        #expect(!(try read(path)).contains("marker-"), "secrets were not asked for")
        let digest = JSONValue.string(try server.policySet() ?? "")
        let set = try #require(lines.firstIndex { $0["type"] == "policy_set" && $0["digest"] == digest })
        let user = try #require(lines.firstIndex { $0["text"]?.string?.contains(digest.string ?? "-") == true })
        #expect(set < user && lines[set]["files"]?.names == ["10-branch.lua"])
        #expect(try File.list(server.folder.path).contains("log.jsonl.new") == false)
    }

    @Test func secretsAreWrittenWhereTheyAreAskedForAndKept() throws {
        func secrets() throws -> [JSONValue] {
            let export = try run("log", "export", "--secrets")
            #expect(export.status == 0, "\(export.errors)")
            return try Self.lines(export.output).filter { $0["type"] == "secrets" }
        }
        let kept = try secrets()
        #expect(kept.count == 1 && kept.first?["prompt"] == "marker-prompt", "\(kept)")
        #expect(kept.first?["environment"] == ["K": "marker-value"] && kept.first?["salt"]?.string?.utf8.count == 32)
        let id = try #require(try server.call("decision.list")["decisions"]?.array?.last?["id"]?.string)
        let erased = try run("decision", "erase", id)
        #expect(erased.status == 0 && erased.output.hasPrefix("1 decision has lost"), "\(erased.errors)")
        #expect(try secrets() == [["type": "secrets", "seq": kept.first?["seq"] ?? .null, "erased": true]])
        #expect(try run("decision", "show", id).output.contains("erased; its salted SHA-256 is"))
    }

    @Test func aPartAndAChoiceCarryTheirProofs() throws {
        let part = try Self.lines(try run("log", "export", "--from", "2", "--to", "6").output)
        let root = try #require(part.first?["root"]?.string.flatMap { MerkleHash(base64: $0) })
        let size = try #require(part.first?["size"]?.int)
        let ends = part.filter { $0["type"] == "inclusion" }
        #expect(ends.map { $0["seq"]?.int } == [2, 5])
        #expect(
            MerkleRange.root(
                size: size, first: 2, leaves: try Self.hashes(part), proofOfFirst: try Self.proof(ends[0]),
                proofOfLast: try Self.proof(ends[1])) == root)

        let choice = try Self.lines(try run("log", "export", "--verdict", "deny").output)
        let denied = choice.filter { $0["type"] == "leaf" }
        #expect(choice.first?["chosen"] == true && denied.count == 2 && choice.last?["leaves"] == 2)
        let chosenSize = try #require(choice.first?["size"]?.int)
        let chosenRoot = try #require(choice.first?["root"]?.string.flatMap { MerkleHash(base64: $0) })
        for (line, hash) in zip(denied, try Self.hashes(choice)) {
            #expect(
                MerkleProof.includes(
                    hash, at: try #require(line["seq"]?.int), size: chosenSize, root: chosenRoot,
                    proof: try Self.proof(line)))
        }
    }

    @Test func eventsForOtherProgramsAreOneALine() throws {
        let size = try #require(try server.call("log.checkpoint")["size"]?.int)
        let ocsf = try Self.lines(try run("log", "export", "--format", "ocsf").output)
        #expect(ocsf.count == Int(size))
        #expect(ocsf.compactMap { $0["metadata"]?["sequence"]?.int } == Array(0..<size))
        #expect(ocsf.filter { $0["type_uid"] == 100_701 }.compactMap { $0["action_id"]?.int } == [1, 2, 2, 2])
        let cef = try run("log", "export", "--format", "cef", "--rule", "branch").output.split(separator: "\n")
        #expect(cef.count == 2 && cef.allSatisfy { $0.hasPrefix("CEF:0|Spawngate|Spawngate|1|decision.deny|") })
        #expect(try run("log", "export", "--format", "xml").status == 2)
        #expect(try run("log", "export", "--format", "cef", "--secrets").status == 2)
        #expect(try run("log", "export", "--output", "/no/where/log").status == 1)
    }

    // MARK: the report

    // MARK: where it goes

    @Test func aPipeIsWrittenIntoAndALinkIsFollowed() throws {
        let outside = try TemporaryFolder()
        let pipe = "\(outside.path)/pipe"
        #expect(try CommandRun("/usr/bin/mkfifo", [pipe]).status == 0)
        let reader = try RunningCommand("/bin/cat", [pipe])
        #expect(try run("log", "export", "--output", pipe).status == 0)
        #expect(try !File.status(of: pipe).isRegular, "a device would be gone")
        #expect(try reader.end().output.contains(#"{"type":"end","leaves":"#))

        let (link, target) = ("\(outside.path)/link", try outside.write("target", "old"))
        #expect(try CommandRun("/bin/ln", ["-s", "target", link]).status == 0)
        #expect(try run("decision", "report", "--output", link).status == 0)
        #expect(try File.readLink(link) == "target" && (try read(target)).hasPrefix("<!DOCTYPE html>"))
        #expect(try run("log", "export", "--output", outside.path).errors.contains("Is a directory"))
    }

    @Test func aFullDiskBehindStandardOutputIsToldOf() throws {
        let run = try CommandRun(
            "spawngate", ["log", "export"],
            environment: ["SPAWNGATE_SERVER=127.0.0.1:\(server.port)", "SPAWNGATE_STATE=\(server.stateFolder)"],
            launcher: ["/bin/sh", "-c", #"exec "$0" "$@" > /dev/full"#])
        #expect(run.status == 1 && run.errors == "spawngate: standard output: write: No space left on device\n")
    }

    // MARK: the report

    private func report(_ arguments: String...) throws -> String {
        let path = "\(server.folder.path)/report.html"
        let told = try CommandRun(
            "spawngate", ["decision", "report", "--output", path] + arguments,
            environment: ["SPAWNGATE_SERVER=127.0.0.1:\(server.port)", "SPAWNGATE_STATE=\(server.stateFolder)"])
        #expect(told.status == 0, "\(told.errors)")
        return try read(path)
    }

    @Test func theReportIsOnePageThatNeedsNothingElseAndEscapesEverything() throws {
        let page = try report()
        #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("</html>"))
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.contains("<script"))
        #expect(page.contains("no work on &lt;b&gt;denied&lt;/b&gt;") && page.contains("in 10-branch.lua:2"))
        for outside in ["http:", "https:", "src=", "@import", "<link", "marker-"] { #expect(!page.contains(outside)) }
        let note = try #require(try server.call("log.checkpoint")["checkpoint"]?.string?.split(separator: "\n"))
        #expect(note[0..<2].allSatisfy { page.contains($0) })
        #expect(page.contains("<strong>Complete.</strong>"))
        #expect(page.contains("The same policies were in force all the time."))
    }

    @Test func aPolicyChangeThatLetsMoreThroughIsWidening() throws {
        let old = try server.policySet() ?? ""
        try server.savePolicy("10-branch.lua", #"return function(r) if r.branch == "error" then error("oh") end end"#)
        try server.call("policy.reload")
        let new = try server.policySet() ?? ""
        try server.savePolicy("20-more.lua", #"return function(r) if r.branch == "x" then deny("x", "no") end end"#)
        try server.call("policy.reload")
        _ = try server.run("exit 0", ["branch": "y"])
        let page = try report()
        let changes = page.components(from: "<article>")
        #expect(changes.count == 2)
        #expect(changes[0].contains("widening") && changes[0].contains(old) && changes[0].contains(new))
        #expect(changes[0].contains("2 that the old set refuses are allowed"), "\(changes[0])")
        #expect(changes[0].contains("changed 10-branch.lua") && changes[0].contains("branch: no work on"))
        #expect(changes[1].contains("no widening found") && changes[1].contains("added 20-more.lua"))
        #expect(try report("--without-replay").contains("not judged again"))
    }

    @Test func aPolicyChangeThatNarrowsLessIsWideningToo() throws {
        func narrow(_ what: String) throws {
            try server.savePolicy(
                "20-narrow.lua", "return function(r) if r.branch == 'n' then narrow { \(what) } end end")
            try server.call("policy.reload")
        }
        try narrow("repository_write_allowed = false, write_roots = {}")
        let record = try server.run("exit 0", ["branch": "n"])
        #expect(record["exit_code"] == 0)
        try narrow("repository_write_allowed = false")
        try narrow("write_roots = { r.working_directory }")
        try narrow("write_roots = {}")
        let changes = try report().components(from: "<article>")
        #expect(changes.map { $0.contains("class=\"widening\"") } == [false, false, true, false])
        #expect(
            changes[2].contains("0 that the old set refuses are allowed by the new one, 1 that both allow are granted"))
        #expect(
            changes[2].contains("granted before: repository_write_allowed false; granted now: all that was asked for"))
    }

    @Test func whoeverReadsTheReportCanCheckTheLogByTheLinesInIt() throws {
        let page = try report()
        let proof = try #require(page.components(from: "<section class=\"proof\">").first)
        let texts = String(proof).components(from: "<pre>").map { text in
            String(text.prefix { $0 != "<" }).replacing("&amp;", with: "&").replacing("&#39;", with: "'")
        }
        let folder = try TemporaryFolder()
        let note = try #require(try server.call("log.checkpoint")["checkpoint"]?.string)
        #expect(texts[1] == note)
        try folder.write("checkpoint.txt", texts[1])
        let programs = File.parent(of: BuiltPrograms.path("spawngate"))
        let lines = texts[0].split(separator: "\n")
        #expect(lines.count == 3 && lines[2].hasPrefix("python3 scripts/verify_log.py log.jsonl --checkpoint"))
        let null = try File.open("/dev/null", .append)
        let shell = try ChildProcess(
            path: "/bin/sh", arguments: ["sh", "-ec", "cd '\(folder.path)'\n\(lines[0])\n\(lines[1])"],
            environment: [
                "PATH=\(programs):/usr/bin:/bin", "SPAWNGATE_SERVER=127.0.0.1:\(server.port)",
                "SPAWNGATE_STATE=\(server.stateFolder)",
            ], descriptors: [null.number, null.number, 2])
        #expect(try shell.waitForEnd() == .exited(code: 0))
    }

    @Test func aCheckpointThatWasHeldElsewhereIsComparedWith() throws {
        let held = try #require(try server.call("log.checkpoint")["checkpoint"]?.string)
        _ = try server.run("exit 0")
        let file = try server.folder.write("held.txt", held)
        #expect(try report("--checkpoint", file).contains("that was held elsewhere."))
        let forged = try server.folder.write("forged.txt", held.replacing("\n", with: "\nx", maxReplacements: 1))
        let refused = try run("decision", "report", "--checkpoint", forged)
        #expect(
            refused.status == 1 && refused.output.isEmpty && refused.errors.contains("is no checkpoint of this log"))
        let empty = try run("decision", "report", "--until", "2001-01-01T00:00:00Z")
        #expect(empty.status == 1 && empty.errors.contains("no leaf of that time"))
    }
}

extension String {
    /// What follows each of these marks.
    fileprivate func components(from mark: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let found = rest.firstRange(of: mark) {
            rest = rest[found.upperBound...]
            parts.append(rest.prefix(upTo: rest.firstRange(of: mark)?.lowerBound ?? rest.endIndex))
        }
        return parts
    }
}
