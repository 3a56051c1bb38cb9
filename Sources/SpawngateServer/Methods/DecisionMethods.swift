internal import Policy
internal import Sessions
internal import Store
internal import Wire

/// Methods that read the record.
enum DecisionMethods {
    static let table: [Method] = [
        Method(name: "decision.list", roles: MethodTable.auditing, run: list),
        Method(name: "decision.get", roles: MethodTable.auditing, run: get),
        Method(name: "decision.erase", roles: MethodTable.administering, run: erase),
    ]

    private static func list(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read(
            "verdict", "principal", "policy", "rule", "session_id", "executive", "mission_id", "since", "until",
            "limit", "cursor")
        let server = call.server
        let limit = try params.integer("limit", in: 1...server.configuration.limits.listMax)
        let count = Int(limit ?? server.configuration.limits.listDefault)
        let filter = try filter(params)
        let before = try Cursor.ordinal(params)
        let page = try SessionMethods.reading { () throws(StoreFailure) in
            try server.store.decisions(
                filter, before: before, limit: count + 1, bytesMax: server.configuration.limits.listBytesMax)
        }
        json.beginObject()
        json.name("decisions")
        json.beginArray()
        for leaf in page.shown { json.raw(Array(leaf.text.utf8)) }
        json.endArray()
        json.member("next_cursor", page.isFull ? page.shown.last?.sequence.description : nil)
        json.member("checkpoint", server.notary.checkpoint().note)
        json.endObject()
        return .now
    }

    /// The filter that the params of `decision.list` name.
    static func filter(_ params: ParamReader) throws(RPCError) -> DecisionFilter {
        var filter = DecisionFilter()
        if let text = try params.text("verdict") {
            guard let verdict = Verdict(rawValue: text) else {
                throw params.wrong("verdict", "must be allow, deny or error")
            }
            filter.verdict = verdict
        }
        filter.principal = try params.text("principal")
        filter.policy = try params.text("policy")
        filter.rule = try params.text("rule")
        filter.sessionID = try params.text("session_id")
        filter.executive = try params.text("executive")
        filter.missionID = try params.text("mission_id")
        filter.since = try params.time("since")
        filter.until = try params.time("until")
        return filter
    }

    private static func get(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read("id", "seq")
        let store = call.server.store
        let found: StoredLeaf?
        switch (try params.text("id"), try params.integer("seq", in: 0...Int64.max)) {
        case (let id?, nil): found = try SessionMethods.reading { () throws(StoreFailure) in try store.leaf(id: id) }
        case (nil, let sequence?):
            found = try SessionMethods.reading { () throws(StoreFailure) in try store.leaf(sequence: sequence) }
        default: throw RPCError.invalidParams("Give either id or seq.")
        }
        guard let found else { throw notFound }
        let secrets = try SessionMethods.reading { () throws(StoreFailure) in
            try store.secrets(of: found.sequence)
        }
        json.beginObject()
        json.name("decision")
        json.raw(Array(found.text.utf8))
        json.member("leaf", found.text)
        json.name("secrets")
        if case .kept(let secrets)? = secrets { json.value(secrets.answer) } else { json.null() }
        json.member("erased", secrets == .erased)
        json.member("checkpoint", call.server.notary.checkpoint().note)
        json.endObject()
        return .now
    }

    static let notFound = RPCError.notFound("Decision not found.")

    // MARK: erasing

    private static func erase(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read("id", "before")
        let (server, principal) = (call.server, call.principal)
        switch (try params.text("id"), try params.time("before")) {
        case (let id?, nil):
            let found = try SessionMethods.reading { () throws(StoreFailure) in try server.store.leaf(id: id) }
            guard let found else { throw notFound }
            write(try server.eraser.erase(sequence: found.sequence, for: principal), to: &json)
            return .now
        case (nil, let time?):
            let reply = call.later()
            server.eraser.erase(before: time, for: principal) { outcome in
                switch outcome {
                case .success(let outcome): reply.send { write(outcome, to: &$0) }
                case .failure(let error): reply.fail(error)
                }
            }
            return .later
        default: throw RPCError.invalidParams("Give either id or before.")
        }
    }

    private static func write(_ outcome: SecretEraser.Outcome, to json: inout JSONWriter) {
        json.beginObject()
        json.name("erased")
        json.integer(outcome.erased)
        json.member("wiped", outcome.isWiped)
        json.endObject()
    }
}
