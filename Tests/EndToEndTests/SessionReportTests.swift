import Platform
import TestSupport
import Testing
import Wire

/// The report that a session was asked for.
@Suite(.timeLimit(.minutes(5))) struct SessionReportTests {
    let server: RunningServer

    init() throws { server = try RunningServer() }

    private func run(_ script: String, _ more: JSONValue = [:]) throws -> JSONValue {
        try server.run(script, more.with("expects_report", true))
    }

    private func report(_ record: JSONValue) throws -> JSONValue {
        try server.call("session.report", ["id": record["id"] ?? .null])
    }

    @Test func aFreshReportCompletesTheSession() throws {
        let record = try run("echo hello > report.md; exit 1")
        #expect(record["status"] == "completed")
        #expect(record["exit_code"] == 1)
        #expect(
            try report(record) == [
                "id": record["id"] ?? .null, "path": .string("\(server.workFolder)/report.md"), "content": "hello\n",
                "sha256": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
            ])
    }

    @Test func aReportMayLieInTheOutputsOrInAWriteRoot() throws {
        let inOutputs = try run("mkdir outputs; echo a > outputs/report.md")
        #expect(inOutputs["status"] == "completed")
        #expect(try report(inOutputs)["path"] == .string("\(server.workFolder)/outputs/report.md"))

        for param in ["runtime_write_root", "write_roots"] {
            let root = try server.folder.makeFolder(param)
            let value: JSONValue = param == "write_roots" ? [.string(root)] : .string(root)
            let record = try run("rm -rf outputs; echo a > \(root)/report.md", [param: value])
            #expect(record["status"] == "completed", "\(param)")
            #expect(try report(record)["path"] == .string("\(root)/report.md"))
        }
    }

    @Test(arguments: [
        "true", ": > report.md", "touch -d '1 hour ago' report.md",
        "echo x > r; touch -d '1 hour ago' r; mv r report.md",
        "mkdir report.md", "echo x > real.md; ln -s real.md report.md",
        "mkdir o; echo x > o/report.md; ln -s o outputs",
        "mkfifo report.md", "ln -s /etc/passwd report.md",
    ])
    func whatIsNoFreshRegularFileIsNoReport(script: String) throws {
        let record = try run(script)
        #expect(record["status"] == "completed_missing_report")
        let refusal = try server.refusal("session.report", ["id": record["id"] ?? .null])
        #expect(refusal?.code == -32004)
    }

    @Test func aReportOfAnEarlierSessionDoesNotCount() throws {
        #expect(try run("echo old > report.md")["status"] == "completed")
        let written = try File.status(of: "\(server.workFolder)/report.md").modifiedNanoseconds
        try Waiting.until("the next tick of the clock of files") { SystemClock().fileNanoseconds() > written }
        #expect(try run("exit 0")["status"] == "completed_missing_report")
    }

    @Test func aReportOfTheSameTickOfTheClockOfFilesDoesNotCount() throws {
        let path = "\(server.workFolder)/report.md"
        for round in 0..<20 {
            // Right after a tick, so that the start comes before the next.
            let now = SystemClock().fileNanoseconds()
            try Waiting.until("a tick of the clock of files") { SystemClock().fileNanoseconds() > now }
            try server.folder.write("work/report.md", "old")
            let script = round % 2 == 0 ? "exit 0" : "printf new > report.md"
            let record = try run(script)
            #expect(record["status"] == (round % 2 == 0 ? "completed_missing_report" : "completed"), "round \(round)")
            try File.remove(path)
        }
    }

    @Test func whoExpectsNoReportIsAskedForNone() throws {
        let record = try server.run("echo a > report.md")
        #expect(record["status"] == "exited")
        #expect(try report(record)["content"] == "a\n")
    }

    @Test func whatIsStoppedIsTerminatedWithAReportOrWithout() throws {
        let record = try server.start("echo a > report.md; echo ready; sleep 1000", ["expects_report": true])
        try server.waitForOutput("ready", of: record)
        let stopped = try server.call("session.stop", ["id": record["id"] ?? .null])
        #expect(stopped["status"] == "terminated")
    }
}
