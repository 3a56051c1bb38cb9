import TestSupport
import Testing
import Wire

/// What is not JSON in the strictest reading is refused, and costs the connection nothing.
@Suite struct StrictJSONTests {
    let server: RunningServer
    let client: FrameClient

    init() throws {
        server = try RunningServer()
        client = try server.connect()
    }

    private static func call(params: String) -> String {
        #"{"jsonrpc":"2.0","id":1,"method":"session.start","params":\#(params)}"#
    }

    private static func nested(_ depth: Int) -> String {
        // The request and its params are the first two.
        let inner = String(repeating: "[", count: depth - 2) + String(repeating: "]", count: depth - 2)
        return call(params: #"{"a":\#(inner)}"#)
    }

    static let faults: [(what: String, text: [UInt8])] = [
        ("an empty frame", []),
        ("white space alone", Array(" \n".utf8)),
        ("a byte order mark", [0xEF, 0xBB, 0xBF] + Array(call(params: "{}").utf8)),
        ("bytes after the value", Array((call(params: "{}") + "{}").utf8)),
        ("a NUL after the value", Array(call(params: "{}").utf8) + [0]),
        ("a duplicate member", Array(#"{"jsonrpc":"2.0","id":1,"id":2,"method":"server.ping"}"#.utf8)),
        ("a duplicate param", Array(call(params: #"{"name":"a","name":"b"}"#).utf8)),
        ("a duplicate behind an escape", Array(call(params: #"{"name":"a","n\u0061me":"b"}"#).utf8)),
        ("a duplicate far inside", Array(call(params: #"{"labels":{"a":[[{"b":1,"c":2,"b":3}]]}}"#).utf8)),
        ("a lone high surrogate", Array(call(params: #"{"name":"\ud800"}"#).utf8)),
        ("a lone low surrogate", Array(call(params: #"{"name":"\udc00"}"#).utf8)),
        ("surrogates in the wrong order", Array(call(params: #"{"name":"\udc00\ud800"}"#).utf8)),
        ("a lone surrogate in a name", Array(call(params: #"{"\ud83d":1}"#).utf8)),
        ("bytes that are not UTF-8", Array(call(params: #"{"name":""#).utf8) + [0xFF] + Array(#""}"#.utf8)),
        ("an overlong slash", Array(call(params: #"{"name":""#).utf8) + [0xC0, 0xAF] + Array(#""}"#.utf8)),
        ("a surrogate in UTF-8", Array(call(params: #"{"name":""#).utf8) + [0xED, 0xA0, 0x80] + Array(#""}"#.utf8)),
        ("a control character", Array(call(params: "{\"name\":\"a\nb\"}").utf8)),
        ("a trailing comma", Array(call(params: #"{"name":"a",}"#).utf8)),
        ("a comment", Array(call(params: #"{/**/}"#).utf8)),
        ("single quotes", Array(call(params: "{'name':'a'}").utf8)),
        ("a name without quotes", Array(call(params: #"{name:"a"}"#).utf8)),
        ("a leading zero", Array(call(params: #"{"timeout_ms":01}"#).utf8)),
        ("a leading plus", Array(call(params: #"{"timeout_ms":+1}"#).utf8)),
        ("a bare point", Array(call(params: #"{"timeout_ms":1.}"#).utf8)),
        ("NaN", Array(call(params: #"{"timeout_ms":NaN}"#).utf8)),
        ("a capital literal", Array(call(params: #"{"expects_report":True}"#).utf8)),
        ("an unknown escape", Array(call(params: #"{"name":"\x41"}"#).utf8)),
        ("an unfinished text", Array(call(params: #"{"name":"a""#).utf8.dropLast())),
        ("65 levels", Array(nested(65).utf8)),
    ]

    @Test func everyFaultIsRefusedWithItsPlaceAndTheConnectionGoesOn() throws {
        for (what, text) in Self.faults {
            try client.send(FrameClient.frame(text))
            let answer = try JSONValue(text: try #require(try client.readText()))
            #expect(answer["id"] == .null, "\(what)")
            #expect(answer["error"]?["code"] == -32700, "\(what): \(answer.text)")
            let data = try #require(answer["error"]?["data"])
            #expect(data.names == ["status", "reason", "offset"], "\(what)")
            #expect(data["status"] == 400)
            #expect(data["reason"]?.string?.isEmpty == false)
            #expect((0...text.count).contains(Int(data["offset"]?.int ?? -1)), "\(what)")
            #expect(answer["error"]?["message"]?.string?.hasSuffix(".") == true)
        }
        #expect(try client.call("server.ping") == [:])
        #expect(try server.call("server.metrics")["counters"]?["invalid_frames"]?.int == Int64(Self.faults.count))
    }

    @Test func sixtyFourLevelsAreRead() throws {
        let answer = try JSONValue(text: try client.exchange(Self.nested(64)))
        #expect(answer["error"]?["code"] == -32602, "read, and then refused for its unknown param")
        #expect(answer["error"]?["data"]?["param"] == "a")
    }

    @Test func everyEscapeAndEveryFormOfWhiteSpaceIsRead() throws {
        let answer = try client.exchange(
            " \t\r\n{ \"jsonrpc\" :\"2\\u002e0\",\n\"id\":\"\\u00e9\\ud83d\\ude00\\/\\\"\\\\\" , "
                + "\"m\\u0065thod\":\"server\\u002Eping\" } \r\n")
        #expect(answer == #"{"jsonrpc":"2.0","id":"\u00e9\ud83d\ude00\/\"\\","result":{}}"#)
    }

    @Test func aNULInAnyStringOfTheParamsIsRefused() throws {
        let params: [(String, JSONValue)] = [
            ("name", ["name": "a\u{0}b"]), ("args", ["name": "a", "args": ["x", "\u{0}"]]),
            ("labels", ["labels": ["a\u{0}": "b"]]), ("environment", ["environment": ["A": "b\u{0}"]]),
            ("prompt", ["prompt": "\u{0}"]),
        ]
        for (name, params) in params {
            let refusal = try client.refusal("session.start", params)
            #expect(refusal?.code == -32602)
            #expect(refusal?.message == "\(name) holds the character U+0000.")
            #expect(refusal?.data == ["status": 400, "param": .string(name)])
        }
    }

    @Test func anUnknownParamIsNamedByEveryMethod() throws {
        for method in Methods.all {
            let refusal = try client.refusal(method.name, ["permision_mode": "plan"])
            #expect(refusal?.code == -32602, "\(method.name)")
            #expect(refusal?.data == ["status": 400, "param": "permision_mode"], "\(method.name)")
            #expect(refusal?.message == "There is no param \"permision_mode\" here.", "\(method.name)")
        }
    }
}
