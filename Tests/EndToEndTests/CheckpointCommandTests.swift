import Platform
import TestSupport
import Testing
import Wire

/// Whatever the command does that is to bring checkpoints away, the server serves on.
@Suite(.timeLimit(.minutes(5))) struct CheckpointCommandTests {
    let outside: TemporaryFolder

    init() throws { outside = try TemporaryFolder() }

    /// The command runs in the folder `outside`.
    private func server(
        _ command: String, _ arguments: [String] = [], environment: [String] = []
    ) throws -> RunningServer {
        try RunningServer(
            arguments: [
                "--checkpoint-command", "cd '\(outside.path)'; \(command)", "--checkpoint-interval", "1",
            ] + arguments, environment: environment)
    }

    private func lines(_ name: String) -> [String] {
        let bytes = (try? File.read("\(outside.path)/\(name)", bytesMax: 1 << 20)) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func itHasTheServersCredentialsAndSessionsHaveNot() throws {
        let server = try server(#"echo "$UPLOAD_KEY" >> keys"#, environment: ["UPLOAD_KEY=marker key"])
        try Waiting.until("the command") { lines("keys").first == "marker key" }
        #expect(try server.run(#"test -z "$UPLOAD_KEY""#)["exit_code"] == 0)
    }

    @Test func oneThatHangsIsKilledWithWhatItStartedAndTriedAgain() throws {
        let server = try server(
            "trap '' TERM; sleep 1000 & echo $! >> pids; echo $$ >> pids; wait", ["--checkpoint-timeout", "1"])
        try Waiting.until("the command") { lines("pids").count >= 2 }
        let first = lines("pids").compactMap { Int32($0) }.prefix(2)
        // Meanwhile all is as ever.
        #expect(try server.run("exit 3")["exit_code"] == 3)
        for pid in first { try Waiting.untilGone(pid: pid) }
        try Waiting.until("the next") { lines("pids").count >= 4 }
        #expect(server.log.contains("the checkpoint command took longer than 1 s and is ended"))
        #expect(server.log.contains("the checkpoint command was ended by signal 9"))
        try server.call("server.ping")
        // At its end the server waits no longer for it either, and leaves nothing.
        #expect(try server.terminate() == 0)
        for pid in lines("pids").compactMap({ Int32($0) }) { try Waiting.untilGone(pid: pid) }
    }

    @Test func aStopGivesTheOneUnderWayWhatIsLeftOfItsTimeAndThenSendsTheLast() throws {
        let server = try server(
            "read line; read size; echo $size >> sizes; test $size -gt 5 || sleep 1000",
            ["--checkpoint-timeout", "2"])
        try Waiting.until("the command") { lines("sizes").count == 1 }
        for _ in 0..<5 { _ = try server.run("exit 0") }
        let size = try #require(try server.call("log.checkpoint")["size"]?.int)
        #expect(try server.terminate() == 0)
        #expect(lines("sizes").last == "\(size + 1)", "the end of the server is in it")
    }

    @Test(arguments: [
        ("/no/such/program", "ended with status 127"), ("exec /", "ended with status 126"),
        ("kill -9 $$", "was ended by signal 9"), ("exit 3", "ended with status 3"),
    ])
    func oneThatFailsIsToldOf(_ command: String, _ how: String) throws {
        let server = try server("echo run >> runs; \(command)")
        try Waiting.until("the log") { server.log.contains("the checkpoint command \(how)") }
        try Waiting.until("another try, with nothing new in the log") {
            lines("runs").count >= 2
        }
        #expect(try server.run("exit 3")["exit_code"] == 3)
        #expect(try server.terminate() == 0)
    }

    @Test func oneThatDoesNotReadAndPrintsWithoutEndIsNoTrouble() throws {
        let server = try server("exec 0<&-; head -c 100000000 /dev/zero; echo why >&2; echo done >> runs")
        try Waiting.until("its end") { lines("runs").count == 1 }
        #expect(try server.run("exit 3")["exit_code"] == 3)
        try Waiting.until("the next, for the log has grown") { lines("runs").count >= 2 }
        #expect(try server.terminate() == 0)
        #expect(server.log.contains("why\n") && server.log.utf8.count < 100_000)
        #expect(!server.log.contains("the checkpoint command"))
    }
}
