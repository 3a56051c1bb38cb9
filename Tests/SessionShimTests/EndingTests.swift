import Platform
import TestSupport
import Testing

@Suite struct EndingTests {
    @Test(arguments: [0, 1, 127, 255])
    func anExitCodeComesBackExactly(code: Int) throws {
        let run = try ShimRun(try shell("exit \(code)"))
        #expect(try run.end() == "ended code=\(code) signal=- stop=0 timeout=0")
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 29, 30, 31, 34, 64])
    func aFatalSignalComesBackExactly(signal: Int) throws {
        let run = try ShimRun([try File.realPath("/bin/sh"), "-c", "ulimit -c 0; kill -\(signal) $$"])
        #expect(try run.end() == "ended code=- signal=\(signal) stop=0 timeout=0")
    }

    @Test func aStopEndsEveryProcessOfTheTree() throws {
        let run = try ShimRun(
            try shell(
                """
                sleep 20 & setsid sleep 20 & nohup sleep 20 &
                (setsid sh -c 'sleep 20 & sleep 20' &)
                bash -c 'trap "" TERM HUP INT; echo ready >&0; while :; do sleep 20; done' <&0 &
                wait
                """))
        #expect(try run.hear() == "ready\n")
        try run.shim.signal(Process.terminate, value: 50)
        #expect(try run.end() == "ended code=- signal=15 stop=1 timeout=0")
        #expect(try run.everyoneIsGone())
    }

    @Test func whatAnAgentLeavesRunningIsEndedAndDoesNotCountAsAStop() throws {
        let run = try ShimRun(
            try shell("(trap '' TERM; setsid sleep 20 <&0 & sleep 20) <&0 & exit 4"),
            options: ["--grace-ms", "50"])
        #expect(try run.end() == "ended code=4 signal=- stop=0 timeout=0")
        #expect(try run.everyoneIsGone())
    }

    @Test func anAgentThatHeedsTheStopKeepsItsExitCode() throws {
        let run = try ShimRun(try shell("trap 'exit 42' TERM; echo ready >&0; while :; do sleep 0.01; done"))
        _ = try run.hear()
        try run.shim.signal(Process.terminate, value: 20_000)
        #expect(try run.end() == "ended code=42 signal=- stop=1 timeout=0")
    }

    @Test func aStoppedProcessHearsTheStop() throws {
        let run = try ShimRun(try shell("(kill -STOP $$; echo ready >&0) <&0 & wait"))
        _ = try run.hear()
        try run.shim.signal(Process.terminate, value: 5_000)
        #expect(try run.end() == "ended code=- signal=15 stop=1 timeout=0")
    }

    // The agents of the next two end by themselves, with an exit code, before a grace that is not the expected one.
    @Test func aSecondStopWithLessGraceShortensTheFirst() throws {
        let run = try ShimRun(
            try shell("trap 'echo heard >&0' TERM; echo ready >&0; for i in {1..300}; do sleep 0.01; done"))
        _ = try run.hear()
        try run.shim.signal(Process.terminate, value: 20_000)
        #expect(try run.hear() == "heard\n")
        try run.shim.signal(Process.terminate, value: 10)
        #expect(try run.end() == "ended code=- signal=9 stop=1 timeout=0")
    }

    @Test func aPlainTerminateStopsWithTheSessionsOwnGrace() throws {
        let run = try ShimRun(
            try shell("trap '' TERM; echo ready >&0; for i in {1..300}; do sleep 0.01; done"),
            options: ["--grace-ms", "10"])
        _ = try run.hear()
        try run.shim.signal(Process.terminate)
        #expect(try run.end() == "ended code=- signal=9 stop=1 timeout=0")
    }

    @Test func aStopBeforeTheAgentRunsIsNotLost() throws {
        for _ in 0..<20 {
            let run = try ShimRun([try File.realPath("/bin/sleep"), "20"])
            try run.shim.signal(Process.terminate, value: 20_000)
            #expect(try run.end() == "ended code=- signal=15 stop=1 timeout=0")
        }
    }

    @Test func aSessionIsStoppedWhenItsTimeIsOver() throws {
        let run = try ShimRun([try File.realPath("/bin/sleep"), "20"], options: ["--timeout-ms", "20"])
        #expect(try run.end() == "ended code=- signal=15 stop=1 timeout=1")
    }

    @Test func aKilledShimTakesItsAgentWithItAndInventsNoEnd() throws {
        let run = try ShimRun(try shell("read -r -t 5 <&0; echo survived >&0"))
        _ = try run.notice()
        #expect(try run.lockIsHeld())
        try run.shim.signal(Process.kill)
        #expect(try run.end() == nil)
        #expect(try run.hear() == "", "the agent's side is closed by its death")
        #expect(try !run.lockIsHeld())
    }

    @Test(.enabled(if: Process.userIdentifier == 0, "changes the user, so that a limit of processes holds"))
    func aForkBombIsEnded() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let shim = folder.path + "/spawngate-shim"
        try writeProgram(shim, try File.read(builtShim, bytesMax: 8 << 20))
        let run = try ShimRun(
            try shell("trap '' TERM; echo ready >&0; bomb() { while :; do bomb <&0 & done; }; bomb 2>&-"),
            launcher: [
                "/usr/bin/setpriv", "--reuid", "64999", "--clear-groups", "/usr/bin/prlimit", "--nproc=100",
            ],
            program: shim)
        _ = try run.hear()
        try run.shim.signal(Process.terminate, value: 100)
        #expect(try run.end() == "ended code=- signal=9 stop=1 timeout=0")
        #expect(try run.everyoneIsGone())
    }
}
