internal import Platform
internal import Policy
internal import Sessions
internal import Store
internal import TLS
internal import Wire

/// Methods that make, show and revoke tokens, and the entries for certificates that stand in for one.
enum TokenMethods {
    static let table: [Method] = [
        Method(name: "token.create", roles: MethodTable.administering, run: create),
        Method(name: "token.list", roles: MethodTable.administering, run: list),
        Method(name: "token.revoke", roles: MethodTable.administering, run: revoke),
    ]

    private static func create(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read("name", "roles", "principal", "expires_in_ms", "certificate")
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
        let isCertificate = try params.flag("certificate") ?? false
        let principal = try params.text("principal") ?? name
        if isCertificate {
            if principal != name { throw params.wrong("principal", "is the certificate's name, and no other") }
            if !TLSSession.isUsable(name: name) { throw params.wrong("name", "can be no certificate's common name") }
        }
        let server = call.server
        if server.access.all.contains(where: { $0.name == name && $0.revokedAt == nil }) {
            throw RPCError.conflict("There is a token named \(name) already.")
        }
        let now = server.clock.wallMilliseconds()
        let made: (row: TokenRow, text: String?)
        do throws(SystemError) {
            let end = lifetime.map { now + $0 }
            made =
                isCertificate
                ? (try AccessControl.entry(certificateName: name, roles: roles, createdAt: now, expiresAt: end), nil)
                : try AccessControl.mint(name: name, principal: principal, roles: roles, createdAt: now, expiresAt: end)
        } catch {
            throw RPCError.internalFault("No token can be made: \(error).")
        }
        try server.keep([.token(made.row)], .tokenCreated(made.row, by: call.principal, at: now))
        server.access.add(made.row)
        json.beginObject()
        write(made.row, to: &json)
        if let text = made.text { json.member("token", text) }
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
        if row.isCertificate { json.member("kind", row.kind) }
        json.member("principal", row.principal)
        json.member("roles", row.roles.map(\.rawValue))
        json.member("created_at", Timestamp.text(milliseconds: row.createdAt))
        json.member("expires_at", row.expiresAt.map(Timestamp.text(milliseconds:)))
        json.member("revoked_at", row.revokedAt.map(Timestamp.text(milliseconds:)))
    }
}
