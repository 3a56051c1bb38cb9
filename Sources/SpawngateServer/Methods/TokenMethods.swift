internal import Platform
internal import Policy
internal import Sessions
internal import Store
internal import Wire

/// Methods that make, show and revoke tokens.
enum TokenMethods {
    static let table: [Method] = [
        Method(name: "token.create", roles: MethodTable.administering, run: create),
        Method(name: "token.list", roles: MethodTable.administering, run: list),
        Method(name: "token.revoke", roles: MethodTable.administering, run: revoke),
    ]

    private static func create(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read("name", "roles", "principal", "expires_in_ms")
        let name = try params.requiredText("name")
        let roles = try params.trimmedList("roles", countMax: Role.allCases.count).map { (text) throws(RPCError) in
            guard let role = Role(rawValue: text) else {
                let known = Role.allCases.map(\.rawValue).joined(separator: ", ")
                throw params.wrong("roles", "has \"\(text)\", which is none of \(known)")
            }
            return role
        }
        if roles.isEmpty { throw params.wrong("roles", "must name at least one role") }
        let lifetime = try params.integer("expires_in_ms", in: 1...StartLimits.timeoutMillisecondsMax)
        let principal = try params.text("principal") ?? name
        let server = call.server
        if server.access.all.contains(where: { $0.name == name && $0.revokedAt == nil }) {
            throw RPCError.conflict("There is a token named \(name) already.")
        }
        let now = server.clock.wallMilliseconds()
        let minted: (row: TokenRow, text: String)
        do throws(SystemError) {
            minted = try AccessControl.mint(
                name: name, principal: principal, roles: roles, createdAt: now,
                expiresAt: lifetime.map { now + $0 })
        } catch {
            throw RPCError.internalFault("No token can be made: \(error).")
        }
        try server.keep([.token(minted.row)], .tokenCreated(minted.row, by: call.principal, at: now))
        server.access.add(minted.row)
        json.beginObject()
        write(minted.row, to: &json)
        json.member("token", minted.text)
        json.endObject()
        return .now
    }

    private static func list(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        _ = try call.read()
        json.beginObject()
        json.name("tokens")
        json.beginArray()
        for row in call.server.access.all {
            json.beginObject()
            write(row, to: &json)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return .now
    }

    private static func revoke(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let id = try call.read("id").requiredText("id")
        let server = call.server
        guard let row = server.access.find(id) else { throw RPCError.notFound("Token not found.") }
        let now = server.clock.wallMilliseconds()
        try server.keep([.revokeToken(id: row.id, at: now)], .tokenRevoked(row, by: call.principal, at: now))
        let revoked = server.access.revoke(row, at: now)
        for connection in server.connections.values where connection.grant?.tokenID == row.id {
            connection.closing = .whenSent
            connection.closingReason = "its token was revoked"
            server.mark(connection)
        }
        json.beginObject()
        write(revoked, to: &json)
        json.endObject()
        return .now
    }

    private static func write(_ row: TokenRow, to json: inout JSONWriter) {
        json.member("id", row.id)
        json.member("name", row.name)
        json.member("principal", row.principal)
        json.member("roles", row.roles.map(\.rawValue))
        json.member("created_at", Timestamp.text(milliseconds: row.createdAt))
        json.member("expires_at", row.expiresAt.map(Timestamp.text(milliseconds:)))
        json.member("revoked_at", row.revokedAt.map(Timestamp.text(milliseconds:)))
    }
}
