import TestSupport
import Testing
import Wire

/// JSON-RPC 2.0 around the calls.
@Suite struct EnvelopeTests {
    let server: RunningServer
    let client: FrameClient

    init() throws {
        server = try RunningServer()
        client = try server.connect()
    }

    private func error(_ text: String) throws -> (id: JSONValue?, code: Int64?) {
        let answer = try JSONValue(text: try client.exchange(text))
        return (answer["id"], answer["error"]?["code"]?.int)
    }

    @Test func anIDComesBackExactlyAsItWasWritten() throws {
        let ids = [
            "1", "1.50", "\"1\"", "null", "1e2", "-0", "0.10", "1E+2", "123456789012345678901234567890",
            "1e999", "\"\"", #""\u0041\/A""#, "\"\u{1F600}\"", "\"\u{E9}\"", "\"e\u{301}\"",
        ]
        for id in ids {
            let result = try client.exchange(#"{"jsonrpc":"2.0","id":\#(id),"method":"server.ping"}"#)
            #expect(result == #"{"jsonrpc":"2.0","id":\#(id),"result":{}}"#)
            let error = try client.exchange(#"{"jsonrpc":"2.0","id":\#(id),"method":"no.such"}"#)
            #expect(error.hasPrefix(#"{"jsonrpc":"2.0","id":\#(id),"error":{"code":-32601,"#))
        }
    }

    @Test func whatIsNoRequestIsRefusedUnderTheIDThatItHas() throws {
        let faults: [(String, JSONValue)] = [
            ("1", .null), ("\"x\"", .null), ("null", .null), ("{}", .null),
            (#"{"id":1,"method":"server.ping"}"#, 1),
            (#"{"jsonrpc":"1.0","id":2,"method":"server.ping"}"#, 2),
            (#"{"jsonrpc":2.0,"id":3,"method":"server.ping"}"#, 3),
            (#"{"jsonrpc":"2.0","id":4}"#, 4),
            (#"{"jsonrpc":"2.0","id":5,"method":1}"#, 5),
            (#"{"jsonrpc":"2.0","id":{},"method":"server.ping"}"#, .null),
            (#"{"jsonrpc":"2.0","id":true,"method":"server.ping"}"#, .null),
            (#"{"jsonrpc":"2.0","id":6,"method":"server.ping","params":"x"}"#, 6),
            (#"{"jsonrpc":"2.0","id":7,"method":"server.ping","params":null}"#, 7),
            (#"{"jsonrpc":"2.0","id":8,"method":"server.ping","parms":{}}"#, 8),
            (#"{"jsonrpc":"2.0","id":9,"result":{}}"#, 9),
            ("[]", .null),
        ]
        for (text, id) in faults {
            let answer = try error(text)
            #expect(answer.code == -32600, "\(text)")
            #expect(answer.id == id, "\(text)")
        }
    }

    @Test func positionalParamsAreRefused() throws {
        let answer = try error(#"{"jsonrpc":"2.0","id":1,"method":"session.get","params":["x"]}"#)
        #expect(answer.code == -32602)
        #expect(answer.id == 1)
    }

    @Test func aNotificationIsNeverAnswered() throws {
        try client.sendFrame(#"{"jsonrpc":"2.0","method":"server.ping"}"#)
        try client.sendFrame(#"{"jsonrpc":"2.0","method":"no.such"}"#)
        try client.sendFrame(#"{"jsonrpc":"2.0","method":"session.get","params":[]}"#)
        try client.sendFrame(#"{"jsonrpc":"2.0","method":"session.get","params":{"id":"none"}}"#)
        #expect(try client.exchange(#"{"jsonrpc":"2.0","id":"end","method":"server.ping"}"#).contains("\"end\""))
    }

    @Test func aNotificationIsCarriedOut() throws {
        let start = server.shell("exit 0", ["executive": "Silent"])
        let text: JSONValue = ["jsonrpc": "2.0", "method": "session.start", "params": start]
        try client.sendFrame(text.text)
        try Waiting.until("the session") {
            try server.call("session.list", ["executive": "Silent"])["sessions"]?.array?.count == 1
        }
    }

    @Test func aMixedBatchIsAnsweredByOneFrame() throws {
        let start = server.shell("exit 4")
        let text = """
            [{"jsonrpc":"2.0","id":"a","method":"server.ping"},
             {"jsonrpc":"2.0","method":"server.ping"},
             7,
             {"jsonrpc":"2.0","id":"b","method":"no.such"},
             {"jsonrpc":"2.0","id":"c","method":"session.start","params":\(start.text)},
             {"jsonrpc":"2.0","id":"d","method":"session.get","params":{"id":"none"}}]
            """
        let answers = try #require(try JSONValue(text: try client.exchange(text)).array)
        func answer(_ id: JSONValue) -> JSONValue? { answers.first { $0["id"] == id } }
        #expect(answers.count == 5)
        #expect(answer("a")?["result"] == [:])
        #expect(answer("b")?["error"]?["code"] == -32601)
        #expect(answer("c")?["result"]?["command"] == "/bin/sh", "though it came later than the others")
        #expect(answer("d")?["error"]?["code"] == -32004)
        #expect(answer(.null)?["error"]?["code"] == -32600)
    }

    @Test func aBatchOfNotificationsIsNotAnswered() throws {
        try client.sendFrame(#"[{"jsonrpc":"2.0","method":"server.ping"},{"jsonrpc":"2.0","method":"no.such"}]"#)
        #expect(try client.exchange(#"{"jsonrpc":"2.0","id":1,"method":"server.ping"}"#).hasPrefix("{"))
    }

    @Test func aBatchHasAtMostOneHundredItems() throws {
        func batch(_ count: Int) -> String {
            "[" + (0..<count).map { #"{"jsonrpc":"2.0","id":\#($0),"method":"server.ping"}"# }.joined(separator: ",")
                + "]"
        }
        #expect(try JSONValue(text: try client.exchange(batch(100))).array?.count == 100)
        let answer = try error(batch(101))
        #expect(answer.code == -32600)
        #expect(answer.id == .null)
    }

    @Test func methodsThatDoNotExistAreNamed() throws {
        let refusal = try client.refusal("session.begin")
        #expect(
            refusal == Refusal(code: -32601, message: "There is no method \"session.begin\".", data: ["status": 404]))
    }
}
