internal import Policy
internal import Sessions
internal import Store
internal import Wire

/// Methods about which rules earn their keep.
enum RuleMethods {
    static let table: [Method] = [
        Method(name: "policy.rules", roles: MethodTable.auditing, run: rules)
    ]

    /// Rules that are told of; those that fire least go unmentioned.
    private static let rulesMax = 10_000
    private static let daysDefault: Int64 = 30

    private static func rules(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read("since")
        let server = call.server
        let day = RuleFiring.dayMilliseconds
        let asked = try params.time("since") ?? server.loop.wallMilliseconds - daysDefault * day
        let since = max(0, asked / day * day)
        let firings = try SessionMethods.reading { () throws(StoreFailure) in
            try server.store.ruleFirings(since: since, limit: rulesMax)
        }
        json.beginObject()
        json.member("since", Timestamp.text(milliseconds: since))
        json.name("rules")
        json.beginArray()
        var told: Set<[String]> = []
        for firing in firings {
            told.insert([firing.policy, firing.rule])
            write(firing.policy, firing.rule, firing.count, firing.lastAt, to: &json)
        }
        for (policy, rule) in rulesInForce(server.gate) where told.insert([policy, rule]).inserted {
            write(policy, rule, 0, nil, to: &json)
        }
        json.endArray()
        json.endObject()
        return .now
    }

    private static func rulesInForce(_ gate: PolicyGate) -> [(policy: String, rule: String)] {
        guard let inForce = gate.inForce else { return [] }
        return zip(inForce.policies, inForce.set.policies).flatMap { policy, file in
            DenyRules.names(in: file.text).map { (policy.name, $0) }
        }
    }

    private static func write(
        _ policy: String, _ rule: String, _ count: Int64, _ lastAt: Int64?, to json: inout JSONWriter
    ) {
        json.beginObject()
        json.member("policy", policy)
        json.member("rule", rule)
        json.name("count")
        json.integer(count)
        json.member("last_at", lastAt.map(Timestamp.text(milliseconds:)))
        json.endObject()
    }
}
