import Platform
import TLS
import TestSupport
import Testing
import Wire

/// Certificates in place of tokens.
@Suite(.timeLimit(.minutes(5))) struct CertificateLoginTests {
    let certificates: TestCertificates
    let server: RunningServer

    init() throws {
        certificates = try TestCertificates()
        server = try RunningServer(certificates)
    }

    @discardableResult
    private func enter(_ name: String, _ roles: [String], _ more: JSONValue = [:]) throws -> JSONValue {
        let params: JSONValue = [
            "name": .string(name), "roles": .array(roles.map(JSONValue.string)), "certificate": true,
        ]
        return try server.call("token.create", params.with(more))
    }

    private func connect(_ pair: TestCertificates.Pair) throws -> FrameClient {
        try FrameClient(port: server.port, tls: try certificates.context(pair), owner: server)
    }

    private func refusals() throws -> [JSONValue] {
        let leaves = try server.call("log.leaves", ["from": 0])["leaves"]?.array ?? []
        let reader = JSONReader()
        return try leaves.compactMap { $0["leaf"]?.string }.map { try reader.value(of: Array($0.utf8)) }
            .filter { $0["kind"] == "login.refused" }
    }

    @Test func aCertificateWithAnEntryNeedsNoToken() throws {
        let entry = try enter("alice", ["operator"])
        #expect(entry["token"] == nil && entry["kind"] == "certificate" && entry["principal"] == "alice")
        let client = try connect(try certificates.client("alice"))
        // More than a stranger may send, in the first frame of all.
        let prompt = JSONValue.string(String(repeating: "x", count: 200_000))
        let record = try client.call("session.start", server.shell("exit 0", ["prompt": prompt]))
        #expect(try server.call("session.metadata", ["id": record["id"] ?? .null])["created_by"] == "alice")
        let decision = try server.call("decision.list")["decisions"]?.array?.first
        #expect(decision?["principal"]?["name"] == "alice" && decision?["principal"]?["roles"] == ["operator"])
        #expect(decision?["principal"]?["address"]?.string?.hasPrefix("127.0.0.1:") == true)
        #expect(try client.refusal("token.list")?.code == -32003)
    }

    @Test(arguments: ["viewer", "operator", "auditor", "admin"])
    func aRoleMayCallWhatItsRowSaysAndNothingElse(role: String) throws {
        try enter("alice", [role])
        let client = try connect(try certificates.client("alice"))
        for method in Methods.all {
            let code = try client.refusal(method.name)?.code
            let isAllowed = method.roles.map { role == "admin" || $0.contains(role) } ?? true
            if isAllowed {
                #expect(code != -32003 && code != -32001, "\(role) may call \(method.name)")
            } else {
                #expect(code == -32003, "\(role) may not call \(method.name)")
            }
        }
    }

    @Test func aCertificateWithoutAnEntryIsAStranger() throws {
        // A token of that name is no entry.
        let token = try server.call("token.create", ["name": "bob", "roles": ["admin"]])["token"]
        let bob = try certificates.client("bob", subject: "/O=admin/OU=admin/CN=bob")
        let client = try connect(bob)
        for method in Methods.all where method.roles != nil {
            #expect(try client.refusal(method.name)?.code == -32001, "\(method.name)")
        }
        #expect(
            try refusals().last?.with("seq", nil).with("time", nil).with("address", nil) == [
                "certificate_fault": .null, "certificate_name": "bob", "kind": "login.refused", "principal": .null,
                "reason": "unknown", "token_id": .null,
            ])
        #expect(server.log.contains("a certificate names nobody: unknown"))
        // And may say who it is by a token all the same.
        #expect(try client.call("auth.authenticate", ["token": token ?? .null])["principal"] == "bob")
        try client.call("token.list")
        try client.call("token.revoke", ["id": "bob"])
        #expect(try client.receiveAll().isEmpty)
    }

    @Test func aTokenCountsInPlaceOfTheCertificate() throws {
        try enter("alice", ["viewer"])
        let client = try connect(try certificates.client("alice"))
        try client.call("session.list")
        let answer = try client.call("auth.authenticate", ["token": .string(try server.adminToken())])
        #expect(answer["principal"] == "admin")
        try client.call("token.list")
        // It is no longer alice's.
        try server.call("token.revoke", ["id": "alice"])
        try client.call("token.list")
    }

    @Test func aRevokedEntryEndsLiveConnections() throws {
        try enter("alice", ["viewer"])
        try enter("carol", ["viewer"])
        let alice = try certificates.client("alice")
        let (live, idle) = (try connect(alice), try connect(alice))
        let other = try connect(try certificates.client("carol"))
        try live.call("session.watch")
        try other.call("session.list")
        let revoked = try server.call("token.revoke", ["id": "alice"])
        #expect(revoked["revoked_at"]?.string != nil)
        for client in [live, idle] { #expect(try client.receiveAll().isEmpty && client.serverHasFinished) }
        #expect(try connect(alice).refusal("session.list")?.code == -32001)
        #expect(try refusals().last?["reason"] == "revoked")
        try other.call("session.list")
        try server.restart()
        #expect(try connect(alice).refusal("session.list")?.code == -32001)
        // A new entry of the name is another one.
        try enter("alice", ["viewer"])
        try connect(alice).call("session.list")
    }

    @Test func anEntryExpires() throws {
        try enter("alice", ["viewer"], ["expires_in_ms": 500])
        let alice = try certificates.client("alice")
        let live = try connect(alice)
        try Waiting.until("the refusal of an expired entry") { try live.refusal("session.list")?.code == -32001 }
        #expect(try live.receiveAll().isEmpty)
        #expect(try connect(alice).refusal("session.list")?.code == -32001)
        #expect(try refusals().last?["reason"] == "expired")
    }

    @Test(.enabled(if: PythonProgram.path != nil, "Python's package cryptography makes one for seconds"))
    func aCertificateThatExpiresEndsItsConnection() throws {
        try enter("alice", ["viewer"])
        let alice = try certificates.client("alice")
        let brief = try certificates.strange("brief", for: alice, subject: "[(CN, 'alice', U8)]", seconds: 4)
        let (live, other) = (try connect(brief), try connect(alice))
        // One that has said by a token who it is does not need it any more.
        let byToken = try connect(brief)
        try byToken.call("auth.authenticate", ["token": .string(try server.adminToken())])
        try live.call("session.list")
        #expect(try live.receiveAll().isEmpty)
        #expect(server.log.contains("its certificate has expired"))
        try other.call("session.list")
        try byToken.call("token.list")
        #expect(throws: (any Error).self) { try connect(brief).call("server.ping") }
    }

    @Test func namesAreTheirBytes() throws {
        // Both look the same; one is written with a letter and an accent of its own.
        try enter("Andr\u{E9}", ["viewer"])
        let twin = try certificates.client("twin", subject: "/CN=Andre\u{301}")
        #expect(try connect(twin).refusal("session.list")?.code == -32001)
        #expect(try connect(try certificates.client("upper", subject: "/CN=ANDR\u{E9}")).refusal("session.list") != nil)
        #expect(try connect(try certificates.client("same", subject: "/CN=Andr\u{E9}")).refusal("session.list") == nil)
    }

    @Test func twoNamesAreNobodys() throws {
        try enter("alice", ["viewer"])
        let both = try certificates.client("both", subject: "/CN=bob/CN=alice")
        #expect(try connect(both).refusal("session.list")?.code == -32001)
        #expect(try refusals().last?["reason"] == "unusable name")
    }

    @Test func aCertificateOfNoTrustedAuthorityIsRefusedAndRecorded() throws {
        try enter("alice", ["viewer"])
        try certificates.makeAuthority("other")
        for (index, pair) in [
            try certificates.client("a", subject: "/CN=alice", authority: "other"),
            try certificates.client("b", subject: "/CN=alice", days: -1),
        ].enumerated() {
            #expect(throws: (any Error).self) { try connect(pair).call("server.ping") }
            try Waiting.until("the record") { try refusals().count == index + 1 }
        }
        let facts = try refusals().map { [$0["reason"], $0["certificate_name"], $0["certificate_fault"]] }
        #expect(
            facts == [
                ["untrusted", .null, "unable to get local issuer certificate"],
                ["untrusted", .null, "certificate has expired"],
            ])
        #expect(server.log.contains("its certificate is not taken: certificate has expired"))
        #expect(try server.call("server.metrics")["counters"]?["certificates_refused"] == 2)
    }

    @Test func anEntryIsListedAndRecordedLikeAToken() throws {
        let entry = try enter("alice", ["viewer", "auditor"])
        let listed = try server.call("token.list")["tokens"]?.array?.last
        #expect(
            listed?.names == ["id", "name", "kind", "principal", "roles", "created_at", "expires_at", "revoked_at"])
        #expect(listed?["kind"] == "certificate" && listed?["id"] == entry["id"])
        let leaf = try server.call("log.leaves", ["from": 0])["leaves"]?.array?.last?["leaf"]?.string ?? ""
        #expect(leaf.contains(#""kind":"token.created""#) && leaf.contains(#""kind":"certificate","name":"alice""#))
        #expect(try server.refusal("token.create", ["name": "alice", "roles": ["viewer"]])?.code == -32009)
        let other = try server.refusal(
            "token.create", ["name": "x", "principal": "y", "roles": ["viewer"], "certificate": true])
        #expect(other?.data["param"] == "principal")
        let odd = try server.refusal(
            "token.create",
            ["name": .string(String(repeating: "x", count: 257)), "roles": ["viewer"], "certificate": true])
        #expect(odd?.data["param"] == "name")
        // No text is its token.
        for text in ["sg_\(entry["id"]?.string ?? "")_", "sg_\(entry["id"]?.string ?? "")_alice"] {
            let client = try server.connectUnauthenticated()
            #expect(try client.refusal("auth.authenticate", ["token": .string(text)])?.code == -32001)
        }
    }
}
