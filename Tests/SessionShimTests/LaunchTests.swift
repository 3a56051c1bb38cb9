import Platform
import TestSupport
import Testing

@Suite struct LaunchTests {
    private static let noExecFormat: Int32 = 8
    private static let accessDenied: Int32 = 13
    private static let invalidArgument: Int32 = 22
    private static let tooManyLinks: Int32 = 40

    @Test func aStartIsNoticedAndWrittenDown() throws {
        let run = try ShimRun(try shell("exit 0"))
        let notice = try run.notice()
        #expect(notice.token == .max && notice.kind == 1)
        let slot = try #require(try run.startSlot())
        #expect(slot.hasPrefix("started pid=\(notice.value) start_ticks="))
        #expect(slot.hasSuffix(" shim=\(run.shim.pid)"))
        _ = try run.end()
    }

    @Test func aProgramThatCannotRunLeavesTheReasonAndNoEnd() throws {
        let folder = try TemporaryFolder()
        try writeProgram("\(folder.path)/text", Array("neither".utf8))
        try writeProgram("\(folder.path)/orphan", Array("#!/nonexistent\n".utf8))
        let cases: [(path: String, exec: String, code: Int32)] = [
            ("\(folder.path)/text", "handle", Self.noExecFormat), ("\(folder.path)/text", "path", Self.noExecFormat),
            (folder.path, "handle", Self.accessDenied), ("\(folder.path)/orphan", "path", SystemError.noEntry),
        ]
        for (path, exec, code) in cases {
            let run = try ShimRun([path], by: exec)
            #expect(try run.notice() == .failed(code))
            #expect(try run.end() == nil)
            #expect(try run.startSlot() == "failed errno=\(code)")
        }
    }

    @Test func aScriptSwappedSinceItWasJudgedDoesNotRun() throws {
        let folder = try TemporaryFolder()
        try writeProgram("\(folder.path)/script", Array("#!/bin/sh\nexit 9\n".utf8))
        let judged = try ResolvedPath(opening: "\(folder.path)/script")
        let unchanged = try ShimRun(["\(folder.path)/script"], by: "path", judged: judged)
        #expect(try unchanged.end() == "ended code=9 signal=- stop=0 timeout=0")

        try File.replace("\(folder.path)/script", with: Array("#!/bin/sh\nexit 8\n".utf8), permissions: 0o755)
        let swapped = try ShimRun(["\(folder.path)/script"], by: "path", judged: judged)
        #expect(try swapped.notice() == .failed(SystemError.staleHandle))

        try File.remove("\(folder.path)/script")
        let removed = try ShimRun(["\(folder.path)/script"], by: "path", judged: judged)
        #expect(try removed.notice() == .failed(SystemError.noEntry))

        let link = try ShimRun(["/proc/self/exe"], by: "path", judged: judged)
        #expect(try link.notice() == .failed(Self.tooManyLinks))
    }

    @Test func aProgramSwappedSinceItWasJudgedStillRunsAsJudged() throws {
        let folder = try TemporaryFolder()
        try writeProgram("\(folder.path)/program", try File.read("/bin/true", bytesMax: 1 << 20))
        let judged = try ResolvedPath(opening: "\(folder.path)/program")
        try File.replace(
            "\(folder.path)/program", with: try File.read("/bin/false", bytesMax: 1 << 20), permissions: 0o755)
        let run = try ShimRun(["\(folder.path)/program"], judged: judged)
        #expect(try run.end() == "ended code=0 signal=- stop=0 timeout=0")
    }

    @Test func theAgentGetsThreeDescriptorsAndNoOther() throws {
        let run = try ShimRun([try File.realPath("/bin/ls"), "/proc/self/fd"])
        _ = try run.end()
        // The fourth is the folder that ls reads.
        #expect(String(decoding: try run.stdout(), as: UTF8.self) == "0\n1\n2\n3\n")
    }

    @Test func theAgentBeginsWithDefaultSignalsAndWithoutNewPrivileges() throws {
        let run = try ShimRun([try File.realPath("/bin/cat"), "/proc/self/status"])
        _ = try run.end()
        let status = String(decoding: try run.stdout(), as: UTF8.self)
        for name in ["SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt"] {
            #expect(status.contains("\(name):\t0000000000000000\n"))
        }
        #expect(status.contains("NoNewPrivs:\t1\n"))
    }

    @Test func theAgentLeadsItsOwnSessionInItsFolderWithItsEnvironment() throws {
        let run = try ShimRun(
            try shell(#"read -r -a field < /proc/$$/stat; echo $(( field[5] == $$ )) "$PWD" "$ONLY" "$HOME""#),
            environment: ["ONLY=this"])
        _ = try run.end()
        #expect(String(decoding: try run.stdout(), as: UTF8.self) == "1 \(run.folder) this \n")
    }

    @Test func aLongPromptArrivesWhole() throws {
        let prompt = Array("--dangerous ".utf8) + (try Randomness.bytes(200_000))
        let run = try ShimRun([try File.realPath("/bin/cat")], prompt: prompt)
        _ = try run.end()
        #expect(try run.stdout() == prompt)
    }

    @Test(arguments: [["--unknown", "1"], ["--timeout-ms", "-1"], ["--timeout-ms", ""], ["--exec", "shell"]])
    func anOptionItDoesNotUnderstandStartsNothing(options: [String]) throws {
        let run = try ShimRun(try shell("exit 0"), options: options)
        #expect(try run.notice() == .failed(Self.invalidArgument))
    }

    @Test func startedByHandItSaysSo() throws {
        let null = try File.open("/dev/null", .readWrite(create: false, truncate: false))
        let shim = try ChildProcess(
            path: builtShim, arguments: ["spawngate-shim"], environment: [],
            descriptors: [null.number, null.number, null.number])
        #expect(try shim.waitForEnd() == .exited(code: 2))
    }
}
