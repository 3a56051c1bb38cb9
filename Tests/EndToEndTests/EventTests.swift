import DecisionLog
import Platform
import TestSupport
import Testing
import Wire

/// What else than decisions stands in the log.
@Suite(.timeLimit(.minutes(5))) struct EventTests {
    let server: RunningServer

    init() throws { server = try RunningServer() }

    /// Every leaf, decisions and events, in the order of their numbers.
    private func leaves() throws -> [JSONValue] {
        let size = try #require(try server.call("log.checkpoint")["size"]?.int)
        return try (0..<size).map { number in
            let answer = try server.call("decision.get", ["seq": .integer(number)])
            let leaf = try #require(answer["decision"])
            let text = try #require(answer["leaf"]?.string)
            #expect(try JSONValue(text: text) == leaf && leaf["seq"]?.int == number && leaf["time"]?.string != nil)
            #expect(String(decoding: CanonicalJSON.bytes(of: leaf), as: UTF8.self) == text)
            return leaf
        }
    }

    private func events(_ kind: String) throws -> [JSONValue] { try leaves().filter { $0["kind"]?.string == kind } }

    private func token(_ name: String, _ role: String) throws -> String {
        let params: JSONValue = ["name": .string(name), "roles": [.string(role)]]
        return try #require(try server.call("token.create", params)["token"]?.string)
    }

    @Test func theFirstLeavesTellOfTheKeyTheServerTheAdminAndThePolicies() throws {
        try Waiting.until("the policies") { try events("policy.loaded").count == 1 }
        let leaves = try leaves()
        #expect(leaves.map { $0["kind"] } == ["key.created", "server.started", "token.created", "policy.loaded"])
        #expect(leaves.allSatisfy { $0["principal"] == .null && $0["address"] == .null })
        #expect(try leaves[0]["key"] == (server.call("log.key")["key"]) && leaves[0]["previous"] == .null)
        #expect(leaves[2]["token"]?["name"] == "admin" && leaves[2]["token"]?["roles"] == ["admin"])
        #expect(try leaves[3]["policy_set"]?.string == server.policySet() && leaves[3]["previous"] == .null)
        #expect(leaves[3]["policies"]?.array?.map { $0["name"] } == ["10-allow"])
        try server.restart()
        try Waiting.until("the policies") { try server.policySet() != nil }
        #expect(try self.leaves().dropFirst(4).map { $0["kind"] } == ["server.stopped", "server.started"])
        try server.kill9()
        try server.start()
        #expect(try self.leaves().dropFirst(6).map { $0["kind"] } == ["server.started"])
    }

    @Test func aChangeOfPoliciesNamesTheSetBefore() throws {
        try Waiting.until("the policies") { try events("policy.loaded").count == 1 }
        let old = try server.policySet()
        try server.savePolicy("20-no.lua", #"return function() deny("no", "no") end"#)
        try Waiting.until("the new policies") { try events("policy.loaded").count == 2 }
        let event = try #require(try events("policy.loaded").last)
        #expect(try event["previous"]?.string == old && event["policy_set"]?.string == server.policySet())
        #expect(event["policies"]?.array?.map { $0["name"] } == ["10-allow", "20-no"])
        // What did not come into force is no change.
        try server.savePolicy("20-no.lua", "return function(")
        try Waiting.until("the error") { try server.call("policy.list")["error"] != .null }
        _ = try server.refusal("session.start", server.shell("exit 0"))
        let kinds = try leaves().suffix(2).map { $0["kind"] }
        #expect(kinds == ["policy.loaded", "decision"])
        // One that changed while the server was down is told by the next.
        try server.terminate()
        try File.remove("\(server.policyFolder)/20-no.lua")
        try server.start()
        try Waiting.until("the old policies") { try events("policy.loaded").count == 3 }
        #expect(try events("policy.loaded").last?["policy_set"]?.string == old)
    }

    @Test func refusedLoginsAndRolesAndTokensAreThere() throws {
        let secret = try token("eve", "viewer")
        let eve = try server.connect(token: secret)
        #expect(try eve.refusal("token.list")?.code == -32003)
        #expect(try eve.refusal("policy.shadow", ["off": true])?.code == -32003)
        let stranger = try server.connectUnauthenticated()
        let (known, unknown) = (String(secret.dropLast()) + "x", "sg_0_0")
        for wrong in [known, unknown] { _ = try stranger.refusal("auth.authenticate", ["token": .string(wrong)]) }
        let revoked = try server.call("token.revoke", ["id": "eve"])
        let late = try server.connectUnauthenticated()
        #expect(try late.refusal("auth.authenticate", ["token": .string(secret)])?.code == -32001)
        let created = try #require(try events("token.created").last)
        #expect(created["token"]?["id"] == revoked["id"] && created["token"]?["roles"] == ["viewer"])
        #expect(created["principal"]?["name"] == "admin" && created["principal"]?["address"] == created["address"])
        #expect(try events("token.revoked").map { $0["token"]?["name"] } == ["eve"])
        let denied = try events("role.denied")
        #expect(denied.map { $0["method"] } == ["token.list", "policy.shadow"])
        #expect(denied.map { $0["required"] } == ["admin", "auditor"])
        #expect(denied.allSatisfy { $0["principal"]?["name"] == "eve" && $0["address"]?.string != nil })
        let logins = try events("login.refused")
        #expect(logins.map { $0["reason"] } == ["wrong", "unknown", "revoked"])
        #expect(logins.map { $0["token_id"] } == [revoked["id"], .null, revoked["id"]])
        #expect(
            logins.allSatisfy { $0["principal"] == .null && $0["address"]?.string?.hasPrefix("127.0.0.1:") == true })
        let text = try leaves().map(\.text).joined()
        #expect(!text.contains(secret.split(separator: "_").last ?? ""), "no secret, not even a wrong one")
    }

    @Test func aStopIsThereBeforeItsAnswer() throws {
        let record = try server.start("sleep 1000")
        try server.call("session.stop", ["id": record["id"] ?? .null, "grace_ms": 0])
        try server.call("session.stop", ["id": record["id"] ?? .null])
        let stops = try events("stop.requested")
        #expect(stops.count == 1, "one that has ended is not stopped again")
        #expect(stops[0]["session_id"] == record["id"] && stops[0]["grace_ms"] == 0)
        #expect(stops[0]["principal"]?["name"] == "admin")
        #expect(try server.call("decision.list")["decisions"]?.array?.map { $0["kind"] } == ["decision"])
    }

    @Test func shadowsAndPromotionsAndErasuresAreThere() throws {
        let files: JSONValue = ["10-allow.lua": "return function(request) return end"]
        let set = try server.call("policy.shadow", ["files": files])["shadow"]?["policy_set"]
        try server.call("policy.shadow", ["off": true])
        try server.call("policy.shadow", ["files": files])
        try server.call("policy.promote")
        let record = try server.run("exit 0", ["environment": ["A": "b"]])
        try server.call("decision.erase", ["id": record["decision_id"] ?? .null])
        #expect(try events("policy.shadowed").map { $0["policy_set"] } == [set, .null, set, .null])
        #expect(try events("policy.promoted").map { $0["policy_set"] } == [set])
        #expect(try events("policy.loaded").last?["policy_set"] == set)
        let decision = try events("decision").last
        #expect(try events("secrets.erased").map { $0["erased"] } == [.array([decision?["seq"] ?? .null])])
    }

    @Test func strangersCannotMakeTheLogGrow() throws {
        let before = try #require(try server.call("log.checkpoint")["size"]?.int)
        for _ in 0..<40 {
            let stranger = try server.connectUnauthenticated()
            for _ in 0..<3 { _ = try stranger.refusal("auth.authenticate", ["token": "sg_0_0"]) }
        }
        let after = try #require(try server.call("log.checkpoint")["size"]?.int)
        // Two windows at most can have begun meanwhile.
        #expect((30...62).contains(after - before), "\(after - before)")
        try server.restart()
        let logins = try events("login.refused")
        let told = logins.reduce(0) { $0 + 1 + ($1["suppressed"]?.int ?? 0) }
        #expect(told == 120 && logins.contains { $0["suppressed"] != nil })
    }

    @Test func aKeyGivesWayToOneThatItVouchesFor() throws {
        let old = try #require(try server.call("log.key")["key"]?.string.flatMap { NoteVerifier($0) })
        let before = try #require(try server.call("log.checkpoint")["checkpoint"]?.string)
        let rotated = try server.call("log.rotate")
        let new = try #require(rotated["key"]?.string.flatMap { NoteVerifier($0) })
        #expect(new != old && new.name == old.name && Checkpoint(note: before, verifiers: [old]) != nil)
        let after = try #require(try server.call("log.checkpoint")["checkpoint"]?.string)
        #expect(Checkpoint(note: after, verifiers: [new]) != nil && Checkpoint(note: after, verifiers: [old]) == nil)
        let earlier = try #require(rotated["earlier"]?.array?.first)
        #expect(earlier["key"]?.string == old.text)
        let note = try #require(earlier["rotation"]?.string)
        #expect(KeyRotation(note: note) == KeyRotation(from: old, to: new))
        let event = try #require(try events("key.rotated").first)
        #expect(event["rotation"]?.string == note && event["seq"] == earlier["ended_at"])
        #expect(event["key"]?.string == new.text && event["previous"]?.string == old.text)
        try server.kill9()
        try server.start()
        #expect(try server.call("log.key") == rotated)
        let third = try server.call("log.rotate")
        #expect(third["earlier"]?.array?.compactMap { $0["key"]?.string } == [old.text, new.text])
    }

    @Test func aKeyThatWasPutInFromOutsideIsToldOf() throws {
        let old = try server.call("log.key")["key"]
        try server.terminate()
        try File.remove("\(server.stateFolder)/log.key")
        try server.start()
        let keys = try server.call("log.key")
        #expect(keys["key"] != old && keys["earlier"]?.array?.first?["key"] == old)
        #expect(keys["earlier"]?.array?.first?["rotation"] == .null)
        #expect(try events("key.created").last?["previous"] == old)
    }

    @Test(arguments: [true, false])
    func aRotationThatWasCutShortIsFinishedWhereItIsRecorded(isRecorded: Bool) throws {
        let path = "\(server.stateFolder)/log.key"
        let old = try File.read(path, bytesMax: 4096)
        let rotated = try server.call("log.rotate")["key"]
        let new = try File.read(path, bytesMax: 4096)
        try server.terminate()
        if isRecorded {
            try File.replace(path, with: old, permissions: 0o600)
            try File.replace("\(path).next", with: new, permissions: 0o600)
        } else {
            let other = try #require(NoteSigner(name: "other", seed: [UInt8](repeating: 7, count: 32)))
            try File.replace("\(path).next", with: Array("\(other.secretText)\n".utf8), permissions: 0o600)
        }
        try server.start()
        #expect(try server.call("log.key")["key"] == rotated)
        #expect(try events("key.created").count == 1)
    }
}
