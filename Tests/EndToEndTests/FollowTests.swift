import Platform
import TestSupport
import Testing
import Wire

/// Live output: every byte once, in order, and then the end.
@Suite(.timeLimit(.minutes(5))) struct FollowTests {
    /// What a follower has been told.
    private struct Heard {
        var stdout: [UInt8] = []
        var stderr: [UInt8] = []
        var encodings: Set<String> = []
        var session: JSONValue = .null
    }

    private func follow(
        _ client: FrameClient, _ record: JSONValue, _ more: JSONValue = [:]
    ) throws -> JSONValue {
        let id: JSONValue = ["id": record["id"] ?? .null]
        return try #require(try client.call("session.follow", id.with(more))["subscription"])
    }

    private func bytes(_ params: JSONValue) throws -> [UInt8] {
        let data = try #require(params["data"]?.string)
        return params["encoding"] == "base64" ? try #require(Base64.decode(data)) : Array(data.utf8)
    }

    /// Listens until the end, and checks that each piece begins where the last of its stream ended.
    private func listen(
        _ client: FrameClient, _ subscription: JSONValue, stdoutFrom: Int64 = 0, stderrFrom: Int64 = 0
    ) throws -> Heard {
        var heard = Heard()
        while true {
            let message = try client.notification()
            let params = try #require(message["params"])
            #expect(message["jsonrpc"] == "2.0" && message["id"] == nil)
            guard params["subscription"] == subscription else { continue }
            if message["method"] == "session.ended" {
                #expect(params.names == ["subscription", "session"])
                heard.session = params["session"] ?? .null
                return heard
            }
            #expect(message["method"] == "session.output")
            #expect(params.names == ["subscription", "stream", "offset", "data", "encoding"])
            heard.encodings.insert(params["encoding"]?.string ?? "")
            if params["stream"] == "stdout" {
                #expect(params["offset"]?.int == stdoutFrom + Int64(heard.stdout.count))
                heard.stdout += try bytes(params)
            } else {
                #expect(params["offset"]?.int == stderrFrom + Int64(heard.stderr.count))
                heard.stderr += try bytes(params)
            }
        }
    }

    @Test func outputIsToldAsItComesAndTheEndAtLast() throws {
        let server = try RunningServer()
        let record = try server.start("echo one; echo err >&2; \(RunningServer.untilToldToGoOn); echo two; exit 5")
        let client = try server.connect()
        let subscription = try follow(client, record)
        var first: [JSONValue] = []
        while first.count < 2 { first.append(try #require(try client.notification()["params"])) }
        #expect(Set(first.map { $0["data"]?.string }) == ["one\n", "err\n"])
        #expect(first.allSatisfy { $0["offset"] == 0 && $0["encoding"] == "utf8" })
        try server.tellToGoOn()
        let rest = try listen(client, subscription, stdoutFrom: 4, stderrFrom: 4)
        #expect(rest.stdout == Array("two\n".utf8) && rest.stderr.isEmpty)
        #expect(rest.session["exit_code"] == 5)
        #expect(rest.session == (try server.call("session.get", ["id": record["id"] ?? .null])))
    }

    @Test func whatHasEndedIsToldWholeFromAnyOffsetOn() throws {
        let server = try RunningServer()
        let record = try server.run("seq 1 50000; echo err >&2")
        let whole = Array((1...50_000).map { "\($0)\n" }.joined().utf8)
        let client = try server.connect()
        let all = try listen(client, try follow(client, record))
        #expect(all.stdout == whole && all.stderr == Array("err\n".utf8) && all.session["status"] == "exited")
        let from: JSONValue = ["stdout_from": 100_000, "stderr_from": 1]
        let part = try listen(client, try follow(client, record, from), stdoutFrom: 100_000, stderrFrom: 1)
        #expect(part.stdout == Array(whole[100_000...]) && part.stderr == Array("rr\n".utf8))
        let beyond = try listen(client, try follow(client, record, ["stdout_from": 1_000_000, "stderr_from": 4]))
        #expect(beyond.stdout.isEmpty && beyond.stderr.isEmpty)
        for wrong: JSONValue in [["stdout_from": -1], ["stderr_from": "0"], ["from": 1]] {
            let params = wrong.with("id", record["id"])
            #expect(try server.refusal("session.follow", params)?.code == -32602)
        }
        #expect(try server.refusal("session.follow", ["id": "no-such"])?.message == "Session not found.")
    }

    @Test func aSessionThatNeverRanHasJustItsEnd() throws {
        let server = try RunningServer()
        let refusal = try #require(
            try server.refusal("session.start", server.shell("").with("command", "no-such-program")))
        let client = try server.connect()
        let heard = try listen(client, try follow(client, ["id": refusal.data["session_id"] ?? .null]))
        #expect(heard.session["status"] == "failed" && heard.stdout.isEmpty)
    }

    @Test func aCharacterIsNeverTornAndOtherBytesComeInBase64() throws {
        let server = try RunningServer()
        // The euro's three bytes come one by one, each once the one before can have been seen.
        let record = try server.start(
            #"""
            printf 'a\342'; \#(RunningServer.untilToldToGoOn); printf '\202'; sleep 0.05; printf '\254z'; sleep 0.05
            printf '\377\376'; sleep 0.05; printf 'end\342'
            """#)
        let client = try server.connect()
        let subscription = try follow(client, record)
        let first = try #require(try client.notification()["params"])
        #expect(first["data"] == "a" && first["encoding"] == "utf8")
        try server.tellToGoOn()
        let rest = try listen(client, subscription, stdoutFrom: 1)
        #expect(rest.stdout == [0xE2, 0x82, 0xAC, 0x7A, 0xFF, 0xFE, 0x65, 0x6E, 0x64, 0xE2])
        #expect(rest.encodings == ["utf8", "base64"])
    }

    @Test func aHundredMegabytesArriveAsTheyWereWritten() throws {
        let server = try RunningServer()
        let record = try server.start(
            "head -c 50000000 /dev/urandom; head -c 50000000 /dev/zero | tr '\\0' x; head -c 1000 /dev/urandom >&2")
        let client = try server.connect()
        let subscription = try follow(client, record)
        let log = try File.open(try #require(record["log_path"]?.string), .read)
        var offset: Int64 = 0
        while true {
            let message = try client.notification()
            guard message["params"]?["subscription"] == subscription else { continue }
            if message["method"] == "session.ended" { break }
            guard message["params"]?["stream"] == "stdout", let params = message["params"] else { continue }
            let told = try bytes(params)
            #expect(params["offset"]?.int == offset)
            #expect(try log.readAt(Int(offset), count: told.count) == told)
            offset += Int64(told.count)
        }
        #expect(offset == 100_000_000)
    }

    @Test func aSlowReaderKeepsNobodyUpAndMissesNothing() throws {
        let server = try RunningServer()
        let record = try server.start("seq 1 3000000; \(RunningServer.untilToldToGoOn)")
        let slow = try server.connect()
        let subscription = try follow(slow, record)
        // It reads nothing until the whole is written; the server answers others, and holds little for it.
        try Waiting.until("the whole output") {
            try server.call("session.logs", ["id": record["id"] ?? .null, "max_bytes": 0])["stdout_size"]?.int
                == 22_888_896
        }
        #expect(ProcessFacts(pid: server.pid).residentKilobytes < 48 << 10)
        try server.tellToGoOn()
        let heard = try listen(slow, subscription)
        #expect(heard.stdout.count == 22_888_896)
        #expect(heard.stdout == (try File.read(try #require(record["log_path"]?.string), bytesMax: 32 << 20)))
    }

    @Test func bytesThatWentBeforeTheyWereToldShowInTheOffset() throws {
        let server = try RunningServer(arguments: ["--max-log-bytes", "65536"])
        let record = try server.run("seq 1 200000")
        let whole = Array((1...200_000).map { "\($0)\n" }.joined().utf8)
        let client = try server.connect()
        let subscription = try follow(client, record)
        let first = try #require(try client.notification()["params"])
        let dropped = try #require(
            try server.call("session.logs", ["id": record["id"] ?? .null])["stdout_dropped"]?.int)
        #expect(dropped > 0 && first["offset"]?.int == dropped)
        let start = try bytes(first)
        let rest = try listen(client, subscription, stdoutFrom: dropped + Int64(start.count))
        #expect(start + rest.stdout == Array(whole[Int(dropped)...]))
    }

    @Test func twoFollowersAndOneWhoLeaves() throws {
        let server = try RunningServer()
        let record = try server.start("echo one; \(RunningServer.untilToldToGoOn); echo two")
        let clients = try (0..<2).map { _ in try server.connect() }
        let subscriptions = try clients.map { try follow($0, record) }
        let leaving = try server.connect()
        let left = try follow(leaving, record)
        #expect(try leaving.notification()["params"]?["data"] == "one\n")
        #expect(try clients[0].refusal("subscription.cancel", ["subscription": left])?.code == -32004, "another's")
        #expect(try leaving.call("subscription.cancel", ["subscription": left]) == [:])
        #expect(try leaving.refusal("subscription.cancel", ["subscription": left])?.code == -32004)
        try server.tellToGoOn()
        for (client, subscription) in zip(clients, subscriptions) {
            #expect(try listen(client, subscription).stdout == Array("one\ntwo\n".utf8))
            #expect(try client.refusal("subscription.cancel", ["subscription": subscription])?.code == -32004, "over")
        }
        _ = try leaving.call("server.ping")
        #expect(throws: TimedOut.self) { try leaving.notification(milliseconds: 100) }
    }

    @Test func aFollowerGoesOnAfterARestartWhereItStood() throws {
        let server = try RunningServer()
        let record = try server.start("echo one; \(RunningServer.untilToldToGoOn); echo two; exit 3")
        let before = try server.connect()
        _ = try follow(before, record)
        #expect(try before.notification()["params"]?["data"] == "one\n")
        try server.kill9()
        #expect(throws: ConnectionClosed.self) { try before.notification() }
        try server.start()
        let after = try server.connect()
        let subscription = try follow(after, record, ["stdout_from": 4])
        try server.tellToGoOn()
        let heard = try listen(after, subscription, stdoutFrom: 4)
        #expect(heard.stdout == Array("two\n".utf8) && heard.session["exit_code"] == 3)
    }

    @Test func subscriptionsAreBoundedAndLeaveNoDescriptor() throws {
        let server = try RunningServer()
        let record = try server.start("echo one; \(RunningServer.untilToldToGoOn)")
        try server.waitForOutput("one", of: record)
        let descriptors = ProcessFacts(pid: server.pid).descriptors.count
        let client = try server.connect()
        for _ in 0..<64 { _ = try follow(client, record) }
        let refusal = try #require(try client.refusal("session.follow", ["id": record["id"] ?? .null]))
        #expect(refusal.code == -32029 && refusal.data["limit"] == 64)
        #expect(
            ProcessFacts(pid: server.pid).descriptors.count > descriptors + 64, "they hold some, so the count can fail")
        client.finishSending()
        _ = try client.receiveAll()
        try Waiting.until("the descriptors back") { ProcessFacts(pid: server.pid).descriptors.count == descriptors }
    }

    @Test func aRevokedTokenIsToldNothingMore() throws {
        let server = try RunningServer()
        let made = try server.call("token.create", ["name": "gone", "roles": ["viewer"]])
        let record = try server.start("echo one; \(RunningServer.untilToldToGoOn); echo two")
        let client = try server.connect(token: made["token"]?.string)
        _ = try follow(client, record)
        #expect(try client.notification()["params"]?["data"] == "one\n")
        try server.call("token.revoke", ["id": "gone"])
        try server.tellToGoOn()
        #expect(throws: ConnectionClosed.self) { try client.notification() }
    }

    @Test func inABatchTheAnswerComesFirst() throws {
        let server = try RunningServer()
        let record = try server.run("echo one")
        let id = record["id"]?.string ?? ""
        let client = try server.connect()
        // The start is answered in a later turn, and the batch's one frame with it.
        let start = server.shell("exit 0").text
        try client.sendFrame(
            #"[{"jsonrpc":"2.0","id":1,"method":"session.follow","params":{"id":"\#(id)"}},"#
                + #"{"jsonrpc":"2.0","id":2,"method":"session.start","params":\#(start)}]"#)
        #expect(try client.readText()?.hasPrefix("[") == true)
        #expect(try client.readText()?.contains("session.output") == true)
        #expect(try client.readText()?.contains("session.ended") == true)
    }
}
