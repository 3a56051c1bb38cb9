import TestSupport
import Testing
import Wire

/// Unless every policy says yes, no.
@Suite(.timeLimit(.minutes(5))) struct PolicyVerdictTests {
    private static let yes = "return function(request) end"

    private func refusal(_ server: RunningServer) throws -> Refusal {
        try #require(try server.refusal("session.start", server.shell("exit 0")))
    }

    private func failure(_ policies: [String: String], _ arguments: [String] = []) throws -> (Refusal, String) {
        let server = try RunningServer(policies: policies, arguments: arguments)
        let refusal = try refusal(server)
        #expect(refusal.code == -32011)
        #expect(refusal.data.names == ["status", "decision_id", "failures"])
        #expect(refusal.data["status"] == 403)
        #expect(try server.call("server.info")["counts"]?["sessions"] == 0)
        let decision = try server.call("decision.get", ["id": refusal.data["decision_id"] ?? .null])
        #expect(decision["decision"]?["verdict"] == "error")
        let failures = refusal.data["failures"]?.array ?? []
        #expect(failures.allSatisfy { $0.names == ["policy", "reason"] })
        return (refusal, failures.compactMap { $0["reason"]?.string }.joined(separator: "; "))
    }

    @Test func everyObjectionIsToldThoughAnEarlierPolicyDenied() throws {
        let server = try RunningServer(policies: [
            "10-first.lua": #"return function(r) deny("a", "name is %s", r.name); deny("b") end"#,
            "20-content.lua": Self.yes,
            "30-last.lua": #"return { name = "last", decide = function() deny("c", "%d %%", 5) end }"#,
        ])
        let refusal = try refusal(server)
        #expect(refusal.code == -32010)
        #expect(refusal.message == "Denied by policy.")
        #expect(refusal.data.names == ["status", "decision_id", "denials"])
        let denials = refusal.data["denials"]?.array ?? []
        #expect(denials.map { $0["policy"] } == ["10-first", "10-first", "last"])
        #expect(denials.map { $0["rule"] } == ["a", "b", "c"])
        #expect(denials.first?["reason"] == "name is test")
        #expect(denials.last?["reason"] == "5 %")
        #expect(try server.call("server.info")["counts"]?["sessions"] == 0)
    }

    @Test func aFailureOutweighsADenialAndBothAreKept() throws {
        let server = try RunningServer(policies: [
            "10-deny.lua": #"return function() deny("a", "x") end"#,
            "20-broken.lua": "return function() error('oh') end",
            "30-allow.lua": Self.yes,
        ])
        let refusal = try refusal(server)
        #expect(refusal.code == -32011)
        #expect(refusal.data["failures"]?.array?.count == 1)
        let decision = try server.call("decision.get", ["id": refusal.data["decision_id"] ?? .null])
        let policies = decision["decision"]?["policies"]?.array ?? []
        #expect(policies.map { $0["verdict"] } == ["deny", "error", "allow"])
        #expect(policies.first?["denials"] == [["reason": "x", "rule": "a"]])
    }

    @Test func withoutAPolicyNothingStarts() throws {
        let (_, reason) = try failure([:])
        #expect(reason == "the policy folder holds no policy")
        let (_, onlyLibrary) = try failure(["lib/site.lua": "return {}", "notes.txt": "x"])
        #expect(onlyLibrary == "the policy folder holds no policy")
    }

    @Test(arguments: [
        ("does not compile", "return function(request) if end", "10-bad.lua:1: "),
        ("fails when it is loaded", "error('no')", "10-bad.lua:1: no"),
        ("returns no function", "return 7", "10-bad.lua"),
        ("requires what is not there", "local x = require 'lib.none' return function() end", "lib.none"),
        ("reaches for the system", "os.exit() return function() end", "os"),
    ])
    func aSetThatDoesNotLoadAllowsNothing(what: String, text: String, reason: String) throws {
        let (_, failures) = try failure(["00-allow.lua": Self.yes, "10-bad.lua": text])
        #expect(failures.contains(reason), "\(what): \(failures)")
    }

    @Test(arguments: [
        ("an error", "error('oh')", "10-bad.lua:1: oh"),
        ("an index of nil", "local x = request.no.such", "10-bad.lua:1: "),
        ("a write to the request", "request.name = 'x'", "read-only"),
        ("a return value", "return true", "decide must return nothing"),
        ("a wrong denial", "deny({})", "10-bad.lua:1"),
        ("too much memory", "local t = {} for i = 1, 1e9 do t[i] = {} end", "16 MiB of memory"),
        (
            "memory behind pcall", "pcall(function() local s = ('x'):rep(1 << 20) while true do s = s .. s end end)",
            "memory"
        ),
    ])
    func aPolicyThatFailsAllowsNothing(what: String, body: String, reason: String) throws {
        let (_, failures) = try failure(
            ["00-allow.lua": Self.yes, "10-bad.lua": "return function(request) \(body) end"],
            ["--policy-timeout-ms", "10000"])
        #expect(failures.contains(reason), "\(what): \(failures)")
    }

    @Test(arguments: [
        "while true do end", "while true do pcall(error) end", "(('a'):rep(1000)):find(('a-'):rep(20) .. 'b')",
        "(''):rep(math.maxinteger)", "repeat until false",
    ])
    func aPolicyThatTakesTooLongIsEndedWhereverItHangs(body: String) throws {
        let begin = Waiting.now
        let (refusal, failures) = try failure([
            "00-allow.lua": Self.yes, "10-bad.lua": "return function(request) local _ = (function() \(body) end)() end",
            "20-after.lua": Self.yes,
        ])
        #expect(failures.contains("it took longer than 100 ms"), "\(failures)")
        #expect(refusal.data["failures"]?.array?.first?["policy"] == "10-bad")
        #expect((Waiting.now - begin) / 1_000_000 < 5000)
    }

    @Test func theLimitsAreTheConfiguredOnes() throws {
        let (_, time) = try failure(
            ["10-bad.lua": "return function() while true do end end"], ["--policy-timeout-ms", "20"])
        #expect(time.contains("it took longer than 20 ms"))
        let (_, memory) = try failure(
            ["10-bad.lua": "return function() return #('x'):rep(3 << 20) end"], ["--policy-memory-bytes", "2097152"])
        #expect(memory.contains("memory"))
    }

    @Test func nothingIsKeptBetweenDecisions() throws {
        let server = try RunningServer(policies: [
            "10-counts.lua": """
            local seen = 0
            return function(request)
              seen = seen + 1
              if seen > 1 then deny("memory", "seen %d", seen) end
            end
            """
        ])
        for _ in 0..<20 { #expect(try server.run("exit 2")["exit_code"] == 2) }
    }

    @Test func aPolicyThatHangsEndsWithItsServer() throws {
        let server = try RunningServer(
            policies: ["10-bad.lua": "return function() while true do end end"],
            arguments: ["--policy-timeout-ms", "10000"])
        let workers = ProcessFacts(pid: server.pid).children
        _ = try server.connect().request("policy.check", server.shell("exit 0"))
        // The first ticks are those of loading.
        let before = workers.map { ProcessFacts(pid: $0).processorTicks ?? 0 }
        try Waiting.until("a worker at its endless loop") {
            zip(workers, before).contains { (ProcessFacts(pid: $0).processorTicks ?? 0) > $1 + 5 }
        }
        try server.kill9()
        for worker in workers { try Waiting.untilGone(pid: worker, milliseconds: 5_000) }
    }

    @Test func othersAreServedWhileAPolicyHangs() throws {
        let server = try RunningServer(policies: ["10-bad.lua": "return function() while true do end end"])
        let asker = try server.connect()
        let requests = try (0..<40).map { _ in try asker.request("policy.check", server.shell("exit 0")) }
        let other = try server.connect()
        var latencies: [Int64] = []
        let end = Waiting.now + 600_000_000
        while Waiting.now < end {
            let begin = Waiting.now
            _ = try other.refusal("session.get", ["id": "none"])
            latencies.append(Waiting.now - begin)
        }
        latencies.sort()
        // Who waits for the policies waits for 100 ms. The highest percentiles are the machine's, which other tests use too.
        #expect(latencies[latencies.count / 2] < 50_000_000, "the median of \(latencies.count)")
        for request in requests { #expect(try asker.answer(to: request)["verdict"] == "error") }
    }
}
