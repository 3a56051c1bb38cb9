import Glibc
import Platform
import TestSupport
import Testing
import Wire

/// Two sets that say the contrary of each other are swapped while starts come: each decision is of one of them.
@Suite(.timeLimit(.minutes(10))) struct ContradictingSetsTests {
    private static let policies = 200

    /// Set A allows the branch "x" and denies "y" in each of its policies and by a marker in its library; B the contrary.
    private static func files(_ set: String) -> [String: String] {
        var files = ["lib/marker.lua": #"return { set = "\#(set)", denied = "\#(set == "a" ? "y" : "x")" }"#]
        for number in 0..<policies {
            files["\(1000 + number).lua"] = """
                local marker = require "lib.marker"
                return function(request)
                  if request.branch == "\(set == "a" ? "y" : "x")" then deny("\(set)-\(number)", "%s", marker.set) end
                  if request.branch == "lib" then deny("lib-" .. marker.set, "%s", marker.denied) end
                end
                """
        }
        return files
    }

    let server: RunningServer

    /// The folder as a deployment leaves it that swaps in one instant: each file is a link through `..data`.
    init() throws {
        server = try RunningServer(policies: [:])
        for set in ["a", "b"] {
            for (name, text) in Self.files(set) { try server.folder.write("policies/..\(set)/\(name)", text) }
        }
        try point(to: "a")
        for name in Self.files("a").keys where !name.contains("/") {
            symlink("..data/\(name)", "\(server.policyFolder)/\(name)")
        }
        symlink("..data/lib", "\(server.policyFolder)/lib")
        let list = try server.call("policy.reload")
        #expect(list["error"] == .null && list["policies"]?.array?.count == Self.policies)
    }

    private func point(to set: String) throws {
        symlink("..\(set)", "\(server.policyFolder)/..next")
        try File.rename("\(server.policyFolder)/..next", to: "\(server.policyFolder)/..data")
    }

    /// The one set that a decision is of; its policies, their digests and what they said are all of that set.
    private func set(of decision: JSONValue, branch: String, _ digests: [String: [JSONValue]]) -> String {
        let policies = decision["policies"]?.array ?? []
        let set = digests.first { $0.value == policies.map { $0["digest"] ?? .null } }?.key
        guard let set, policies.count == Self.policies else { return "a mixture" }
        let rules = policies.enumerated().flatMap { number, policy in
            (policy["denials"]?.array ?? []).map {
                "\(number) \($0["rule"]?.string ?? "") \($0["reason"]?.string ?? "")"
            }
        }
        let isDenied = branch == (set == "a" ? "y" : "x")
        let expected: [String] =
            switch branch {
            case "lib": (0..<Self.policies).map { "\($0) lib-\(set) \(set == "a" ? "y" : "x")" }
            default: isDenied ? (0..<Self.policies).map { "\($0) \(set)-\($0) \(set)" } : []
            }
        let verdict: JSONValue = branch == "lib" || isDenied ? "deny" : "allow"
        return rules == expected && decision["verdict"] == verdict ? set : "a mixture"
    }

    @Test func noStartIsJudgedByAMixtureAndEachSwapIsInForceWithinASecond() throws {
        let swaps = Process.environment("SPAWNGATE_SWAPS").flatMap { Int($0) }
        var digests: [String: [JSONValue]] = [:]
        for set in ["b", "a"] {
            try point(to: set)
            digests[set] = try server.call("policy.reload")["policies"]?.array?.map { $0["digest"] ?? .null }
        }
        #expect(digests["a"] != digests["b"])
        let checker = try server.connect()
        let starter = try server.connect()
        var seen: [String: Int] = [:]
        var slowest: Int64 = 0
        for round in 0..<(swaps ?? 4) {
            let branches = ["x", "y", "lib"]
            let next = round % 2 == 0 ? "b" : "a"
            func ask(_ count: Int) throws -> [(branch: String, check: Int64, start: Int64)] {
                try (0..<count).map { number in
                    let branch = branches[number % 3]
                    let params = server.shell("exit 0", ["branch": .string(branch)])
                    return (
                        branch, try checker.request("policy.check", params),
                        try starter.request("session.start", params)
                    )
                }
            }
            var asked = try ask(6)
            let began = Waiting.now
            try point(to: next)
            asked += try ask(12)
            // Nobody asks for the reload: the folder is watched.
            try Waiting.until("set \(next)") {
                asked += try ask(3)
                return try server.call("policy.list")["policies"]?.array?.first?["digest"] == digests[next]?.first
            }
            slowest = max(slowest, Waiting.now - began)
            for (branch, check, start) in asked {
                let checked = try checker.answer(to: check)
                let ofCheck = set(of: checked, branch: branch, digests)
                #expect(ofCheck != "a mixture", "\(branch): \(checked.text.prefix(2000))")
                seen["\(ofCheck) \(branch)", default: 0] += 1
                let id: JSONValue
                do { id = try starter.answer(to: start)["decision_id"] ?? .null } catch let refusal as Refusal {
                    id = refusal.data["decision_id"] ?? .null
                }
                let decision = try server.call("decision.get", ["id": id])["decision"] ?? .null
                let ofStart = set(of: decision, branch: branch, digests)
                #expect(ofStart != "a mixture", "\(branch): \(decision.text.prefix(2000))")
            }
        }
        #expect(Set(seen.keys).count == 6, "each set has judged each branch: \(seen)")
        // Where other tests run beside it, the second is not for these alone.
        let limit: Int64 = swaps == nil ? 5000 : 1000
        #expect(slowest / 1_000_000 < limit, "\(Self.policies) policies in force after \(slowest / 1_000_000) ms")
    }
}
