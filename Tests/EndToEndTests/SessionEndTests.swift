import TestSupport
import Testing
import Wire

/// How sessions end, by themselves and by being stopped.
@Suite(.timeLimit(.minutes(5))) struct SessionEndTests {
    let server: RunningServer

    init() throws { server = try RunningServer() }

    private func stop(_ record: JSONValue, grace: Int64? = nil) throws -> JSONValue {
        let id: JSONValue = ["id": record["id"] ?? .null]
        return try server.call("session.stop", id.with("grace_ms", grace.map(JSONValue.integer)))
    }

    private static func survivors(of record: JSONValue) -> [Int32] {
        let mark = "SPAWNGATE_SESSION_ID=\(record["id"]?.string ?? "?")"
        return ProcessFacts.all.filter { $0.isRunning && $0.environment.contains(mark) }.map(\.pid)
    }

    @Test(arguments: [0, 1, 2, 126, 127, 128, 143, 255])
    func anExitCodeIsTheRealOne(code: Int64) throws {
        let record = try server.run("exit \(code)")
        #expect(record["exit_code"] == .integer(code))
        #expect(record["exit_signal"] == .null)
        #expect(record["status"] == "exited")
    }

    @Test(arguments: [1, 2, 3, 6, 8, 9, 11, 14, 15, 31])
    func aFatalSignalIsTheRealOne(signal: Int64) throws {
        let record = try server.run("ulimit -c 0; kill -\(signal) $$")
        #expect(record["exit_code"] == .null)
        #expect(record["exit_signal"] == .integer(signal))
        #expect(record["status"] == "exited")
    }

    @Test func aStopLeavesNoSurvivorOfTheTree() throws {
        let record = try server.start(
            """
            sleep 1000 & setsid sleep 1000 & nohup sleep 1000 > /dev/null 2>&1 &
            (setsid sh -c 'sleep 1000 & sleep 1000' &)
            setsid sh -c 'trap "" TERM HUP INT; echo ready; while :; do sleep 1000; done' &
            wait
            """)
        try server.waitForOutput("ready", of: record)
        // The one that is ready says nothing of the others.
        try Waiting.until("the whole tree") { Self.survivors(of: record).count >= 8 }
        let stopped = try stop(record, grace: 200)
        #expect(Self.survivors(of: record).isEmpty)
        #expect(stopped["status"] == "stopped")
        #expect(stopped["exit_signal"] == 15)
        #expect(stopped["exit_code"] == .null)
    }

    @Test func whatASessionLeavesBehindEndsWithIt() throws {
        let record = try server.run("setsid sleep 1000 & exit 3")
        #expect(record["exit_code"] == 3)
        #expect(record["status"] == "exited")
        #expect(Self.survivors(of: record).isEmpty)
    }

    @Test func theGraceIsGivenAndThenIsOver() throws {
        let deaf = try server.start("trap '' TERM; echo ready; while :; do sleep 0.01; done")
        try server.waitForOutput("ready", of: deaf)
        let begin = Waiting.now
        #expect(try stop(deaf, grace: 300)["exit_signal"] == 9)
        #expect(Waiting.now - begin >= 300_000_000)

        let polite = try server.start("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done")
        try server.waitForOutput("ready", of: polite)
        let ended = try stop(polite, grace: 60_000)
        #expect(ended["exit_code"] == 7)
        #expect(ended["status"] == "stopped")
    }

    @Test func everyStopIsAnsweredByTheSameEnd() throws {
        let record = try server.start("trap '' TERM; echo ready; while :; do sleep 0.01; done")
        try server.waitForOutput("ready", of: record)
        let clients = try (0..<3).map { _ in try server.connect() }
        let id = record["id"] ?? .null
        let requests = try clients.map { try $0.request("session.stop", ["id": id, "grace_ms": 300]) }
        let answers = try zip(clients, requests).map { try $0.answer(to: $1) }
        #expect(answers.allSatisfy { $0 == answers[0] && $0["exit_signal"] == 9 })
        #expect(try server.call("session.get", ["id": id]) == answers[0])
    }

    @Test func stoppingWhatHasEndedChangesNothing() throws {
        for script in ["exit 5", "ulimit -c 0; kill -11 $$"] {
            let record = try server.run(script)
            #expect(try stop(record) == record)
            #expect(try server.call("session.get", ["id": record["id"] ?? .null]) == record)
        }
        let stopped = try stop(try server.start("sleep 1000"))
        #expect(try stop(stopped) == stopped)
    }

    @Test func aStopRightAfterTheStartIsNotLost() throws {
        for _ in 0..<20 {
            let record = try stop(try server.start("sleep 1000"))
            #expect(record["status"] == "stopped")
            #expect(record["exit_signal"] == 15)
        }
    }

    @Test func aSessionIsStoppedWhenItsTimeIsOver() throws {
        let record = try server.run("sleep 1000", ["timeout_ms": 100])
        #expect(record["status"] == "stopped")
        #expect(record["exit_signal"] == 15)
        let reporting = try server.run("sleep 1000", ["timeout_ms": 100, "expects_report": true])
        #expect(reporting["status"] == "terminated")
    }

    @Test func aWaitEndsWithTheSessionOrAtItsTimeout() throws {
        let record = try server.start(RunningServer.untilToldToGoOn)
        let id = record["id"] ?? .null
        let begin = Waiting.now
        #expect(try server.call("session.wait", ["id": id, "timeout_ms": 50])["status"] == "running")
        #expect(Waiting.now - begin >= 50_000_000)
        #expect(try server.call("session.wait", ["id": id, "timeout_ms": 0])["status"] == "running")
        let clients = try (0..<5).map { _ in try server.connect() }
        let waits = try clients.map { try $0.request("session.wait", ["id": id, "timeout_ms": 600_000]) }
        try server.tellToGoOn()
        for (client, wait) in zip(clients, waits) {
            #expect(try client.answer(to: wait)["exit_code"] == 0)
        }
    }

    @Test func aKilledShimIsALostSessionAndInventsNothing() throws {
        let record = try server.start("sleep 1000")
        try Signals.kill(try #require(server.shim(of: record)))
        let lost = try server.wait(record)
        #expect(lost["status"] == "lost")
        #expect(lost["exit_code"] == .null && lost["exit_signal"] == .null)
        try Waiting.untilGone(pid: Int32(try #require(record["pid"]?.int)))
    }
}
