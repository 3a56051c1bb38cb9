import Platform
import TestSupport
import Testing
import Wire

/// What was judged is judged again: by its own policies it comes out the same, by others it shows what would change.
@Suite(.timeLimit(.minutes(5))) struct ReplayTests {
    let server: RunningServer

    /// Denies by what the start is, by whom and when it is asked; fails, and runs out of time.
    private static let policies = [
        "10-first.lua": """
        local names = require "lib.names"
        return function(request)
          if request.branch == "both" or names[request.branch] then
            deny("second-name", "%s at %d", request.branch, request.time.unix)
            deny("first-name", "%s of %s with %d running", request.name, request.principal.name, request.running.total)
          end
          if request.branch == "hang" then while true do end end
        end
        """,
        "20-second.lua": """
        return function(request)
          if request.branch == "both" then deny("other", "no") end
          if request.branch == "error" then error("oh") end
        end
        """,
        "lib/names.lua": "return { named = true }",
    ]
    private static let allowAll: JSONValue = ["10-first.lua": "return function() end"]

    init() throws { server = try RunningServer(policies: Self.policies) }

    /// Starts, in one go, as many as there are branches, none of which may be allowed. Answers their decisions' ids.
    @discardableResult
    private func deny(_ branches: [String], on other: RunningServer? = nil) throws -> [String] {
        let server = other ?? server
        let client = try server.connect()
        let ids = try branches.map {
            try client.request("session.start", server.shell("exit 0", ["branch": .string($0)]))
        }
        return try ids.map { id in
            do {
                _ = try client.answer(to: id)
                throw TimedOut("a refusal")
            } catch let refusal as Refusal {
                return refusal.data["decision_id"]?.string ?? ""
            }
        }
    }

    /// With members in byte order, as the log has them.
    private static func sorted(_ value: JSONValue) -> JSONValue {
        if let array = value.array { return .array(array.map(sorted)) }
        guard let members = value.object else { return value }
        return .object(
            members.map { JSONMember(name: $0.name, value: sorted($0.value)) }.sorted { $0.name < $1.name })
    }

    private func replay(_ params: JSONValue) throws -> JSONValue { try server.call("policy.replay", params) }

    @Test func aDecisionComesOutTheSameAlsoWhenItsPoliciesAreGone() throws {
        let allowed = try server.run("exit 0")["decision_id"]?.string ?? ""
        let ids = [allowed] + (try deny(["both", "named", "error", "hang"]))
        for name in Self.policies.keys { try server.removePolicy(name) }
        try server.savePolicy("10-first.lua", #"return function() deny("new", "x") end"#)
        try server.call("policy.reload")
        for id in ids {
            let recorded = try server.call("decision.get", ["id": .string(id)])["decision"]
            let answer = try server.call("decision.replay", ["id": .string(id)])
            #expect(answer["same"] == true, "\(answer.text)")
            for name in ["verdict", "policy_set", "policies", "failure", "request"] {
                #expect(answer["decision"]?[name].map(Self.sorted) == recorded?[name])
            }
            #expect(answer["recorded"] == recorded)
        }
        #expect(try server.refusal("decision.replay", ["id": "d-none"])?.code == -32004)
        #expect(try server.refusal("decision.replay")?.code == -32602)
    }

    @Test func aDecisionWithoutPoliciesComesOutTheSame() throws {
        let server = try RunningServer(policies: [:])
        let id = try #require(try server.refusal("session.start", server.shell("exit 0"))?.data["decision_id"])
        let answer = try server.call("decision.replay", ["id": id])
        #expect(answer["same"] == true && answer["decision"]?["verdict"] == "error", "\(answer.text)")
    }

    /// SPAWNGATE_REPLAY has the number where it is another.
    @Test(.timeLimit(.minutes(10))) func thousandsOfDecisionsComeOutTheSameTwice() throws {
        let count = Process.environment("SPAWNGATE_REPLAY").flatMap { Int64($0) } ?? 2000
        // With time enough for a machine that is busy with other tests: a decision that ran out of it is not one that
        // comes out the same.
        let server = try RunningServer(policies: Self.policies, arguments: ["--policy-timeout-ms", "10000"])
        for _ in 0..<count / 200 {
            try deny((0..<200).map { ["both", "named", "error", "both", "named"][$0 % 5] }, on: server)
        }
        let digest = JSONValue.string(try server.policySet() ?? "")
        let first = try server.call("policy.replay", ["policy_set": digest])
        let total = JSONValue.integer(count)
        #expect(first["total"] == total && first["same"] == total && first["reworded"] == 0, "\(first.text)")
        #expect(first["changed"] == [] && first["changed_total"] == 0)
        #expect(try server.call("policy.replay", ["policy_set": digest]) == first)
        let changed = try server.call("policy.replay", ["files": Self.allowAll])
        #expect(changed["changed_total"] == total && changed["changed"]?.array?.count == 1000)
        #expect(try server.call("policy.replay", ["files": Self.allowAll]) == changed)
        let numbers = changed["changed"]?.array?.compactMap { $0["seq"]?.int } ?? []
        let last = try #require(try server.call("decision.list", ["limit": 1])["decisions"]?.array?.first?["seq"]?.int)
        #expect(numbers == (0..<1000).map { last - $0 })
    }

    @Test func aCandidateShowsWhatItWouldChange() throws {
        let allowed = try server.run("exit 0")
        let ids = try ["both", "named", "error"].map { try deny([$0])[0] }
        let candidate = #"return function(request) if not request.branch then deny("branchless", "no branch") end end"#
        let answer = try replay(["files": ["10-first.lua": .string(candidate)]])
        #expect(answer["total"] == 4 && answer["same"] == 0 && answer["changed_total"] == 4)
        #expect(answer["allow_to_deny"] == 1 && answer["deny_to_allow"] == 3)
        let changed = try #require(answer["changed"]?.array)
        #expect(changed.map { $0["decision_id"]?.string } == ids.reversed() + [allowed["decision_id"]?.string])
        #expect(changed.map { $0["was"] } == ["error", "deny", "deny", "allow"])
        #expect(changed.map { $0["becomes"] } == ["allow", "allow", "allow", "deny"])
        #expect(
            changed.last?["denials"] == [["policy": "10-first", "rule": "branchless", "reason": "no branch"]])
        #expect(
            answer["by_rule"] == [
                ["name": "10-first/first-name", "allow_to_deny": 0, "deny_to_allow": 2],
                ["name": "10-first/second-name", "allow_to_deny": 0, "deny_to_allow": 2],
                ["name": "10-first/branchless", "allow_to_deny": 1, "deny_to_allow": 0],
                ["name": "20-second/(failed)", "allow_to_deny": 0, "deny_to_allow": 1],
                ["name": "20-second/other", "allow_to_deny": 0, "deny_to_allow": 1],
            ])
        #expect(answer["by_principal"] == [["name": "admin", "allow_to_deny": 1, "deny_to_allow": 3]])
        #expect(
            answer["by_directory"] == [["name": .string(server.workFolder), "allow_to_deny": 1, "deny_to_allow": 3]])
    }

    @Test func otherReasonsForTheSameVerdictAreCounted() throws {
        try deny(["both", "named"])
        let answer = try replay(["files": ["10-first.lua": #"return function() deny("x", "y") end"#]])
        #expect(answer["same"] == 2 && answer["reworded"] == 2 && answer["changed"] == [])
    }

    @Test func theFiltersOfDecisionListAndALimitHold() throws {
        _ = try server.run("exit 0")
        try deny(["both", "named", "error"])
        func total(_ filter: JSONValue) throws -> JSONValue? {
            try replay(filter.with("files", Self.allowAll))["total"]
        }
        #expect(try total([:]) == 4)
        #expect(try total(["verdict": "deny"]) == 2)
        #expect(try total(["rule": "other"]) == 1)
        #expect(try total(["policy": "10-first"]) == 2)
        #expect(try total(["policy": "10-first", "rule": "other"]) == 0)
        #expect(try total(["principal": "nobody"]) == 0)
        #expect(try total(["until": "2001-01-01T00:00:00.000Z"]) == 0)
        #expect(try total(["since": "2001-01-01T00:00:00.000Z"]) == 4)
        #expect(try total(["limit": 3]) == 3)
        let second = try server.call("decision.list", ["limit": 3])["next_cursor"] ?? .null
        #expect(try total(["cursor": second]) == 1)
    }

    @Test func aCandidateThatCannotBeUsedIsRefusedWithItsReason() throws {
        func refusal(_ params: JSONValue) throws -> Refusal? { try server.refusal("policy.replay", params) }
        let broken = try refusal(["files": ["10-a.lua": "return function(\nend end"]])
        #expect(broken?.code == -32602 && broken?.message.contains("10-a.lua:2: ") == true, "\(broken?.message ?? "")")
        let failing: JSONValue = ["10-a.lua": "return function() end", "tests/a_test.lua": #"denies(request{}, "x")"#]
        #expect(try refusal(["files": failing])?.message.contains("tests/a_test.lua:1") == true)
        for name in ["../10-a.lua", "lib/.a.lua", "10-a.txt", "/10-a.lua", "lib/a/b.lua"] {
            let odd = try refusal(["files": .object([JSONMember(name: name, value: "return function() end")])])
            #expect(odd?.code == -32602 && odd?.message.contains(name) == true, "\(name)")
        }
        #expect(try refusal([:])?.code == -32602)
        #expect(try refusal(["files": Self.allowAll, "policy_set": "x"])?.code == -32602)
        #expect(try refusal(["policy_set": "x"])?.code == -32004)
    }

    @Test func progressIsToldToWhoAsksForIt() throws {
        try deny((0..<40).map { _ in "named" })
        let client = try server.connect()
        let slow: JSONValue = ["10-a.lua": "return function() for _ = 1, 1e6 do end end"]
        try client.sendFrame(
            JSONValue.object([
                JSONMember(name: "jsonrpc", value: "2.0"), JSONMember(name: "id", value: "r"),
                JSONMember(name: "method", value: "policy.replay"),
                JSONMember(name: "params", value: ["files": slow, "progress": true]),
            ]).text)
        var told: [JSONValue] = []
        while let text = try client.readText() {
            let message = try JSONValue(text: text)
            if message["id"] == "r" { break }
            told.append(message)
        }
        #expect(!told.isEmpty)
        #expect(told.allSatisfy { $0["method"] == "policy.replay.progress" })
        let done = told.compactMap { $0["params"]?["done"]?.int }
        #expect(done == done.sorted() && done.last ?? 41 <= 40)
        #expect(told.last?["params"]?["total_estimate"] == 40)
    }

    @Test func replaysAreLimitedAndEndWithTheirConnection() throws {
        try deny((0..<400).map { _ in "named" })
        // Each decision takes its whole limit: to the end, such a replay would take longer than a test waits.
        let slow: JSONValue = ["files": ["10-a.lua": "return function() while true do end end"], "progress": true]
        var clients: [FrameClient] = []
        for _ in 0..<2 {
            clients.append(try server.connect())
            _ = try clients.last?.request("policy.replay", slow)
        }
        let third = slow.with("limit", 1).with("progress", nil)
        try Waiting.until("two replays") { try server.refusal("policy.replay", third)?.code == -32029 }
        // Meanwhile everybody else is served.
        #expect(try server.call("policy.check", server.shell("exit 0"))["verdict"] == "allow")
        clients = []
        try Waiting.until("room for a replay") {
            try server.refusal("policy.replay", ["files": Self.allowAll]) == nil
        }
    }

    @Test func aCandidateTooLargeForOneRequestIsSaidBeforeItIsSent() throws {
        let text = "-- " + String(repeating: "long ", count: 80_000) + "\nreturn function() end"
        for number in 0..<3 { try server.folder.write("large/\(number).lua", text) }
        let folder = "\(server.folder.path)/large"
        func run(_ server: RunningServer, _ arguments: [String]) throws -> CommandRun {
            try CommandRun(
                "spawngate", ["policy"] + arguments,
                environment: ["SPAWNGATE_SERVER=127.0.0.1:\(server.port)", "SPAWNGATE_STATE=\(server.stateFolder)"])
        }
        for arguments in [["replay", "--candidate", folder], ["shadow", folder]] {
            let refused = try run(server, arguments)
            #expect(refused.status == 1 && refused.output.isEmpty)
            let sentence = refused.errors
            #expect(sentence.contains(folder) && sentence.contains("at most 1048576"), "\(sentence)")
            #expect(sentence.contains("spawngate serve --max-frame-bytes 1"), "\(sentence)")
            #expect(sentence.split(separator: "\n").count == 1, "\(sentence)")
        }
        // And that is the remedy.
        let larger = try RunningServer(policies: Self.policies, arguments: ["--max-frame-bytes", "4194304"])
        let replayed = try run(larger, ["replay", "--candidate", folder])
        #expect(replayed.status == 0 && replayed.output.hasPrefix("0 decisions"), "\(replayed.errors)")
        #expect(try run(larger, ["shadow", folder]).status == 0)
    }

    @Test func theCommandsSayWhatWouldChange() throws {
        let ids = try deny(["named", "error"])
        let environment = ["SPAWNGATE_SERVER=127.0.0.1:\(server.port)", "SPAWNGATE_STATE=\(server.stateFolder)"]
        func run(_ arguments: String...) throws -> CommandRun {
            try CommandRun("spawngate", arguments, environment: environment)
        }
        let same = try run("policy", "replay", "--candidate", server.policyFolder)
        #expect(same.status == 0 && same.output == "2 decisions judged again: no verdict changes.\n", "\(same.errors)")
        try server.folder.write("new/10-first.lua", "return function() end")
        let new = try run("policy", "replay", "--candidate", "\(server.folder.path)/new")
        #expect(new.status == 1 && new.errors.isEmpty, "\(new.errors)")
        for word in ["2 from deny to allow", "10-first/first-name", "admin", server.workFolder, ids[0], ids[1]] {
            #expect(new.output.contains(word), "\(word)")
        }
        let folder = "\(server.folder.path)/new"
        let json = try run("policy", "replay", "--candidate", folder, "--json", "--verdict", "deny")
        #expect(json.status == 1)
        #expect(try JSONValue(text: json.output)["total"] == 1)
        #expect(try run("policy", "replay").status == 2)
        #expect(try run("policy", "replay", "--candidate", "/no/where").errors.contains("/no/where"))
        let one = try run("decision", "replay", ids[0])
        #expect(one.status == 0 && one.output.contains("It comes out as it was recorded."), "\(one.errors)")
    }
}
