import Testing
import Wire

@Suite struct EnvelopeTests {
    /// What became of one call, out of the text's reach.
    private enum Outcome: Equatable {
        case call(id: String?, method: String, params: JSONValue?)
        case refused(id: String?, code: Int, message: String)

        init(_ result: Result<Call, InvalidCall>) {
            let text = { (id: UnsafeRawBufferPointer?) in id.map { String(decoding: $0, as: UTF8.self) } }
            switch result {
            case .success(let call):
                self = .call(id: text(call.id), method: call.method.string ?? "", params: call.params?.value)
            case .failure(let invalid):
                self = .refused(id: text(invalid.id), code: invalid.error.code, message: invalid.error.message)
            }
        }
    }

    private func classify(_ text: String) throws -> (outcomes: [Outcome], isBatch: Bool) {
        try Array(text.utf8).withUnsafeBytes { bytes in
            try JSONReader().read(bytes) { root in
                switch Envelope.classify(root) {
                case .single(let result): ([Outcome(result)], false)
                case .batch(let results): (results.map { Outcome($0) }, true)
                }
            }
        }
    }

    private func single(_ text: String) throws -> Outcome {
        let found = try classify(text)
        #expect(!found.isBatch)
        return try #require(found.outcomes.first)
    }

    @Test(
        arguments: [
            (#"{"jsonrpc":"2.0","id":1,"method":"m"}"#, "1", nil),
            (#"{"method":"m","id":"a\u0062","jsonrpc":"2.0"}"#, #""a\u0062""#, nil),
            (#"{"jsonrpc":"2.0","id":1.50e+0,"method":"m"}"#, "1.50e+0", nil),
            (
                #"{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"m"}"#,
                "123456789012345678901234567890", nil
            ),
            (#"{"jsonrpc":"2.0","id":null,"method":"m"}"#, "null", nil),
            (#"{"jsonrpc":"2.0","id":"","method":"m"}"#, #""""#, nil),
            (#"{"jsonrpc":"2.0","method":"m"}"#, nil, nil), (#"{"jsonrpc":"2.0","method":"m","params":{}}"#, nil, [:]),
            (#"{"jsonrpc":"2.0","id":-0,"method":"m","params":{"a":[1]}}"#, "-0", ["a": [1]]),
            (#"{"\u006asonrpc":"\u0032.0","id":1,"meth\u006fd":"\u006d"}"#, "1", nil),
        ] as [(String, String?, JSONValue?)])
    func aCallIsTakenApartAndItsIdKeptAsWritten(text: String, id: String?, params: JSONValue?) throws {
        #expect(try single(text) == .call(id: id, method: "m", params: params))
    }

    @Test(arguments: [
        ("1", "null", "A request is a JSON object."), ("null", "null", "A request is a JSON object."),
        (#""a""#, "null", "A request is a JSON object."),
        ("{}", "null", #"A request says "jsonrpc": "2.0"."#),
        (#"{"id":1,"method":"m"}"#, "1", #"A request says "jsonrpc": "2.0"."#),
        (#"{"jsonrpc":"1.0","id":1,"method":"m"}"#, "1", #"A request says "jsonrpc": "2.0"."#),
        (#"{"jsonrpc":2.0,"id":1,"method":"m"}"#, "1", #"A request says "jsonrpc": "2.0"."#),
        (#"{"jsonrpc":null,"method":"m"}"#, "null", #"A request says "jsonrpc": "2.0"."#),
        (#"{"jsonrpc":"2.0","id":1}"#, "1", "The method of a request is a string."),
        (#"{"jsonrpc":"2.0","id":1,"method":1}"#, "1", "The method of a request is a string."),
        (#"{"jsonrpc":"2.0","id":1,"method":null}"#, "1", "The method of a request is a string."),
        (#"{"jsonrpc":"2.0","method":1,"params":"bar"}"#, "null", "The method of a request is a string."),
        (#"{"jsonrpc":"2.0","id":true,"method":"m"}"#, "null", "The id of a request is a string, a number or null."),
        (#"{"jsonrpc":"2.0","id":[1],"method":"m"}"#, "null", "The id of a request is a string, a number or null."),
        (#"{"jsonrpc":"2.0","id":{},"method":"m"}"#, "null", "The id of a request is a string, a number or null."),
        (#"{"jsonrpc":"2.0","id":1,"method":"m","param":{}}"#, "1", #"A request has no member "param"."#),
        (#"{"jsonrpc":"2.0","method":"m","x":1,"y":2}"#, "null", #"A request has no member "x"."#),
        (#"{"jsonrpc":"2.0","id":1,"Method":"m"}"#, "1", #"A request has no member "Method"."#),
        (#"{"jsonrpc":"2.0","id":1,"method":"m","result":1}"#, "1", #"A request has no member "result"."#),
        (#"{"jsonrpc":"2.0","id":1,"result":{}}"#, "1", "This is an answer, and the server asks nothing."),
        (#"{"jsonrpc":"2.0","id":null,"error":{"code":1}}"#, "null", "This is an answer, and the server asks nothing."),
        (#"{"jsonrpc":"2.0","id":1,"method":"m","params":1}"#, "1", "The params of a request are an object."),
        (#"{"jsonrpc":"2.0","id":1,"method":"m","params":null}"#, "1", "The params of a request are an object."),
        (#"{"jsonrpc":"2.0","method":"m","params":"a"}"#, "null", "The params of a request are an object."),
        ("[]", "null", "A batch has 1 to 100 items, not 0."),
    ])
    func whatIsNoCallIsRefusedUnderItsIdWhereThatIsKnown(text: String, id: String, message: String) throws {
        #expect(try single(text) == .refused(id: id, code: -32600, message: message))
    }

    @Test(arguments: [(#""id":7,"#, "7"), (#""id":null,"#, "null"), ("", nil)] as [(String, String?)])
    func positionalParamsAreRefusedButANotificationIsNotAnswered(member: String, id: String?) throws {
        let message = "Positional params are not supported; pass an object."
        let outcome = try single(#"{"jsonrpc":"2.0",\#(member)"method":"m","params":[1]}"#)
        #expect(outcome == .refused(id: id, code: -32602, message: message))
    }

    @Test func eachItemOfABatchIsJudgedAlone() throws {
        let good = #"{"jsonrpc":"2.0","id":1,"method":"m"}"#
        let found = try classify(#"[\#(good),1,[],{"id":"x"},\#(good)]"#)
        let call = Outcome.call(id: "1", method: "m", params: nil)
        let noObject = Outcome.refused(id: "null", code: -32600, message: "A request is a JSON object.")
        let noVersion = Outcome.refused(id: #""x""#, code: -32600, message: #"A request says "jsonrpc": "2.0"."#)
        #expect(found.isBatch)
        #expect(found.outcomes == [call, noObject, noObject, noVersion, call])
    }

    @Test func aBatchHasAHundredItemsAtMost() throws {
        func batch(_ count: Int) -> String { "[\(Array(repeating: "1", count: count).joined(separator: ","))]" }
        #expect(try classify(batch(100)).outcomes.count == 100)
        #expect(try classify(batch(1)).isBatch)
        let refused = Outcome.refused(id: "null", code: -32600, message: "A batch has 1 to 100 items, not 101.")
        #expect(try single(batch(101)) == refused)
    }

    @Test func aLongUnknownMemberIsCutInTheMessage() throws {
        let name = String(repeating: "é", count: 500)
        let message = "A request has no member \"\(name.prefix(64))…\"."
        #expect(try single("{\"\(name)\":1}") == .refused(id: "null", code: -32600, message: message))
    }
}
