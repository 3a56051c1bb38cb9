internal import TestSupport
internal import Testing
internal import Wire

extension AgentTests {
    @Suite struct Endings {
        @Test func aReportCompletesTheSession() throws {
            let run = try AgentRun([AgentRun.write("report.md", "# All is well\n"), ["say": "done"]])
            let record = try run.run("Report.", ["permission_mode": "acceptEdits", "expects_report": true])
            #expect(record["status"]?.string == "completed")
            #expect(record["exit_code"]?.int == 0)
            let report = try run.server.call("session.report", ["id": record["id"] ?? .null])
            #expect(report["content"]?.string == "# All is well\n")
        }

        @Test func anAgentThatMayNotWriteItsReportHasNone() throws {
            let run = try AgentRun([AgentRun.write("report.md"), ["say": "done"]])
            let record = try run.run("Report.", ["permission_mode": "plan", "expects_report": true])
            #expect(record["status"]?.string == "completed_missing_report")
            #expect(record["exit_code"]?.int == 0)
            #expect(try run.model.requests.last?.toolResults.map(\.isError) == [true])
        }

        @Test func aModelThatFailsShowsInTheExitCode() throws {
            let run = try AgentRun([["refuse": 400]])
            let record = try run.run()
            #expect(record["status"]?.string == "exited")
            #expect(record["exit_code"]?.int == 1)
            #expect(record["exit_signal"] == .null)
        }

        @Test func stopEndsTheAgentAndAllThatItLeftBehind() throws {
            let run = try AgentRun([
                AgentRun.shell("setsid sh -c 'trap \"\" TERM; echo $$ > stray; exec sleep 600' > out 2>&1 &"),
                ["hang": true],
            ])
            let record = try run.start("Work.", ["allowed_tools": ["Bash"]])
            let id = try #require(record["id"]?.string)
            try Waiting.until("the second request to the model") { try run.model.requests.count == 2 }
            let stray = try #require(run.text("stray").flatMap { Int32($0.dropLast()) })
            let pids = processes(of: id)
            #expect(pids.contains(stray))
            #expect(pids.contains { record["pid"]?.int == Int64($0) })

            let stopped = try run.server.call("session.stop", ["id": .string(id), "grace_ms": 2000])
            #expect(stopped["status"]?.string == "stopped")
            #expect(stopped["exit_code"]?.int == 143)
            #expect(stopped["exit_signal"] == .null)
            #expect(processes(of: id).isEmpty)
            #expect(pids.allSatisfy { !ProcessFacts(pid: $0).isRunning })
        }

        // Every process of a session has its id in its environment, whatever became of its group and its parent.
        private func processes(of id: String) -> [Int32] {
            ProcessFacts.all.filter { $0.isRunning && $0.environment.contains("SPAWNGATE_SESSION_ID=\(id)") }.map(\.pid)
        }
    }
}
