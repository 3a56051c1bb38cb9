import Platform
import TestSupport
import Testing
import Wire

/// Frames and the connections that carry them.
@Suite(.timeLimit(.minutes(5))) struct FrameTests {
    let server: RunningServer
    let client: FrameClient

    init() throws {
        server = try RunningServer()
        client = try server.connect()
    }

    private var facts: ProcessFacts { ProcessFacts(pid: server.pid) }

    // The server reads in one turn what was there before the ping, so the next bytes are another read.
    private func letTheServerRead() throws { try server.call("server.ping") }

    @Test func aFrameMayBeCutAnywhere() throws {
        let frame = FrameClient.frame(Array(#"{"jsonrpc":"2.0","id":1,"method":"server.ping"}"#.utf8))
        let two = frame + frame
        for cut in 1..<two.count {
            try client.send(Array(two[..<cut]))
            try letTheServerRead()
            try client.send(Array(two[cut...]))
            for _ in 0..<2 { #expect(try client.readText() == #"{"jsonrpc":"2.0","id":1,"result":{}}"#) }
        }
    }

    @Test func aFrameMayComeByteByByte() throws {
        for byte in FrameClient.frame(Array(#"{"jsonrpc":"2.0","id":1,"method":"server.ping"}"#.utf8)) {
            try client.send([byte])
            try letTheServerRead()
        }
        #expect(try client.readText() == #"{"jsonrpc":"2.0","id":1,"result":{}}"#)
    }

    @Test(arguments: [(true, 1 << 20), (false, 64 << 10)])
    func aFrameOverTheLimitIsAnsweredAndTheConnectionClosed(isAuthenticated: Bool, limit: Int) throws {
        func ping(_ count: Int) -> [UInt8] {
            let text = #"{"jsonrpc":"2.0","id":1,"method":"server.ping"}"#
            return FrameClient.frame(Array((text + String(repeating: " ", count: count - text.utf8.count)).utf8))
        }
        let client = try isAuthenticated ? server.connect() : server.connectUnauthenticated()
        try client.send(ping(limit))
        #expect(try client.readText() == #"{"jsonrpc":"2.0","id":1,"result":{}}"#, "at the limit it is still read")
        try client.send(Array(ping(limit + 1).prefix(4)))
        let answer = try JSONValue(text: try #require(try client.readText()))
        #expect(answer["id"] == .null)
        #expect(answer["error"]?["code"] == -32600)
        #expect(answer["error"]?["data"] == ["status": 400, "limit": .integer(Int64(limit))])
        #expect(try client.receiveAll().isEmpty)
    }

    @Test func anAnswerReachesOneWhoSendsTheWholeOfATooLongFrame() throws {
        let body = [UInt8](repeating: UInt8(ascii: " "), count: 3 << 20)
        // The server closes while this is on its way, so that not all of it may be taken.
        _ = try client.sendUntilFull(FrameClient.frame(body))
        #expect(try client.readText()?.contains(#""limit":1048576"#) == true)
    }

    @Test func memoryIsNotReservedByAClaimedLength() throws {
        let before = facts.residentKilobytes
        var claimants: [FrameClient] = []
        for _ in 0..<100 {
            let largest = try server.connect()
            try largest.send([0x00, 0x10, 0x00, 0x00])
            claimants.append(largest)
        }
        for _ in 0..<20 {
            let liar = try server.connectUnauthenticated()
            try liar.send([0xFF, 0xFF, 0xFF, 0xFF, 0x20])
            #expect(try liar.readText()?.contains(#""limit":65536"#) == true)
        }
        try letTheServerRead()
        #expect(facts.residentKilobytes - before < 8 << 10, "100 MiB were claimed, and 80 GiB")
        withExtendedLifetime(claimants) {}
    }

    @Test func twentyThousandRequestsMayBePipelined() throws {
        let count = 20_000
        let all = (0..<count).flatMap {
            FrameClient.frame(Array(#"{"jsonrpc":"2.0","id":\#($0),"method":"server.ping"}"#.utf8))
        }
        try client.send(all)
        var seen = [Bool](repeating: false, count: count)
        for _ in 0..<count {
            let answer = try JSONValue(text: try #require(try client.readText()))
            seen[Int(try #require(answer["id"]?.int))] = true
        }
        #expect(seen.allSatisfy { $0 })
    }

    @Test func aClientThatNeverReadsCostsLittleAndKeepsNobodyWaiting() throws {
        let question = FrameClient.frame(Array(#"{"jsonrpc":"2.0","id":1,"method":"server.info"}"#.utf8))
        let flood = (0..<(64 << 20) / question.count).flatMap { _ in question }
        let before = facts.residentKilobytes
        var sent = 0
        // Whenever there is room again the server has read on; it must come to an end.
        while true {
            let more = try client.sendUntilFull(Array(flood[sent...]))
            sent += more
            try letTheServerRead()
            if more == 0 { break }
        }
        #expect(sent < flood.count, "the server stops reading")
        #expect(facts.residentKilobytes - before < 16 << 10)
        try server.call("session.list")
        #expect(try client.readText() != nil, "its answers are still there")
    }

    @Test func whoSaysThatNothingMoreComesStillGetsEveryAnswer() throws {
        for _ in 0..<50 { _ = try client.request("server.ping") }
        let start = try client.request("session.start", server.shell("exit 0"))
        client.finishSending()
        let record = try client.answer(to: start)
        #expect(record["command"] == "/bin/sh")
        #expect(try client.answer(to: 2) == [:])
        #expect(try client.receiveAll().isEmpty, "and then the connection is closed")
    }

    @Test func aWaitIsAnsweredThoughTheWaiterHasFinishedSending() throws {
        let session = try server.start("\(RunningServer.untilToldToGoOn); exit 5")
        let waiting = try client.request("session.wait", ["id": session["id"] ?? .null])
        client.finishSending()
        try letTheServerRead()
        try server.tellToGoOn()
        #expect(try client.answer(to: waiting)["exit_code"] == 5)
    }
}
