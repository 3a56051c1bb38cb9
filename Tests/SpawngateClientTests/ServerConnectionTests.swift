import Platform
import SpawngateClient
import Testing

@Suite struct ServerConnectionTests {
    @Test func aCallSendsOneRequestAndAnswersItsResult() throws {
        let (client, far) = try FarEnd.connect()
        try far.answer(#"{"jsonrpc":"2.0","id":1,"result":{"id":"x-1"}}"#)
        #expect(try client.call("session.get", ["id": "x-1"]) == ["id": "x-1"])
        #expect(try far.heard() == [#"{"jsonrpc":"2.0","id":1,"method":"session.get","params":{"id":"x-1"}}"#])
    }

    @Test func authenticationTellsWhoOneIs() throws {
        let (client, far) = try FarEnd.connect()
        try far.answer(#"{"jsonrpc":"2.0","id":1,"result":{"principal":"ada","roles":["viewer","operator"]}}"#)
        let principal = try client.authenticate(token: "t")
        #expect(principal.name == "ada" && principal.roles == ["viewer", "operator"])
    }

    @Test func anErrorCarriesCodeStatusAndDenials() throws {
        let (client, far) = try FarEnd.connect()
        try far.answer(
            #"{"jsonrpc":"2.0","id":1,"error":{"code":-32010,"message":"Denied by policy.","data":{"status":403,"#
                + #""decision_id":"d-7","denials":[{"policy":"20-mode","rule":"mode","reason":"not here"}]}}}"#)
        let error = try #require(throws: RemoteError.self) { try client.call("session.start") }
        #expect(error.code == RemoteError.deniedByPolicy && error.status == 403 && error.isDenial)
        #expect(error.decisionID == "d-7")
        #expect(error.denials.map(\.policy) == ["20-mode"] && error.denials.map(\.reason) == ["not here"])
    }

    @Test func aConnectionStaysUsableAfterAnError() throws {
        let (client, far) = try FarEnd.connect()
        try far.answer(#"{"jsonrpc":"2.0","id":1,"error":{"code":-32004,"message":"Session not found."}}"#)
        try far.answer(#"{"jsonrpc":"2.0","id":2,"result":{}}"#)
        #expect(throws: RemoteError.self) { try client.call("session.get") }
        #expect(try client.call("server.ping") == [:])
    }

    @Test func anErrorWithoutIdEndsTheCall() throws {
        let (client, far) = try FarEnd.connect()
        try far.answer(#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Too long.","data":{"limit":9}}}"#)
        let error = try #require(throws: RemoteError.self) { try client.call("session.start") }
        #expect(error.data["limit"].integer == 9)
    }

    @Test func pipelinedAnswersMayComeInAnyOrder() throws {
        let (client, far) = try FarEnd.connect()
        let ids = try (1...3).map { _ in try client.send("server.ping") }
        for id in ids.reversed() { try far.answer(#"{"jsonrpc":"2.0","id":\#(id),"result":\#(id)}"#) }
        let replies = try ids.map { _ in try client.receive() }
        #expect(replies.map(\.id) == [3, 2, 1])
        #expect(try replies.map { try $0.value() } == [3, 2, 1])
    }

    @Test func aCallKeepsTheAnswersOfEarlierOnes() throws {
        let (client, far) = try FarEnd.connect()
        try client.send("first")
        try far.answer(#"{"jsonrpc":"2.0","id":1,"result":"one"}"#)
        try far.answer(#"{"jsonrpc":"2.0","id":2,"result":"two"}"#)
        #expect(try client.call("second") == "two")
        #expect(try client.receive().value() == "one")
    }

    @Test func notificationsAreDeliveredWhileWaiting() throws {
        let (client, far) = try FarEnd.connect()
        try far.answer(#"{"jsonrpc":"2.0","method":"session.event","params":{"event":"started"}}"#)
        try far.answer(#"{"jsonrpc":"2.0","id":1,"result":{}}"#)
        var heard: [String] = []
        client.onNotification = { heard.append("\($0.method) \($0.params["event"].string ?? "")") }
        _ = try client.call("server.ping")
        #expect(heard == ["session.event started"])
    }

    @Test func anAnswerOfManyMebibytesArrivesWhole() throws {
        let (client, far) = try FarEnd.connect()
        let text = String(repeating: "0123456789abcdef", count: 128 * 1024)
        // Two in a row, so that the second one begins in the middle of the buffer that the first one grew. A process of
        // its own sends them, for they fit no socket buffer.
        let frames = (1...2).flatMap { FarEnd.frame(#"{"jsonrpc":"2.0","id":\#($0),"result":"\#(text)"}"#) }
        let file = try MemoryFile.sealed(name: "answers", frames).duplicate()
        let socket = try far.duplicate()
        let sender = try ChildProcess(
            path: "/bin/cat", arguments: ["cat"], environment: [], descriptors: [file.number, socket.number])
        for _ in 1...2 { #expect(try client.call("session.logs").string == text) }
        #expect(try sender.waitForEnd() == .exited(code: 0))
    }

    @Test func aFrameInPiecesIsPutTogether() throws {
        let answer = FarEnd.frame(#"{"jsonrpc":"2.0","id":1,"result":{"a":1}}"#)
        for cut in 1..<answer.count {
            let (client, far) = try FarEnd.connect()
            try client.send("server.ping")
            try far.send(Array(answer[..<cut]))
            try far.send(Array(answer[cut...]))
            #expect(try client.receive().value() == ["a": 1])
        }
    }

    @Test func silenceEndsInAnErrorAndTheConnectionWithIt() throws {
        let (client, far) = try FarEnd.connect(timeoutMilliseconds: 20)
        let error = try #require(throws: ConnectionError.self) { try client.call("server.ping") }
        #expect(error.description == "no answer from test:1 in time")
        try far.answer(#"{"jsonrpc":"2.0","id":1,"result":"too late"}"#)
        #expect(throws: ConnectionError.self) { try client.call("server.ping") }
    }

    @Test func aClosedConnectionIsAnError() throws {
        let (client, far) = try FarEnd.connect()
        far.close()
        let error = try #require(throws: ConnectionError.self) { try client.receive() }
        #expect(error.description == "test:1 closed the connection before it answered")
    }

    @Test(arguments: [
        ("HTTP/1.1 400 Bad Request\r\n", "HTTP"), ("\u{15}\u{3}\u{1}\u{0}\u{2}", "TLS"), ("\u{7F}zzz", "announced"),
    ])
    func anotherProtocolIsNamed(start: String, name: String) throws {
        let (client, far) = try FarEnd.connect()
        try far.send(Array(start.utf8))
        let error = try #require(throws: ConnectionError.self) { try client.receive() }
        #expect(error.description.contains(name))
    }

    @Test func whatIsNoMessageBreaksTheConnection() throws {
        let (client, far) = try FarEnd.connect()
        try far.answer("[]")
        try far.answer(#"{"jsonrpc":"2.0","id":1,"result":{}}"#)
        for _ in 1...2 { #expect(throws: ConnectionError.self) { try client.receive() } }
    }

    @Test func anAbsentServerIsExplainedInOneSentence() throws {
        // A port that was ours a moment ago: nobody listens there.
        let port = try Socket.listen(host: "127.0.0.1", port: 0).localPort()
        let error = try #require(throws: ConnectionError.self) {
            _ = try ServerConnection(host: "127.0.0.1", port: port)
        }
        #expect(
            error.description == "cannot reach a Spawngate server at 127.0.0.1:\(port): Connection refused. "
                + "Is `spawngate serve` running?")
    }

    @Test func aNameWithoutAnAddressIsSaidToBeOne() throws {
        // Longer than a name may be, so that nobody is asked for it.
        let host = String(repeating: "x", count: 64)
        let error = try #require(throws: ConnectionError.self) { _ = try ServerConnection(host: host, port: 7411) }
        #expect(error.description.hasSuffix("no address is known for \(host)."), "\(error.description)")
    }

    @Test func waitingGoesOnUntilTheSessionHasEnded() throws {
        let (client, far) = try FarEnd.connect()
        try far.answer(#"{"jsonrpc":"2.0","id":1,"result":{"id":"x","status":"running","exit_code":null}}"#)
        try far.answer(#"{"jsonrpc":"2.0","id":2,"result":{"id":"x","status":"exited","exit_code":0}}"#)
        #expect(try client.waitForEnd(of: "x").succeeded)
        #expect(try far.heard().allSatisfy { $0.contains(#""params":{"id":"x","timeout_ms":2500}"#) })
    }

    @Test func waitingStopsAtItsTimeout() throws {
        let (client, far) = try FarEnd.connect()
        try far.answer(#"{"jsonrpc":"2.0","id":1,"result":{"id":"x","status":"running","exit_code":null}}"#)
        #expect(try !client.waitForEnd(of: "x", timeoutMilliseconds: 0).hasEnded)
        #expect(try far.heard().count == 1)
    }
}
