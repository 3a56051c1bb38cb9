import TestSupport
import Testing
import Wire

/// Every start leaves one decision.
@Suite(.timeLimit(.minutes(5))) struct DecisionTests {
    let server: RunningServer

    init() throws {
        server = try RunningServer(policies: [
            "10-branch.lua": """
            return function(request)
              if request.branch == "denied" then deny("branch", "no \u{E9}\u{1F600}") end
              if request.branch == "error" then error("oh") end
            end
            """
        ])
    }

    private func attempt(_ change: JSONValue) throws -> JSONValue? {
        do {
            return try server.run("exit 0", change)["decision_id"]
        } catch let refusal as Refusal {
            return refusal.data["decision_id"]
        }
    }

    private func list(_ filter: JSONValue = [:]) throws -> [JSONValue] {
        try server.call("decision.list", filter)["decisions"]?.array ?? []
    }

    @Test func everyWellFormedStartLeavesOneAndAMalformedOneNone() throws {
        let ids = try ["ok", "denied", "error"].map { try attempt(["branch": .string($0)]) ?? .null }
        #expect(try server.refusal("session.start", server.shell("").with("timeout_ms", -1)) != nil)
        #expect(try server.refusal("session.start", server.shell("").with("working_directory", "/no/where")) != nil)
        let decisions = try list()
        #expect(decisions.map { $0["id"] ?? .null } == ids.reversed(), "newest first")
        let numbers = decisions.compactMap { $0["seq"]?.int }
        #expect(numbers == [2, 1, 0].map { numbers[2] + $0 })
        #expect(decisions.map { $0["verdict"] } == ["error", "deny", "allow"])
        let session = try server.call("session.list")["sessions"]?.array?.first
        #expect(decisions.map { $0["session_id"] } == [.null, .null, session?["id"]])
        #expect(session?["decision_id"] == ids[0])
    }

    @Test func aDecisionHasWhatTheSpecificationSays() throws {
        let id = try attempt(["branch": "denied"]) ?? .null
        let answer = try server.call("decision.get", ["id": id])
        let decision = try #require(answer["decision"])
        let specified = [
            "id", "seq", "time", "verdict", "principal", "request", "policy_set", "policies", "session_id",
            "duration_us", "kind",
        ]
        #expect(Set(specified).isSubset(of: decision.names))
        #expect(decision["kind"] == "decision")
        #expect(decision["principal"]?["name"] == "admin")
        #expect(decision["request"]?["branch"] == "denied")
        #expect(decision["policy_set"]?.string == (try server.policySet()))
        let policy = try #require(decision["policies"]?.array?.first)
        #expect(Set(policy.names) == ["name", "digest", "verdict", "denials", "failure"])
        #expect(policy["denials"] == [["reason": "no \u{E9}\u{1F600}", "rule": "branch"]])
        #expect(
            decision["denied_at"] == [["file": "10-branch.lua", "line": 2, "policy": "10-branch", "rule": "branch"]])
        #expect((decision["duration_us"]?.int ?? -1) >= 0)
    }

    @Test func aLeafIsCanonicalAndTheSameByIDAndByNumber() throws {
        let id = try attempt(["branch": "denied", "labels": ["b": "\u{E9}\n", "a": "1", "B": "\u{1F600}"]]) ?? .null
        let answer = try server.call("decision.get", ["id": id])
        #expect(try server.call("decision.get", ["seq": answer["decision"]?["seq"] ?? .null]) == answer)
        let leaf = try #require(answer["leaf"]?.string)
        #expect(leaf == answer["decision"]?.text, "no white space, and nothing escaped that need not be")
        #expect(!leaf.contains("\n"))
        Self.checkOrder(try JSONValue(text: leaf))
        try server.restart()
        let after = try server.call("decision.get", ["id": id])
        #expect(after.with("checkpoint", nil) == answer.with("checkpoint", nil))
    }

    private static func checkOrder(_ value: JSONValue) {
        for element in value.array ?? [] { checkOrder(element) }
        let names = value.names.map { Array($0.utf16) }
        #expect(names == names.sorted { $0.lexicographicallyPrecedes($1) }, "\(value.names)")
        for member in value.object ?? [] { checkOrder(member.value) }
    }

    @Test func filtersFindWhatTheySay() throws {
        _ = try attempt(["branch": "ok", "executive": "CTO", "mission_id": "M"])
        _ = try attempt(["branch": "denied", "executive": "CTO"])
        _ = try attempt(["branch": "error"])
        let first = try #require(try list().last?["seq"]?.int)
        func found(_ filter: JSONValue) throws -> [Int64] {
            try list(filter).compactMap { $0["seq"]?.int }.map { $0 - first }
        }
        #expect(try found(["verdict": "deny"]) == [1])
        #expect(try found(["executive": "CTO"]) == [1, 0])
        #expect(try found(["mission_id": "M"]) == [0])
        #expect(try found(["policy": "10-branch"]) == [1])
        #expect(try found(["rule": "branch", "policy": "10-branch"]) == [1])
        #expect(try found(["rule": "none"]) == [])
        #expect(try found(["principal": "admin"]) == [2, 1, 0])
        #expect(try found(["principal": "nobody"]) == [])
        let session = try #require(try server.call("session.list")["sessions"]?.array?.first?["id"])
        #expect(try found(["session_id": session]) == [0])
        let time = try #require(try list(["verdict": "deny"]).first?["time"])
        #expect(try found(["since": time, "limit": 1]) == [2])
        #expect(try found(["until": time]).contains(1) == false)
        let page = try server.call("decision.list", ["limit": 2])
        #expect(try found(["cursor": page["next_cursor"] ?? .null]) == [0])
        #expect(try server.refusal("decision.list", ["verdict": "maybe"])?.data["param"] == "verdict")
        #expect(try server.refusal("decision.list", ["since": "yesterday"])?.data["param"] == "since")
    }

    /// Else a thousand starts of a megabyte each, once listed, would be gigabytes in the server.
    @Test func aPageOfLargeDecisionsIsShorterAndItsCursorGoesOn() throws {
        let text = JSONValue.string(String(repeating: "x", count: 100_000))
        let args = JSONValue.array(Array(repeating: text, count: 10))
        let ids = try (0..<20).map { _ in
            try #require(try attempt(["branch": "denied", "args": args]))
        }
        var pages: [[JSONValue]] = []
        var cursor = JSONValue.null
        repeat {
            let answer = try server.call("decision.list", ["limit": 1000, "cursor": cursor])
            pages.append(answer["decisions"]?.array?.map { $0["id"] ?? .null } ?? [])
            cursor = answer["next_cursor"] ?? .null
        } while cursor != .null
        #expect(pages.map(\.count) == [16, 4] && Array(pages.joined()) == ids.reversed())
    }

    @Test func theNumbersHaveNoGapsAcrossRestarts() throws {
        for number in 0..<12 {
            _ = try attempt(["branch": .string(number % 2 == 0 ? "ok" : "denied")])
            if number == 3 { try server.restart() }
            if number == 7 {
                try server.kill9()
                try server.start()
            }
        }
        var verdicts: [JSONValue] = []
        for number in 0..<(try server.call("server.info")["counts"]?["leaves"]?.int ?? 0) {
            let decision = try server.call("decision.get", ["seq": .integer(number)])["decision"]
            #expect(decision?["seq"]?.int == number)
            if let verdict = decision?["verdict"] { verdicts.append(verdict) }
        }
        #expect(verdicts == (0..<12).map { $0 % 2 == 0 ? "allow" : "deny" })
    }

    @Test func whatIsNotThereIsNotFound() throws {
        for params: JSONValue in [["seq": 1_000_000], ["id": "d-none"]] {
            #expect(try server.refusal("decision.get", params)?.code == -32004)
        }
        for params: JSONValue in [[:], ["id": "x", "seq": 0], ["seq": -1]] {
            #expect(try server.refusal("decision.get", params)?.code == -32602)
        }
    }
}
