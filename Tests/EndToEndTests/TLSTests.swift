import Platform
import TLS
import TestSupport
import Testing
import Wire

/// The server over TLS.
@Suite(.timeLimit(.minutes(5))) struct TLSTests {
    let certificates: TestCertificates
    let server: RunningServer

    init() throws {
        certificates = try TestCertificates()
        server = try RunningServer(certificates)
    }

    private var metrics: JSONValue { get throws { try server.call("server.metrics")["counters"] ?? .null } }

    // MARK: who is let in

    @Test func aTokenIsAsGoodAsOverPlainTCP() throws {
        let client = try server.connectUnauthenticated()
        #expect(try client.refusal("session.list")?.code == -32001)
        let answer = try client.call("auth.authenticate", ["token": .string(try server.adminToken())])
        #expect(answer == ["principal": "admin", "roles": ["admin"]])
        #expect(try client.call("session.start", server.shell("exit 3"))["command"] == "/bin/sh")
    }

    @Test func threeWrongTokensEndItWithAWord() throws {
        let client = try server.connectUnauthenticated()
        for _ in 0..<3 { #expect(try client.refusal("auth.authenticate", ["token": "x"])?.code == -32001) }
        #expect(try client.receiveAll().isEmpty && client.serverHasFinished)
    }

    @Test(arguments: ["-tls1_2", "-tls1_1", "-tls1"])
    func onlyVersion13IsSpoken(version: String) throws {
        let run = try CommandRun(
            "/usr/bin/openssl",
            ["s_client", "-connect", "127.0.0.1:\(server.port)", version, "-cipher", "ALL:@SECLEVEL=0"])
        #expect(run.status != 0)
        try Waiting.until("a line in the log") { server.log.contains("it does not speak TLS 1.3") }
        #expect(try metrics["tls_handshakes_failed"] == 1)
    }

    @Test func anotherClientSpeaksItToo() throws {
        let run = try CommandRun(
            "/usr/bin/openssl",
            [
                "s_client", "-connect", "127.0.0.1:\(server.port)", "-CAfile", certificates.authority,
                "-verify_return_error", "-verify_ip", "127.0.0.1",
            ])
        #expect(run.status == 0)
        #expect(run.output.contains("New, TLSv1.3") && run.output.contains("Verify return code: 0 (ok)"))
        #expect(!run.output.contains("New Session Ticket") && run.output.contains("Early data was not sent"))
    }

    // MARK: much, and for long

    @Test func largeFramesPassBothWays() throws {
        // Nearly a mebibyte there, and as much back.
        let text = String(repeating: "täglich,", count: 100_000)
        let record = try server.call("session.start", server.shell("exit 0", ["prompt": .string(text)]))
        let metadata = try server.call("session.metadata", ["id": record["id"] ?? .null])
        #expect(metadata["prompt"]?.string == text)
        let refusal = try server.refusal("session.start", server.shell("", ["prompt": .string(text + text)]))
        #expect(refusal?.code == -32600 && refusal?.data["limit"] == 1_048_576)
    }

    @Test func aReaderThatDoesNotReadIsNotReadFrom() throws {
        let record = try server.start("head -c 3000000 /dev/zero | tr '\\0' x; exec sleep 1000")
        let id = try #require(record["id"])
        try Waiting.until("the output") { try server.call("session.logs", ["id": id])["stdout_size"] == 3_000_000 }
        let slow = try server.connect()
        let count = 30
        let requests = try (0..<count).map { _ in
            try slow.request("session.logs", ["id": id, "max_bytes": 3_000_000])
        }
        let before = ProcessFacts(pid: server.pid).residentKilobytes
        for _ in 0..<50 { try server.call("session.get", ["id": id]) }
        #expect(ProcessFacts(pid: server.pid).residentKilobytes < before + (30 << 10), "not 90 MB of answers")
        for request in requests {
            #expect(try slow.answer(to: request)["stdout"]?.string?.utf8.count == 3_000_000)
        }
        try server.call("session.stop", ["id": id, "grace_ms": 0])
    }

    @Test func outputIsFollowedWithoutGapOrRepeat() throws {
        let record = try server.start("for i in $(seq 1 20000); do echo \"line $i\"; done")
        let client = try server.connect()
        try client.call("session.watch")
        try client.call("session.follow", ["id": record["id"] ?? .null])
        var heard = ""
        var hasEnded = false
        while !hasEnded {
            let news = try client.notification()
            switch news["method"] {
            case "session.output":
                #expect(news["params"]?["offset"]?.int == Int64(heard.utf8.count))
                heard += news["params"]?["data"]?.string ?? ""
            case "session.ended": hasEnded = true
            default: break
            }
        }
        #expect(heard == (1...20_000).map { "line \($0)\n" }.joined())
    }

    @Test func aKilledServerIsACutAndTheNextOneIsReached() throws {
        let record = try server.start("sleep 1000")
        let client = try server.connect()
        try server.kill9()
        #expect(try client.receiveAll().isEmpty && !client.serverHasFinished)
        try server.start()
        #expect(try server.call("session.get", ["id": record["id"] ?? .null])["status"] == "running")
        let next = try server.connect()
        try server.terminate()
        #expect(try next.receiveAll().isEmpty && next.serverHasFinished, "a server that ends says so")
    }

    @Test func anEndIsSaidAndACutIsCounted() throws {
        let before = try metrics["tls_cut"]?.int ?? 0
        do {
            let polite = try server.connect()
            let request = try polite.request("session.list")
            polite.finishSending()
            #expect(try polite.answer(to: request)["sessions"] == [])
            #expect(try polite.receiveAll().isEmpty && polite.serverHasFinished)
        }
        do { _ = try server.connect() }
        try Waiting.until("the cut to be counted") { try metrics["tls_cut"]?.int == before + 1 }
    }

    // MARK: the wrong door

    @Test func plainSpeechIsClosedAndLogged() throws {
        let client = try FrameClient(port: server.port)
        try client.sendFrame(#"{"jsonrpc":"2.0","id":1,"method":"server.ping"}"#)
        #expect(try client.receiveAll() == [0x15, 3, 3, 0, 2, 2, 10], "an alert, which every client of TLS knows")
        try Waiting.until("a line in the log") { server.log.contains("it does not speak TLS, and this port does") }
    }

    @Test func anHTTPClientIsToldWhatThePortSpeaks() throws {
        let client = try FrameClient(port: server.port)
        try client.send(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        let answer = String(decoding: try client.receiveAll(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(answer.hasSuffix("This port speaks length-prefixed JSON-RPC 2.0 over TLS 1.3.\n"))
        try Waiting.until("a line in the log") { server.log.contains("it speaks HTTP, and this port TLS") }
        // One that speaks HTTP within TLS hears what it would hear without.
        let within = try server.connectUnauthenticated()
        try within.send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
        let second = String(decoding: try within.receiveAll(), as: UTF8.self)
        #expect(second.hasSuffix("This port speaks length-prefixed JSON-RPC 2.0, not HTTP.\n"))
    }

    @Test(arguments: [0, 1, 5, 8, 100])
    func aHandshakeThatStallsIsEndedAndNobodyWaits(count: Int) throws {
        let hello = TLSSession(client: try certificates.context(), of: "127.0.0.1").takeSealed()
        let stalled = try (0..<50).map { _ in try FrameClient(port: server.port) }
        for client in stalled { try client.send(Array(hello[..<count])) }
        try server.call("session.list")
        for client in stalled { try #require(try client.receiveAll().isEmpty) }
        try Waiting.until("a line in the log") { server.log.contains("it did not shake hands in time") }
        #expect(try server.call("server.info")["counts"]?["connections"] == 1)
    }

    @Test func aHandshakeOfSingleBytesIsAsGood() throws {
        let client = try FrameClient(port: server.port)
        let session = TLSSession(client: try certificates.context(), of: "127.0.0.1")
        while !session.isEstablished {
            for byte in session.takeSealed() { try client.send([byte]) }
            _ = try session.open(try client.receive())
        }
        let body = Array(#"{"jsonrpc":"2.0","id":1,"method":"server.ping"}"#.utf8)
        try FrameClient.frame(body).withUnsafeBytes { try session.seal($0) }
        for byte in session.takeSealed() { try client.send([byte]) }
        var answer: [UInt8] = []
        while answer.isEmpty { answer = try session.open(try client.receive()) }
        #expect(String(decoding: answer.dropFirst(4), as: UTF8.self) == #"{"jsonrpc":"2.0","id":1,"result":{}}"#)
    }

    @Test func garbageInAHandshakeIsClosed() throws {
        let hello = TLSSession(client: try certificates.context(), of: "127.0.0.1").takeSealed()
        for index in [9, 11, 43, hello.count - 1] {
            let client = try FrameClient(port: server.port)
            var bytes = hello
            for place in index..<min(index + 40, bytes.count) { bytes[place] = 0xFF }
            try client.send(bytes + [UInt8](repeating: 0xFF, count: 100))
            #expect(try client.receiveAll().first == 0x15 || index > 11)
        }
        try server.call("session.list")
        #expect(try server.call("server.info")["counts"]?["connections"] == 1)
    }

    @Test func aFloodOfHalfHandshakesKeepsNobodyWaiting() throws {
        let client = try server.connect()
        var slowest: Int64 = 0
        var half: [FrameClient] = []
        for round in 0..<1000 {
            let one = try FrameClient(port: server.port)
            try one.send(TLSSession(client: try certificates.context(), of: "127.0.0.1").takeSealed())
            half.append(one)
            if round % 10 != 0 { continue }
            let start = Waiting.now
            try client.call("session.list")
            slowest = max(slowest, Waiting.now - start)
        }
        // Half of what a handshake may take in all.
        #expect(slowest < 5_000_000_000)
        // All of them get their answer; who goes away leaves nothing.
        for one in half { #expect(try one.receive().first == 0x16) }
        half = []
        try Waiting.until("the end of all") { try server.call("server.info")["counts"]?["connections"] == 2 }
        #expect(try metrics["tls_handshakes"]?.int ?? 0 < 10)
    }
}
