import TestSupport
import Testing
import Wire

/// Tokens and what their roles allow.
@Suite(.timeLimit(.minutes(5))) struct TokenTests {
    let server: RunningServer

    init() throws { server = try RunningServer() }

    private func token(_ name: String, _ roles: [String], _ more: JSONValue = [:]) throws -> String {
        let params: JSONValue = ["name": .string(name), "roles": .array(roles.map(JSONValue.string))]
        return try #require(try server.call("token.create", params.with(more))["token"]?.string)
    }

    @Test(arguments: ["viewer", "operator", "auditor", "admin"])
    func aRoleMayCallWhatItsRowSaysAndNothingElse(role: String) throws {
        let client = try server.connect(token: try token("t", [role]))
        for method in Methods.all {
            let refusal = try client.refusal(method.name)
            let isAllowed = method.roles.map { role == "admin" || $0.contains(role) } ?? true
            if isAllowed {
                #expect(refusal?.code != -32003 && refusal?.code != -32001, "\(role) may call \(method.name)")
            } else {
                #expect(refusal?.code == -32003, "\(role) may not call \(method.name)")
                let required: JSONValue = .string(method.roles?.first ?? "admin")
                #expect(refusal?.data == ["status": 403, "required": required], "\(method.name)")
            }
            if method.name == "auth.authenticate" { try Self.authenticateAgain(client) }
        }
    }

    // The refused authentication counts as none, so this is only to show that the grant is still there.
    private static func authenticateAgain(_ client: FrameClient) throws {
        #expect(try client.refusal("session.list") == nil)
    }

    @Test func rolesAdd() throws {
        let client = try server.connect(token: try token("t", ["operator", "auditor"]))
        #expect(try client.refusal("decision.list") == nil)
        #expect(try client.call("session.start", server.shell("exit 0"))["command"] == "/bin/sh")
        #expect(try client.refusal("token.list")?.code == -32003)
    }

    @Test func aRevokedTokenEndsLiveConnections() throws {
        let text = try token("gone", ["viewer"])
        let live = try server.connect(token: text)
        let other = try server.connect(token: try token("stays", ["viewer"]))
        try live.call("session.list")
        let revoked = try server.call("token.revoke", ["id": "gone"])
        #expect(revoked["revoked_at"]?.string != nil)
        #expect(try live.receiveAll().isEmpty)
        #expect(throws: Refusal.self) { try server.connect(token: text) }
        try other.call("session.list")
        try server.restart()
        #expect(throws: Refusal.self) { try server.connect(token: text) }
    }

    @Test func anExpiredTokenIsNoToken() throws {
        let text = try token("brief", ["viewer"], ["expires_in_ms": 400])
        let live = try server.connect(token: text)
        try live.call("session.list")
        try Waiting.until("the refusal of an expired token") { try live.refusal("session.list")?.code == -32001 }
        #expect(try live.receiveAll().isEmpty)
        #expect(throws: Refusal.self) { try server.connect(token: text) }
    }

    @Test func tokensSurviveARestart() throws {
        let text = try token("kept", ["operator"], ["principal": "cto"])
        let admin = try server.adminToken()
        try server.kill9()
        try server.start()
        #expect(try server.adminToken() == admin)
        let client = try server.connectUnauthenticated()
        let answer = try client.call("auth.authenticate", ["token": .string(text)])
        #expect(answer == ["principal": "cto", "roles": ["operator"]])
    }

    @Test func aListShowsNoSecret() throws {
        let text = try token("ci", ["viewer"])
        let list = try server.call("token.list")
        #expect(list["tokens"]?.array?.compactMap { $0["name"]?.string }.sorted() == ["admin", "ci"])
        #expect(!list.text.contains(text))
        let names = ["id", "name", "principal", "roles", "created_at", "expires_at", "revoked_at"]
        #expect(list["tokens"]?.array?.allSatisfy { $0.names == names } == true)
    }

    @Test func wrongTokensAreRefusedInOneSentence() throws {
        #expect(try server.refusal("token.create", ["roles": ["viewer"]])?.data["param"] == "name")
        #expect(try server.refusal("token.create", ["name": "a"])?.data["param"] == "roles")
        #expect(try server.refusal("token.create", ["name": "a", "roles": ["king"]])?.data["param"] == "roles")
        #expect(try server.refusal("token.create", ["name": "admin", "roles": ["viewer"]])?.code == -32009)
        #expect(
            try server.refusal("token.revoke", ["id": "none"])
                == Refusal(code: -32004, message: "Token not found.", data: ["status": 404]))
    }
}
