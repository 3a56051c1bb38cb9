import TestSupport
import Testing
import Wire

/// Those who came to the wrong door.
@Suite struct OtherProtocolTests {
    let server: RunningServer

    init() throws { server = try RunningServer() }

    @Test(arguments: ["GET / HTTP/1.1", "POST /rpc HTTP/1.1", "OPTIONS * HTTP/1.1", "PRI * HTTP/2.0"])
    func anHTTPClientIsToldWhatThePortSpeaks(request: String) throws {
        let client = try server.connectUnauthenticated()
        try client.send(Array("\(request)\r\nHost: x\r\n\r\n".utf8))
        let answer = String(decoding: try client.receiveAll(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        let body = try #require(answer.split(separator: "\r\n", omittingEmptySubsequences: false).last)
        #expect(body == "This port speaks length-prefixed JSON-RPC 2.0, not HTTP.\n")
        #expect(answer.contains("Content-Length: \(body.utf8.count)\r\n"))
        try Waiting.until("a line in the log") { server.log.contains("it speaks HTTP") }
    }

    @Test func anHTTPClientIsKnownHoweverItsFirstBytesCome() throws {
        for cut in 1..<4 {
            let client = try server.connectUnauthenticated()
            let request = Array("GET / HTTP/1.1\r\n\r\n".utf8)
            try client.send(Array(request[..<cut]))
            try server.call("server.ping")
            try client.send(Array(request[cut...]))
            #expect(String(decoding: try client.receiveAll(), as: UTF8.self).hasPrefix("HTTP/1.1 400"), "cut at \(cut)")
        }
    }

    @Test func aTLSClientIsClosedAndLogged() throws {
        let client = try server.connectUnauthenticated()
        try client.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03])
        #expect(try client.receiveAll().isEmpty)
        try Waiting.until("a line in the log") { server.log.contains("it speaks TLS, and this port does not") }
    }

    @Test func anythingElseIsAFrameOverTheLimit() throws {
        let client = try server.connectUnauthenticated()
        try client.send(Array("{\"jsonrpc\":\"2.0\"}\n".utf8))
        #expect(try client.readText()?.contains("-32600") == true)
        #expect(try client.receiveAll().isEmpty)
    }

    @Test func strangersMakeRoomForOthers() throws {
        let friend = try server.connect()
        let strangers = try (0..<4200).map { _ in try FrameClient(port: server.port) }
        // The oldest are gone, and there is room for one who knows the word.
        #expect(try strangers[0].receiveAll().isEmpty)
        let other = try server.connect()
        try other.call("session.list")
        try friend.call("session.list")
        #expect(try #require(strangers.last).call("server.ping") == [:])
        #expect(server.log.contains("it made room for others before it authenticated"))
    }

    @Test func whoComesAndGoesLeavesNothing() throws {
        try server.call("policy.reload")
        let before = ProcessFacts(pid: server.pid).descriptors.count
        for count in 0..<200 {
            let client = try server.connectUnauthenticated()
            if count % 2 == 0 { try client.send([0, 0]) }
        }
        try Waiting.until("the descriptors to be closed") {
            ProcessFacts(pid: server.pid).descriptors.count <= before
        }
        #expect(try server.call("server.info")["counts"]?["connections"] == 1)
    }
}
