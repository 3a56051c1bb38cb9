import Platform
import TestSupport
import Testing
import Wire

/// A session outlives the server, and what it came to is told truly.
@Suite(.timeLimit(.minutes(5))) struct RestartTests {
    let server: RunningServer

    init() throws { server = try RunningServer() }

    enum End: CaseIterable { case terminated, killed }

    private func down(_ end: End) throws {
        if end == .terminated { try server.terminate() } else { try server.kill9() }
    }

    private func get(_ record: JSONValue) throws -> JSONValue {
        try server.call("session.get", ["id": record["id"] ?? .null])
    }

    @Test(arguments: End.allCases)
    func aRunningSessionIsFoundAgainAndLosesNoByte(end: End) throws {
        let record = try server.start("echo one; \(RunningServer.untilToldToGoOn); echo two; exit 9")
        try server.waitForOutput("one", of: record)
        try down(end)
        #expect(ProcessFacts(pid: Int32(try #require(record["pid"]?.int))).isRunning)
        try server.start()
        let found = try get(record)
        #expect(found["status"] == "running")
        #expect(found["pid"] == record["pid"])
        #expect(try server.call("server.info")["counts"]?["sessions_running"] == 1)
        try server.tellToGoOn()
        let ended = try server.wait(record)
        #expect(ended["exit_code"] == 9)
        #expect(ended["status"] == "exited")
        #expect(try server.output(of: record) == "one\ntwo\n")
    }

    @Test(arguments: End.allCases)
    func whatASessionEndsWithWhileTheServerIsDownIsKept(end: End) throws {
        let exiting = try server.start("\(RunningServer.untilToldToGoOn); echo late; exit 77")
        let dying = try server.start("ulimit -c 0; \(RunningServer.untilToldToGoOn); kill -11 $$")
        let reporting = try server.start(
            "\(RunningServer.untilToldToGoOn); echo x > report.md", ["expects_report": true])
        let shims = try [exiting, dying, reporting].map { try #require(server.shim(of: $0)) }
        try down(end)
        try server.tellToGoOn()
        for shim in shims { try Waiting.untilGone(pid: shim) }
        try server.start()
        #expect(try get(exiting)["exit_code"] == 77)
        #expect(try server.output(of: exiting) == "late\n")
        #expect(try get(dying)["exit_signal"] == 11)
        #expect(try get(dying)["exit_code"] == .null)
        #expect(try get(reporting)["status"] == "completed")
        #expect(try server.call("session.list", ["status": "running"])["sessions"] == [])
    }

    @Test func aSessionThatIsFoundAgainCanBeStopped() throws {
        let record = try server.start("trap '' TERM; echo ready; setsid sleep 1000 & while :; do sleep 0.01; done")
        try server.waitForOutput("ready", of: record)
        try server.kill9()
        try server.start()
        let stopped = try server.call("session.stop", ["id": record["id"] ?? .null, "grace_ms": 100])
        #expect(stopped["status"] == "stopped")
        #expect(stopped["exit_signal"] == 9)
        try Waiting.untilGone(pid: Int32(try #require(record["pid"]?.int)))
    }

    @Test func whatALostSessionHadStartedIsEndedWithIt() throws {
        let record = try server.start("setsid sleep 1000 & echo $! > stray; echo ready; sleep 1000")
        try server.waitForOutput("ready", of: record)
        let text = String(decoding: try File.read("\(server.workFolder)/stray", bytesMax: 64), as: UTF8.self)
        let stray = try #require(Int32(text.dropLast()))
        try Signals.kill(try #require(server.shim(of: record)))
        #expect(try server.wait(record)["status"] == "lost")
        try Waiting.untilGone(pid: stray)
    }

    /// Two servers may each have a session of one name and one millisecond.
    @Test func aLostSessionTakesNoneOfAnotherServersWithIt() throws {
        let record = try server.start("sleep 1000")
        let id = try #require(record["id"]?.string)
        let other = try TemporaryFolder()
        for folder in ["sessions", "sessions/\(id)", "sessions/\(id)/tmp"] { _ = try other.makeFolder(folder) }
        let null = try File.open("/dev/null", .readWrite(create: false, truncate: false))
        func sleep(_ temporaryFolder: String) throws -> ChildProcess {
            try ChildProcess(
                path: "/bin/sleep", arguments: ["sleep", "1000"],
                environment: ["SPAWNGATE_SESSION_ID=\(id)", "TMPDIR=\(temporaryFolder)"],
                descriptors: [null.number, null.number, null.number])
        }
        let others = try sleep("\(other.path)/sessions/\(id)/tmp")
        let moved = try sleep("/gone/sessions/\(id)/tmp")
        let own = try sleep("/tmp")
        try Signals.kill(try #require(server.shim(of: record)))
        #expect(try server.wait(record)["status"] == "lost")
        #expect(try moved.waitForEnd() == .signalled(9))
        #expect(try own.waitForEnd() == .signalled(9))
        #expect(ProcessFacts(pid: others.pid).isRunning)
        try others.signal(Process.kill)
        _ = try others.waitForEnd()
    }

    @Test func aSessionWhoseShimWasKilledWhileTheServerWasDownIsLost() throws {
        let record = try server.start("sleep 1000")
        try server.kill9()
        try Signals.kill(try #require(server.shim(of: record)))
        try server.start()
        let lost = try get(record)
        #expect(lost["status"] == "lost")
        #expect(lost["exit_code"] == .null && lost["exit_signal"] == .null)
        #expect(try server.call("session.stop", ["id": record["id"] ?? .null]) == lost)
    }

    @Test func manyRestartsChangeNothing() throws {
        let running = try server.start(RunningServer.untilToldToGoOn)
        let ended = try server.run("exit 3")
        for _ in 0..<5 {
            try server.kill9()
            try server.start()
        }
        #expect(try get(ended) == ended)
        #expect(try get(running)["pid"] == running["pid"])
        let next = try #require(try server.run("exit 0")["id"]?.string)
        #expect(try server.call("session.list")["sessions"]?.array?.first?["id"] == .string(next))
    }

    @Test func aTimeoutHoldsWhileTheServerIsDown() throws {
        let record = try server.start("sleep 1000", ["timeout_ms": 300])
        let shim = try #require(server.shim(of: record))
        try server.kill9()
        try Waiting.untilGone(pid: shim)
        try server.start()
        #expect(try get(record)["status"] == "stopped")
        #expect(try get(record)["exit_signal"] == 15)
    }
}
