import Platform
import Testing

/// The agent is confined before its program runs, or its program does not run.
@Suite struct ConfinementTests {
    private static let options = ["--landlock-abi", "7"]
    private static let badDescriptor: Int32 = 9
    private static let badDescriptorState: Int32 = 77
    private static let invalidArgument: Int32 = 22

    // What is opened here is handed over, so the low numbers must be taken before.
    init() { _ = builtShim }

    @Test func aConfinedAgentIsSaidToBe() throws {
        let ruleset = try Landlock.Ruleset()
        let run = try ShimRun(
            try shell("echo x 2> /dev/null > here || echo denied >&1"), options: Self.options,
            ruleset: ruleset.descriptor.number)
        // The number alone does not keep it open.
        _ = try ruleset.descriptor.status()
        #expect(try run.end() == "ended code=0 signal=- stop=0 timeout=0")
        #expect(try run.startSlot()?.contains(" landlock=7") == true)
        #expect(try run.stdout() == Array("denied\n".utf8))
        #expect(throws: SystemError.self) { try File.status(of: "\(run.folder)/here") }
    }

    @Test func anUnconfinedAgentIsNotSaidToBe() throws {
        let run = try ShimRun(try shell("exit 0"))
        _ = try run.end()
        #expect(try run.startSlot()?.contains("landlock") == false)
    }

    @Test func withoutItsRulesetNothingRuns() throws {
        // A folder, a file and nothing at all are no rulesets.
        let folder = try ResolvedPath(opening: "/")
        let null = try File.open("/dev/null", .readWrite(create: false, truncate: false))
        let cases: [(ruleset: Int32?, code: Int32, words: String)] = [
            (folder.handle.number, Self.badDescriptor, " unconfined=1"),
            (null.number, Self.badDescriptorState, " unconfined=1"), (nil, Self.badDescriptor, ""),
        ]
        for (ruleset, code, words) in cases {
            let run = try ShimRun(try shell("echo ran"), options: Self.options, ruleset: ruleset)
            #expect(try run.notice() == .failed(code))
            #expect(try run.end() == nil)
            #expect(try run.startSlot() == "failed errno=\(code)\(words)")
            #expect(try run.stdout().isEmpty)
        }
        _ = try (folder.handle.status(), null.status())
    }

    @Test(
        arguments: [
            ("no_new_privs", 22), ("capset", 1), ("landlock_restrict_self", 1), ("landlock_restrict_self", 7),
            ("seccomp", 22), ("seccomp", 38),
        ] as [(String, Int32)])
    func aStepThatTheKernelRefusesStopsTheStart(call: String, code: Int32) throws {
        let ruleset = try Landlock.Ruleset()
        let probe = File.parent(of: builtShim) + "/spawngate-probe"
        let run = try ShimRun(
            try shell("echo ran"), options: Self.options, ruleset: ruleset.descriptor.number,
            launcher: [probe, "fault", call, "\(code)"])
        _ = try ruleset.descriptor.status()
        #expect(try run.notice() == .failed(code))
        #expect(try run.end() == nil)
        #expect(try run.stdout().isEmpty)
    }

    @Test(arguments: ["0", "", "x", "-1"]) func withoutAnABINothingRuns(abi: String) throws {
        let run = try ShimRun(try shell("exit 0"), options: ["--landlock-abi", abi])
        #expect(try run.notice() == .failed(Self.invalidArgument))
    }
}
