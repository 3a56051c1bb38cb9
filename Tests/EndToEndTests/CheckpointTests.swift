import DecisionLog
import Platform
import TestSupport
import Testing
import Wire

/// Checkpoints leave the machine, and whoever has seen one notices when history was rewritten.
@Suite(.timeLimit(.minutes(5))) struct CheckpointTests {
    private static func text(_ path: String) -> String {
        String(decoding: (try? File.read(path, bytesMax: 1 << 20)) ?? [], as: UTF8.self)
    }

    private static func checkpoint(_ note: String, _ server: RunningServer) throws -> Checkpoint? {
        let key = try #require(try server.call("log.key")["key"]?.string.flatMap { NoteVerifier($0) })
        return Checkpoint(note: note, verifiers: [key])
    }

    @Test func aFileHoldsTheNewestAndACommandGetsEachOnItsInput() throws {
        let outside = try TemporaryFolder()
        let (file, sent) = ("\(outside.path)/checkpoint", "\(outside.path)/sent")
        let server = try RunningServer(arguments: [
            "--checkpoint-file", file, "--checkpoint-command", "cat >> '\(sent)'; echo . >> '\(sent)'",
            "--checkpoint-interval", "1",
        ])
        try Waiting.until("the first checkpoint") { try Self.checkpoint(Self.text(file), server) != nil }
        _ = try server.run("exit 0")
        let size = try server.call("log.checkpoint")["size"]?.int
        try Waiting.until("the next") { try Self.checkpoint(Self.text(file), server)?.size == size }
        let note = Self.text(file)
        try Waiting.until("what the command got") { Self.text(sent).contains(note) }
        let key = try #require(try server.call("log.key")["key"]?.string.flatMap { NoteVerifier($0) })
        #expect(try server.terminate() == 0)
        let last = try #require(Checkpoint(note: Self.text(file), verifiers: [key]))
        #expect(last.size == (size ?? 0) + 1, "that it has ended is in it")
        let notes = Self.text(sent).split(separator: ".\n").map(String.init)
        let sizes = notes.map { Checkpoint(note: $0, verifiers: [key])?.size ?? -1 }
        #expect(sizes.last == last.size && sizes == Set(sizes).sorted(), "each once, in order")
    }

    /// A server that runs as root would replace /dev/null, and one that opened a pipe would wait for its reader.
    @Test func aLinkIsFollowedAndWhatIsNoFileIsLeftAlone() throws {
        let outside = try TemporaryFolder()
        let (link, pipe) = ("\(outside.path)/link", "\(outside.path)/pipe")
        let target = try outside.write("target", "")
        #expect(try CommandRun("/bin/ln", ["-s", "target", link]).status == 0)
        let first = try RunningServer(arguments: ["--checkpoint-file", link])
        try Waiting.until("the checkpoint") { try Self.checkpoint(Self.text(target), first) != nil }
        #expect(try File.readLink(link) == "target")

        #expect(try CommandRun("/usr/bin/mkfifo", [pipe]).status == 0)
        let second = try RunningServer(arguments: ["--checkpoint-file", pipe, "--checkpoint-interval", "1"])
        try Waiting.until("the log") {
            second.log.contains("the checkpoint is not in \(pipe): that is there, and no regular file")
        }
        #expect(try second.run("exit 3")["exit_code"] == 3)
        #expect(try !File.status(of: pipe).isRegular)
    }

    @Test func aCommandThatFailsIsTriedAgainAndHoldsNothingUp() throws {
        let outside = try TemporaryFolder()
        let sent = "\(outside.path)/sent"
        let server = try RunningServer(arguments: [
            "--checkpoint-command", "test -e '\(outside.path)/there' || exit 7; cat > '\(sent)'",
            "--checkpoint-interval", "1",
        ])
        try Waiting.until("its failure in the log") { server.log.contains("ended with status 7") }
        #expect(try server.run("exit 3")["exit_code"] == 3)
        try outside.write("there", "")
        try Waiting.until("the checkpoint") { try Self.checkpoint(Self.text(sent), server) != nil }
    }

    @Test func auditorsAnswersCarryTheCheckpoint() throws {
        let server = try RunningServer()
        let decision = try server.run("exit 0")["decision_id"] ?? .null
        let current = try server.call("log.checkpoint")
        let size = current["size"] ?? .null
        for (method, params): (String, JSONValue) in [
            ("decision.list", [:]), ("decision.get", ["seq": 0]), ("log.inclusion", ["seq": 0, "size": size]),
            ("log.consistency", ["from": 1, "to": size]), ("decision.replay", ["id": decision]),
        ] {
            #expect(try server.call(method, params)["checkpoint"] == current["checkpoint"], "\(method)")
        }
    }

    // MARK: the client's memory

    /// Runs a command as somebody whose memory is in a folder, against a server.
    private struct Reviewer {
        let home = try? TemporaryFolder()
        func run(_ server: RunningServer, _ arguments: [String], port: UInt16? = nil) throws -> CommandRun {
            try CommandRun(
                "spawngate", arguments + ["--server", "127.0.0.1:\(port ?? server.port)"],
                environment: [
                    "XDG_STATE_HOME=\(home?.path ?? "")", "SPAWNGATE_TOKEN=\(try server.adminToken())",
                ])
        }
        /// Lets what was seen at one port count for another, for a server takes another with each start.
        func move(from old: UInt16, to new: UInt16) throws {
            let folder = "\(home?.path ?? "")/spawngate/checkpoints"
            try File.rename("\(folder)/127.0.0.1_\(old)", to: "\(folder)/127.0.0.1_\(new)")
        }
    }

    @Test func theCommandShowsTheNoteAndRemembersIt() throws {
        let server = try RunningServer()
        let reviewer = Reviewer()
        let first = try reviewer.run(server, ["log", "checkpoint"])
        #expect(first.status == 0 && first.errors.isEmpty)
        #expect(try Self.checkpoint(first.output, server) != nil)
        _ = try server.run("exit 0")
        let second = try JSONValue(text: try reviewer.run(server, ["log", "checkpoint", "--json"]).output)
        #expect(try second["remembered_size"]?.int == Self.checkpoint(first.output, server)?.size)
        #expect(second["size"] == (try server.call("log.checkpoint")["size"]))
        let port = server.port
        try server.restart()
        try reviewer.move(from: port, to: server.port)
        #expect(try reviewer.run(server, ["log", "checkpoint"]).status == 0)
        #expect(try reviewer.run(server, ["log", "rotate-key"]).status == 0)
        let rotated = try reviewer.run(server, ["log", "checkpoint"])
        #expect(rotated.status == 0, "\(rotated.errors)")
        let list = try reviewer.run(server, ["decision", "list"])
        #expect(list.status == 0 && list.errors.isEmpty)
    }

    @Test func itShoutsWhenTheLogIsShorterOrAnotherOrItsKeyHasChanged() throws {
        let server = try RunningServer()
        let reviewer = Reviewer()
        _ = try server.run("exit 0")
        #expect(try reviewer.run(server, ["log", "checkpoint"]).status == 0)
        let port = server.port
        func shouts(_ why: String) throws {
            try server.start()
            for (command, status) in [(["log", "checkpoint"], 1), (["decision", "list"], 0)] as [([String], Int32)] {
                let run = try reviewer.run(server, command, port: try moved())
                #expect(
                    run.status == status && run.errors.contains("REWRITTEN") && run.errors.contains(why),
                    "\(run.errors)")
            }
            try server.terminate()
        }
        var known = port
        func moved() throws -> UInt16 {
            if known != server.port { try reviewer.move(from: known, to: server.port) }
            known = server.port
            return known
        }
        try server.terminate()
        // The key of another, with the old log.
        let key = try File.read("\(server.stateFolder)/log.key", bytesMax: 4096)
        try File.remove("\(server.stateFolder)/log.key")
        try shouts("another key")
        try File.replace("\(server.stateFolder)/log.key", with: key, permissions: 0o600)
        // The right key, and a log that begins anew.
        for name in ["spawngate.db", "spawngate.db-wal", "spawngate.db-shm"] {
            try File.remove("\(server.stateFolder)/\(name)")
        }
        try shouts("leaves")
    }
}
