import Platform
import TestSupport
import Testing
import Wire

/// A candidate is judged beside the policies in force, decides nothing, and can take their place.
@Suite(.timeLimit(.minutes(5))) struct ShadowTests {
    let server: RunningServer

    private static let live = ["10-a.lua": #"return function(r) if r.branch == "live" then deny("live", "x") end end"#]
    private static let candidate: JSONValue = [
        "10-a.lua": #"return function(r) if r.branch == "new" then deny("new", "no %s", r.branch) end end"#,
        "lib/site.lua": "return {}", "tests/a_test.lua": #"denies(request{ branch = "new" }, "new")"#,
    ]

    init() throws { server = try RunningServer(policies: Self.live) }

    private func start(_ branch: String?) throws -> String {
        let change: JSONValue = branch.map { ["branch": .string($0)] } ?? [:]
        if let refusal = try server.refusal("session.start", server.shell("exit 0", change)) {
            return refusal.data["decision_id"]?.string ?? ""
        }
        return try server.call("decision.list", ["limit": 1])["decisions"]?.array?.first?["id"]?.string ?? ""
    }

    private func waitUntilJudged(_ count: Int64) throws -> JSONValue {
        try Waiting.until("\(count) judged") {
            try server.call("policy.shadow")["shadow"]?["judged"] == .integer(count)
        }
        return try server.call("policy.shadow")
    }

    @Test func itsDisagreementsAreListedAndItDecidesNothing() throws {
        #expect(try server.call("policy.shadow") == ["shadow": nil, "disagreements": [], "next_cursor": nil])
        let set = try server.call("policy.shadow", ["files": Self.candidate])
        #expect(set["shadow"]?["judged"] == 0 && set["disagreements"] == [])
        let digest = try #require(set["shadow"]?["policy_set"]?.string)
        #expect(try server.policySet() != digest)
        let ids = try ["live", "new", nil].map(start)
        let shown = try waitUntilJudged(3)
        #expect(shown["shadow"]?["disagreed"] == 2 && shown["shadow"]?["skipped"] == 0)
        let found = try #require(shown["disagreements"]?.array)
        #expect(found.map { $0["decision_id"]?.string } == [ids[1], ids[0]], "newest first")
        #expect(found.map { $0["was"] } == ["allow", "deny"] && found.map { $0["becomes"] } == ["deny", "allow"])
        #expect(found[0]["denials"] == [["policy": "10-a", "rule": "new", "reason": "no new"]])
        #expect(found.allSatisfy { $0["policy_set"]?.string == digest && $0["time"]?.string != nil })
        let decisions = try server.call("decision.list")["decisions"]?.array ?? []
        #expect(decisions.map { $0["verdict"] } == ["allow", "allow", "deny"])
        let page = try server.call("policy.shadow", ["limit": 1])
        #expect(page["disagreements"] == .array([found[0]]))
        let next = try server.call("policy.shadow", ["limit": 1, "cursor": page["next_cursor"] ?? .null])
        #expect(next["disagreements"] == .array([found[1]]) && next["next_cursor"] == .null)
    }

    @Test func itSurvivesARestartAndEndsWithOff() throws {
        try server.call("policy.shadow", ["files": Self.candidate])
        _ = try start("new")
        let before = try waitUntilJudged(1)
        try server.kill9()
        try server.start()
        #expect(try server.call("policy.shadow") == before)
        _ = try start("new")
        #expect(try waitUntilJudged(2)["shadow"]?["disagreed"] == 2)
        let off = try server.call("policy.shadow", ["off": true])
        #expect(off["shadow"] == .null && off["disagreements"]?.array?.count == 2)
        try server.restart()
        #expect(try server.call("policy.shadow")["shadow"] == .null)
    }

    @Test func aCandidateThatDoesNotLoadLeavesTheOldOneInPlace() throws {
        try server.call("policy.shadow", ["files": Self.candidate])
        let before = try server.call("policy.shadow")
        let refusal = try server.refusal("policy.shadow", ["files": ["10-a.lua": "return nil"]])
        #expect(refusal?.code == -32602 && refusal?.message.contains("10-a.lua") == true)
        #expect(try server.call("policy.shadow") == before)
        #expect(try server.refusal("policy.shadow", ["files": Self.candidate, "off": true])?.code == -32602)
    }

    @Test func onlyAnAdminSetsIt() throws {
        let params: JSONValue = ["name": "a", "roles": ["auditor"]]
        let auditor = try server.connect(token: try server.call("token.create", params)["token"]?.string)
        #expect(try auditor.call("policy.shadow")["shadow"] == .null)
        for params: JSONValue in [["files": Self.candidate], ["off": true]] {
            let refusal = try auditor.refusal("policy.shadow", params)
            #expect(refusal?.code == -32003 && refusal?.data["required"] == "admin")
        }
    }

    /// What a policy of the shadow does, however slow, is nothing to those who start.
    @Test func aCandidateThatHangsDelaysNoAnswer() throws {
        let server = try RunningServer(policies: Self.live, arguments: ["--policy-timeout-ms", "1000"])
        try server.call("policy.shadow", ["files": ["10-a.lua": "return function() while true do end end"]])
        let start = server.shell("exit 0", ["branch": "live"])
        for _ in 0..<3 { #expect(try server.refusal("session.start", start)?.code == -32010) }
        func shadow() throws -> JSONValue { try server.call("policy.shadow") }
        // An answer that had waited for the shadow would come after its second.
        #expect(try shadow()["shadow"]?["judged"]?.int ?? 3 < 3)
        try Waiting.until("3 judged") { try shadow()["shadow"]?["judged"] == 3 }
        #expect(try shadow()["shadow"]?["disagreed"] == 3)
        let failures = try shadow()["disagreements"]?.array?.first?["failures"]
        #expect(failures == [["policy": "10-a", "reason": "it took longer than 1000 ms"]])
    }

    @Test func promotingMakesTheFolderAndTheServerAgree() throws {
        try server.savePolicy("20-gone.lua", "return function() end")
        try server.folder.write("policies/README.md", "mine")
        try server.call("policy.reload")
        let digest = try server.call("policy.shadow", ["files": Self.candidate])["shadow"]?["policy_set"]
        let list = try server.call("policy.promote")
        #expect(list["policy_set"] == digest && list["error"] == .null)
        #expect(try server.policySet() == digest?.string)
        #expect(try server.call("policy.shadow")["shadow"] == .null)
        #expect(try File.list(server.policyFolder) == ["10-a.lua", "README.md", "lib", "tests"])
        #expect(try File.list("\(server.policyFolder)/tests") == ["a_test.lua"])
        let text = String(decoding: try File.read("\(server.policyFolder)/10-a.lua", bytesMax: 4096), as: UTF8.self)
        #expect(text == Self.candidate["10-a.lua"]?.string)
        try server.restart()
        try server.call("policy.reload")
        #expect(try server.policySet() == digest?.string)
        #expect(try server.refusal("policy.promote")?.code == -32009)
    }

    @Test func aFolderThatChangedIsNotOverwrittenUnlessForced() throws {
        let digest = try server.call("policy.shadow", ["files": Self.candidate])["shadow"]?["policy_set"]
        try server.savePolicy("15-new.lua", "return function() end")
        #expect(try server.refusal("policy.promote")?.code == -32009)
        #expect(try File.list(server.policyFolder) == ["10-a.lua", "15-new.lua"])
        #expect(try server.call("policy.promote", ["force": true])["policy_set"] == digest)
        #expect(try File.list(server.policyFolder) == ["10-a.lua", "lib", "tests"])
    }

    @Test func theCommandsSetShowPromoteAndEndIt() throws {
        for member in Self.candidate.object ?? [] {
            try server.folder.write("new/\(member.name)", member.value.string ?? "")
        }
        func run(_ arguments: String...) throws -> CommandRun {
            try CommandRun(
                "spawngate", ["policy"] + arguments,
                environment: ["SPAWNGATE_SERVER=127.0.0.1:\(server.port)", "SPAWNGATE_STATE=\(server.stateFolder)"])
        }
        #expect(try run("shadow").output == "in the shadow  nothing\n")
        #expect(try run("shadow", "\(server.folder.path)/new").status == 0)
        let id = try start("new")
        _ = try waitUntilJudged(1)
        let shown = try run("shadow")
        #expect(shown.status == 0 && shown.output.contains(id) && shown.output.contains("no new"), "\(shown.errors)")
        #expect(try JSONValue(text: try run("shadow", "--json").output)["disagreements"]?.array?.count == 1)
        #expect(try run("promote").status == 0)
        #expect(try run("promote").status == 1)
        #expect(try run("shadow", "off").status == 0)
    }
}
