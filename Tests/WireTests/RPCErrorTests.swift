import Testing
import Wire

@Suite struct RPCErrorTests {
    @Test(
        arguments: [
            (
                .parse(reason: "a byte order mark", offset: 0), -32700,
                ["status": 400, "reason": "a byte order mark", "offset": 0]
            ),
            (.invalidRequest("M."), -32600, ["status": 400]),
            (.frameTooLarge(limit: 65_536), -32600, ["status": 400, "limit": 65_536]),
            (.methodNotFound("x"), -32601, ["status": 404]), (.invalidParams("M."), -32602, ["status": 400]),
            (.invalidParams("M.", param: "name"), -32602, ["status": 400, "param": "name"]),
            (.internalFault("M."), -32603, ["status": 500]), (.notAuthenticated(), -32001, ["status": 401]),
            (
                .forbidden(required: "operator"), -32003,
                ["status": 403, "required": "operator"]
            ),
            (.notFound("M."), -32004, ["status": 404]), (.conflict("M."), -32009, ["status": 409]),
            (.conflict("M.", data: [JSONMember(name: "id", value: "s")]), -32009, ["status": 409, "id": "s"]),
            (
                .denied(decisionID: "d", denials: [["policy": "p", "rule": "r", "reason": "w"]]), -32010,
                ["status": 403, "decision_id": "d", "denials": [["policy": "p", "rule": "r", "reason": "w"]]]
            ),
            (
                .policyFailed(decisionID: "d", failures: [["policy": "p", "reason": "w"]]), -32011,
                ["status": 403, "decision_id": "d", "failures": [["policy": "p", "reason": "w"]]]
            ),
            (
                .limited("M.", limit: 10, retryAfterMilliseconds: 250), -32029,
                ["status": 429, "limit": 10, "retry_after_ms": 250]
            ),
            (
                .notStarted("M.", sessionID: "s", decisionID: "d"), -32050,
                ["status": 500, "session_id": "s", "decision_id": "d"]
            ),
            (.storageFailed("M."), -32053, ["status": 503]),
        ] as [(RPCError, Int, JSONValue)])
    func everyErrorHasTheCodeAndDataOfTheTable(error: RPCError, code: Int, data: JSONValue) throws {
        #expect(error.code == code)
        #expect(JSONValue.object(error.data) == data)
        #expect(error.data.first?.name == "status")
        #expect(error.message.hasSuffix("."))
        var writer = JSONWriter()
        error.write(to: &writer)
        let written = try JSONReader().value(of: writer.bytes)
        #expect(written == ["code": .integer(Int64(code)), "message": .string(error.message), "data": data])
    }

    @Test func whatAStrangerWroteIsQuotedInPartOnly() {
        let long = String(repeating: "e\u{301}", count: 10_000)
        #expect(RPCError.methodNotFound(long).message.utf8.count < 200)
        #expect(RPCError.invalidParams("M.", param: long).data[1].value.string?.utf8.count ?? .max < 200)
        let exactly = String(repeating: "m", count: 64)
        #expect(RPCError.methodNotFound(exactly).message == "There is no method \"\(exactly)\".")
    }
}
