import Platform
import TestSupport
import Testing
import Wire

/// What sessions have written.
@Suite(.timeLimit(.minutes(5))) struct SessionLogTests {
    private func logs(_ server: RunningServer, _ record: JSONValue, _ more: JSONValue = [:]) throws -> JSONValue {
        let id: JSONValue = ["id": record["id"] ?? .null]
        return try server.call("session.logs", id.with(more))
    }

    @Test func theTailsAreTextOrBase64() throws {
        let server = try RunningServer()
        let record = try server.run(#"printf 'a\377b'; printf 'err' >&2"#)
        let text = try logs(server, record)
        #expect(
            text.names == [
                "id", "status", "last_activity", "stdout", "stderr", "stdout_size", "stderr_size", "stdout_dropped",
                "stderr_dropped",
            ])
        #expect(text["stdout"] == "a\u{FFFD}b")
        #expect(text["stderr"] == "err")
        #expect(text["stdout_size"] == 3 && text["stdout_dropped"] == 0)
        #expect(text["status"] == "exited")
        let encoded = try logs(server, record, ["encoding": "base64"])
        #expect(encoded["stdout"] == "Yf9i")
        #expect(encoded["stderr"] == "ZXJy")
        #expect(try server.refusal("session.logs", ["id": record["id"] ?? .null, "encoding": "hex"])?.code == -32602)
    }

    @Test func aTailHasAtMostTheBytesThatWereAskedFor() throws {
        let server = try RunningServer()
        let record = try server.run("seq 1 100000; echo short >&2")
        let whole = (1...100_000).map { "\($0)\n" }.joined()
        #expect(try logs(server, record)["stdout"]?.string == String(whole.suffix(65_536)), "64 KiB unless asked")
        let few = try logs(server, record, ["max_bytes": 9])
        #expect(few["stdout"] == "9\n100000\n" && few["stderr"] == "short\n")
        #expect(few["stdout_size"] == .integer(Int64(whole.utf8.count)))
        #expect(try logs(server, record, ["max_bytes": 0])["stdout"] == "")
        #expect(try server.output(of: record) == whole)
    }

    @Test func theOldestBytesOfALongLogAreDroppedAndCounted() throws {
        let limit = 65_536
        let server = try RunningServer(arguments: ["--max-log-bytes", "\(limit)"])
        let record = try server.run("seq 1 200000")
        let whole = Array((1...200_000).map { "\($0)\n" }.joined().utf8)
        let answer = try logs(server, record, ["max_bytes": 4_194_304])
        let dropped = Int(try #require(answer["stdout_dropped"]?.int))
        #expect(answer["stdout_size"]?.int == Int64(whole.count))
        #expect((limit...limit * 4).contains(whole.count - dropped))
        #expect(answer["stdout"]?.string == String(decoding: whole[dropped...], as: UTF8.self))
        #expect(answer["stderr_dropped"] == 0)
    }

    @Test func logsAreReadWhileTheyGrow() throws {
        let server = try RunningServer()
        let record = try server.start("echo one; \(RunningServer.untilToldToGoOn); echo two")
        try server.waitForOutput("one\n", of: record)
        try Waiting.until("the activity in the record") {
            try server.call("session.get", ["id": record["id"] ?? .null])["last_activity"]?.string != nil
        }
        try server.tellToGoOn()
        _ = try server.wait(record)
        #expect(try server.output(of: record) == "one\ntwo\n")
    }

    @Test func aSessionThatNeverRanHasEmptyLogs() throws {
        let server = try RunningServer()
        let refusal = try #require(
            try server.refusal("session.start", server.shell("").with("command", "no-such-program")))
        let answer = try server.call("session.logs", ["id": refusal.data["session_id"] ?? .null])
        #expect(answer["stdout"] == "" && answer["stdout_size"] == 0 && answer["last_activity"] == .null)
    }
}
