internal import Platform
internal import Policy
internal import Sessions
internal import Store
internal import Wire

/// Methods about the set that is judged beside the one in force.
enum ShadowMethods {
    static let table: [Method] = [
        // Showing is for auditors; what changes something asks for more below.
        Method(name: "policy.shadow", roles: MethodTable.auditing, run: shadow),
        Method(name: "policy.promote", roles: MethodTable.administering, run: promote),
    ]

    private static func shadow(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read("files", "off", "limit", "cursor")
        let isOff = try params.flag("off") ?? false
        switch (params.member("files") != nil, isOff) {
        case (true, true): throw RPCError.invalidParams("Give either files or off.")
        case (false, false): try show(params, call.server, &json)
        case (true, false):
            try requireAdmin(call)
            try set(params, call)
            return .later
        case (false, true):
            try requireAdmin(call)
            try turnOff(call.server, for: call.principal)
            try show(params, call.server, &json)
        }
        return .now
    }

    private static func requireAdmin(_ call: MethodCall) throws(RPCError) {
        if call.grant.roles.contains(.admin) { return }
        throw call.forbidden(required: .admin)
    }

    // MARK: setting

    private static func set(_ params: ParamReader, _ call: MethodCall) throws(RPCError) {
        let server = call.server
        let set = try PolicyFilesParam.set(params, server.configuration.limits)
        let principal = call.principal
        let reply = call.later()
        server.shadow.load(set) { [unowned server] error in
            if let error { return reply.fail(PolicyFilesParam.doesNotLoad(error)) }
            let row = ShadowRow(
                set: set,
                folderDigest: PolicyPromotion.fingerprint(
                    of: server.configuration.policyFolder, limits: server.configuration.limits),
                since: server.loop.wallMilliseconds)
            reply.send { (json) throws(RPCError) in
                try server.keep(
                    [.policySet(set, at: row.since), .shadow(row)],
                    .policyShadowed(set.digest, by: principal, at: row.since))
                server.shadow.replace(with: row)
                try show(nil, server, &json)
            }
        }
    }

    private static func turnOff(_ server: Server, for principal: Principal) throws(RPCError) {
        server.shadow.giveUpTrying()
        if server.watcher.obstacle != nil {
            // The administrator has looked at the folder, and takes it as it is.
            try endPromotion(server)
            server.watcher.reload {}
        }
        guard server.shadow.shadow != nil else { return }
        try keepFound(server)
        try server.keep([.shadow(nil)], .policyShadowed(nil, by: principal, at: server.loop.wallMilliseconds))
        server.shadow.replace(with: nil)
    }

    private static func keepFound(_ server: Server) throws(RPCError) {
        try SessionMethods.reading { () throws(StoreFailure) in try server.shadow.keep() }
    }

    // MARK: showing

    private static func show(_ params: ParamReader?, _ server: Server, _ json: inout JSONWriter) throws(RPCError) {
        let limits = server.configuration.limits
        let count = Int(try params?.integer("limit", in: 1...limits.listMax) ?? limits.listDefault)
        let before = try params.flatMap { (params) throws(RPCError) in try Cursor.ordinal(params) }
        try keepFound(server)
        let shadow = server.shadow.shadow
        let found = try SessionMethods.reading { () throws(StoreFailure) in
            try server.store.disagreements(digest: shadow?.set.digest, before: before, limit: count + 1)
        }
        json.beginObject()
        json.name("shadow")
        json.value(shadow.map(Self.json) ?? .null)
        json.name("disagreements")
        json.beginArray()
        for (_, row) in found.prefix(count) { write(row, to: &json) }
        json.endArray()
        json.member("next_cursor", found.count > count ? found[count - 1].ordinal.description : nil)
        json.endObject()
    }

    private static func json(_ shadow: ShadowRow) -> JSONValue {
        [
            "policy_set": .string(shadow.set.digest), "since": .string(Timestamp.text(milliseconds: shadow.since)),
            "judged": .integer(shadow.counts.judged), "disagreed": .integer(shadow.counts.disagreed),
            "skipped": .integer(shadow.counts.skipped),
        ]
    }

    private static func write(_ row: DisagreementRow, to json: inout JSONWriter) {
        json.beginObject()
        json.member("time", Timestamp.text(milliseconds: row.time))
        json.member("decision_id", row.decisionID)
        json.member("was", row.was.rawValue)
        json.member("becomes", row.becomes.rawValue)
        json.name("denials")
        json.raw(Array(row.denials.utf8))
        json.name("failures")
        json.raw(Array(row.failures.utf8))
        json.name("granted")
        if let granted = row.granted { json.raw(Array(granted.utf8)) } else { json.null() }
        json.member("policy_set", row.digest)
        json.endObject()
    }

    // MARK: promoting

    private static func write(
        _ set: PolicySet, force: Bool, _ server: Server, _ principal: Principal
    ) throws(RPCError) {
        let promotion: PolicyPromotion
        do throws(SystemError) {
            promotion = try PolicyPromotion(
                of: set, into: server.configuration.policyFolder, limits: server.configuration.limits)
        } catch {
            throw RPCError.internalFault("The policy folder cannot be written, and is as it was: \(error).")
        }
        let now = server.loop.wallMilliseconds
        do throws(RPCError) {
            try server.keep(
                [.policySet(set, at: now), .promotion(promotion.row)],
                .policyPromoted(set.digest, force: force, by: principal, at: now))
        } catch {
            promotion.abandon()
            throw error
        }
        do throws(SystemError) { try promotion.perform() } catch {
            let obstacle = PolicyPromotion.unfinished("\(error)")
            server.watcher.obstacle = obstacle
            throw RPCError.internalFault("Nothing of it is in force: \(obstacle).")
        }
        try endPromotion(server)
    }

    private static func endPromotion(_ server: Server) throws(RPCError) {
        server.watcher.obstacle = nil
        do throws(StoreFailure) { try server.store.commit([.promotion(nil)], durably: true) } catch {
            throw RPCError.storageFailed("\(error.description).")
        }
    }

    private static func promote(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let force = try call.read("force").flag("force") ?? false
        let server = call.server
        let (folder, limits) = (server.configuration.policyFolder, server.configuration.limits)
        guard let shadow = server.shadow.shadow else {
            throw RPCError.conflict("No policies are being judged in the shadow.")
        }
        let isAsItWas =
            shadow.folderDigest != nil
            && shadow.folderDigest == PolicyPromotion.fingerprint(of: folder, limits: limits)
        guard isAsItWas || force else {
            throw RPCError.conflict(
                "The policy folder has changed since these policies were put in the shadow; force replaces it all the same."
            )
        }
        let principal = call.principal
        try write(shadow.set, force: !isAsItWas, server, principal)
        let reply = call.later()
        server.watcher.reload { [unowned server] in
            reply.send { (json) throws(RPCError) in
                if server.gate.loadError == nil, server.gate.inForce?.set.digest == shadow.set.digest {
                    try turnOff(server, for: principal)
                }
                PolicyMethods.write(server.gate, to: &json)
            }
        }
        return .later
    }
}
