import Platform
import TestSupport
import Testing
import Wire

/// A kernel that cannot hold a session, or refuses a step of it, starts nothing. The table of what a session that is
/// held may do is what is measured; and it can do nothing to the server and to others.
@Suite(.timeLimit(.minutes(5))) struct EnforcementFaultTests {
    private static let probe = BuiltPrograms.path("spawngate-probe")

    @Test(
        arguments: [
            ("landlock_create_ruleset", 38), ("landlock_create_ruleset", 95), ("landlock_add_rule", 1),
            ("landlock_restrict_self", 1), ("landlock_restrict_self", 7), ("capset", 1),
        ])
    func whereTheKernelRefusesNothingRuns(call: String, code: Int) throws {
        let server = try RunningServer(launcher: [Self.probe, "fault", call, "\(code)"])
        for number in 0..<3 {
            let refusal = try #require(try server.refusal("session.start", server.shell("touch ran-\(number)")))
            #expect(refusal.code == -32050)
            #expect(refusal.message.hasPrefix("Failed to start session: "))
            let id = try #require(refusal.data["session_id"])
            let record = try server.call("session.get", ["id": id])
            #expect(record["status"] == "failed" && record["enforcement"] == ["level": "none", "abi": nil])
            #expect(record["pid"] == .null && record["exit_code"] == .null)
        }
        #expect(try File.list(server.workFolder).isEmpty)
    }

    @Test func aKernelWithoutLandlockIsSaidOnceAndClearly() throws {
        let server = try RunningServer(launcher: [Self.probe, "fault", "landlock_create_ruleset", "38"])
        #expect(server.log.contains("nothing can be started: this kernel cannot hold a session to its write roots"))
        let info = try server.call("server.info")
        #expect(info["enforcement"] == ["setting": "required", "level": "none", "abi": nil])
        let refusal = try server.refusal("session.start", server.shell("exit 0"))
        #expect(
            refusal?.message
                == "Failed to start session: this kernel cannot hold a session to its write roots (Landlock ABI 6 "
                + "is needed, it has none), and the server runs with --enforcement required")
        let seen = try server.call("policy.check", server.shell("exit 0"))
        #expect(seen["request"]?["enforcement"] == ["available": false])
    }

    @Test(arguments: [("required", 28), ("off", 1)])
    func aSessionCannotReachTheServerAShimOrAnotherSession(setting: String, rounds: Int) throws {
        let server = try RunningServer(arguments: ["--enforcement", setting])
        let other = try server.start("echo ready; sleep 1000")
        try server.waitForOutput("ready", of: other)
        let targets = [
            server.pid, try #require(server.shim(of: other)), try #require(other["pid"]?.int.map(Int32.init)),
        ]
        let attacker = try server.call(
            "session.start",
            server.shell("").with([
                "command": .string(Self.probe),
                "args": .array((["attack", "\(rounds)"] + targets.map { "\($0)" }).map(JSONValue.string)),
            ]))
        #expect(try server.wait(attacker)["exit_code"] == 0)
        let said = try server.output(of: attacker)
        if setting == "required" {
            #expect(said == "0 of 1008 attacks succeeded\n")
        } else {
            #expect(!said.hasPrefix("0 of"), "the attacks can succeed")
        }
        #expect(try server.call("session.get", ["id": other["id"] ?? .null])["status"] == "running")
        try server.call("server.ping")
    }

    @Test func whatIsMeasuredIsTheTable() throws {
        let run = try CommandRun("spawngate", ["doctor", "--enforcement", "--json"], milliseconds: 100_000)
        let found = try JSONValue(text: run.output)
        let attempts = found["attempts"]?.array ?? []
        let differing = attempts.filter { $0["outcome"] != $0["expected"] && $0["outcome"] != "absent" }
        #expect(differing.isEmpty, "\(differing.map(\.text))")
        #expect(run.status == 0 && found["differences"] == 0, "\(run.errors)")
        let names = Set(attempts.compactMap { $0["attempt"]?.string })
        #expect(names.count >= 60)
        #expect(attempts.count == names.count * (Process.userIdentifier == 0 ? 4 : 2))
    }
}
