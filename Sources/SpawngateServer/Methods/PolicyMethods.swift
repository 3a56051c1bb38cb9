internal import Policy
internal import Sessions
internal import Wire

/// Methods about the policies.
enum PolicyMethods {
    static let table: [Method] = [
        Method(name: "policy.list", roles: MethodTable.auditing, run: list),
        Method(name: "policy.check", roles: [.operate, .auditor], run: check),
        Method(name: "policy.reload", roles: MethodTable.administering, run: reload),
    ]

    private static func list(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        _ = try call.read()
        write(call.server.gate, to: &json)
        return .now
    }

    /// The answer of `policy.list`.
    static func write(_ gate: PolicyGate, to json: inout JSONWriter) {
        json.beginObject()
        json.member("policy_set", gate.inForce?.set.digest)
        json.member("loaded_at", gate.inForce.map { Timestamp.text(milliseconds: $0.loadedAt) })
        json.name("policies")
        json.beginArray()
        for policy in gate.inForce?.policies ?? [] {
            json.beginObject()
            json.member("name", policy.name)
            json.member("file", policy.file)
            json.member("digest", policy.digest)
            json.member("description", policy.description)
            json.endObject()
        }
        json.endArray()
        json.member("error", gate.loadError?.sentence)
        json.endObject()
    }

    private static func check(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        try call.server.starts.check(call.params, grant: call.grant, peer: call.connection.peer, reply: call.later)
        return .later
    }

    private static func reload(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        _ = try call.read()
        let gate = call.server.gate
        let reply = call.later()
        call.server.watcher.reload { reply.send { write(gate, to: &$0) } }
        return .later
    }
}
