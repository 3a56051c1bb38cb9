internal import Policy
internal import Sessions
internal import Store
internal import Wire

/// Methods that hand out the log leaf by leaf, and the policies that it names.
enum LeafMethods {
    static let table: [Method] = [
        Method(name: "log.leaves", roles: MethodTable.auditing, run: leaves),
        Method(name: "policy.get", roles: MethodTable.auditing, run: policySet),
    ]

    /// {from, to, leaves [{seq, leaf}], next}: leaves of every kind, the oldest first, as their exact texts; `next` is
    /// null at the end. `since` and `until` choose the numbers from the first leaf of that time to the last; the other
    /// filters choose among them. With `secrets`, each leaf has those too, as decision.get answers them.
    private static func leaves(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read(
            "from", "to", "since", "until", "verdict", "principal", "policy", "rule", "session_id", "executive",
            "mission_id", "secrets")
        let (store, limits) = (call.server.store, call.server.configuration.limits)
        var filter = try DecisionMethods.filter(params)
        let range = try range(params, filter, store)
        (filter.since, filter.until) = (nil, nil)
        let withSecrets = try params.flag("secrets") ?? false
        let look = range.prefix(Int(limits.exportLeavesPerTurn))
        let page = try SessionMethods.reading { () throws(StoreFailure) in
            try store.leaves(filter, in: look.startIndex..<look.endIndex, bytesMax: limits.exportBytesPerTurn)
        }
        let secrets = try SessionMethods.reading { () throws(StoreFailure) in
            withSecrets ? try store.secrets(in: look.startIndex..<look.endIndex) : [:]
        }
        json.beginObject()
        json.member("from", range.lowerBound)
        json.member("to", range.upperBound)
        json.name("leaves")
        json.beginArray()
        for leaf in page.leaves {
            json.beginObject()
            json.member("seq", leaf.sequence)
            json.member("leaf", leaf.text)
            if withSecrets {
                json.name("secrets")
                if case .kept(let kept)? = secrets[leaf.sequence] { json.value(kept.answer) } else { json.null() }
                json.member("erased", secrets[leaf.sequence] == .erased)
            }
            json.endObject()
        }
        json.endArray()
        json.name("next")
        json.value(page.next < range.upperBound ? .integer(page.next) : .null)
        json.endObject()
        return .now
    }

    private static func range(
        _ params: ParamReader, _ filter: DecisionFilter, _ store: Store
    ) throws(RPCError) -> Range<Int64> {
        let size = store.nextSequence
        let to = try params.integer("to", in: 0...size) ?? size
        let from = try params.integer("from", in: 0...to) ?? 0
        if filter.since == nil && filter.until == nil { return from..<to }
        let time = try SessionMethods.reading { () throws(StoreFailure) in
            try store.sequences(since: filter.since, until: filter.until)
        }
        return time.clamped(to: from..<to)
    }

    /// {policy_set, files {name: text}}: a set that a decision names. Its tests are not part of it.
    private static func policySet(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let digest = try call.read("policy_set").requiredText("policy_set")
        let set = try ReplayMethods.policySet(digest, call.server.store)
        json.beginObject()
        json.member("policy_set", digest)
        json.name("files")
        json.beginObject()
        for file in set.files {
            json.name(file.name)
            json.string(String(decoding: file.text, as: UTF8.self))
        }
        json.endObject()
        json.endObject()
        return .now
    }
}
