import TestSupport
import Testing
import Wire

/// Which rules fire, and which never did.
@Suite(.timeLimit(.minutes(5))) struct RulesTests {
    let server: RunningServer

    init() throws {
        server = try RunningServer(policies: [
            "10-a.lua": """
            -- deny("in-a-comment", "x")
            --[[ deny("in-a-long-comment", "x") ]]
            local text = 'deny("in-a-string", "x")'
            return function(request)
              if request.branch == "a" then deny("often", "x") deny("often", "y") end
              if request.branch == "never" then deny ( 'never' , "x") deny(request.branch, "x") end
              local undeny = false
              if undeny then undeny("of-another-function", "x") end
            end
            """,
            "20-b.lua": """
            return { name = "renamed", decide = function(request)
              if request.branch then deny("branch", "x") else deny"short" end
            end }
            """,
        ])
    }

    private func fire(_ branch: String, times: Int) throws {
        for _ in 0..<times {
            #expect(try server.refusal("session.start", server.shell("exit 0", ["branch": .string(branch)])) != nil)
        }
    }

    private func rules(_ params: JSONValue = [:]) throws -> [JSONValue] {
        try server.call("policy.rules", params)["rules"]?.array ?? []
    }

    private func names(_ rules: [JSONValue]) -> [String] {
        rules.map { "\($0["policy"]?.string ?? "")/\($0["rule"]?.string ?? "") \($0["count"]?.int ?? -1)" }
    }

    @Test func aRuleIsCountedOncePerDecisionAndTheIdleOnesAreNamed() throws {
        #expect(names(try rules()) == ["10-a/often 0", "10-a/never 0", "renamed/branch 0", "renamed/short 0"])
        try fire("a", times: 3)
        try fire("b", times: 1)
        let fired = try rules()
        #expect(names(fired) == ["renamed/branch 4", "10-a/often 3", "10-a/never 0", "renamed/short 0"])
        let last = try server.call("decision.list", ["rule": "often"])["decisions"]?.array?.first?["time"]
        #expect(fired[1]["last_at"] == last && last != nil)
        #expect(fired[2]["last_at"] == .null)
        #expect(fired[1].names == ["policy", "rule", "count", "last_at"])
        try server.restart()
        try server.call("policy.reload")
        #expect(try rules() == fired)
    }

    @Test func onlyWhatIsSinceThenIsCounted() throws {
        try fire("a", times: 1)
        let later = try rules(["since": "2999-01-01T10:00:00.000Z"])
        #expect(Set(names(later)) == ["renamed/branch 0", "10-a/often 0", "10-a/never 0", "renamed/short 0"])
        #expect(later.first { $0["rule"] == "often" }?["last_at"]?.string != nil)
        let answer = try server.call("policy.rules", ["since": "2001-02-03T10:00:00.000Z"])
        #expect(answer["since"] == "2001-02-03T00:00:00.000Z")
        #expect(names(answer["rules"]?.array ?? []).first == "10-a/often 1")
    }

    @Test func theCommandShowsThem() throws {
        try fire("a", times: 2)
        let run = try CommandRun(
            "spawngate", ["policy", "rules", "--days", "1"],
            environment: ["SPAWNGATE_SERVER=127.0.0.1:\(server.port)", "SPAWNGATE_STATE=\(server.stateFolder)"])
        #expect(run.status == 0, "\(run.errors)")
        let rows = run.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.contains { $0.starts(with: ["10-a", "often", "2"]) })
        #expect(rows.contains { $0 == ["10-a", "never", "0", "never"] })
    }
}
