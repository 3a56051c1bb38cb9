internal import Platform
internal import TestSupport
internal import Testing
internal import Wire

extension AgentTests {
    /// The agent is allowed every edit by its own rules; what holds it is the kernel.
    @Suite struct WriteRoots {
        private func attempts(_ folder: String, _ name: String) -> [JSONValue] {
            [AgentRun.write("\(folder)/\(name)-written"), AgentRun.shell("echo x > \(folder)/\(name)-echoed")]
        }

        @Test func theAgentWritesBelowItsRootsAndNowhereElse() throws {
            let places = try TemporaryFolder()
            let inside = try places.makeFolder("inside")
            let outside = try places.makeFolder("outside")
            let report = AgentRun.write("report.md", "# Report\n")
            let run = try AgentRun(
                .array([report] + attempts(inside, "a") + attempts(outside, "b") + [["say": "done"]]))
            let record = try run.run(
                "Write.",
                [
                    "write_roots": [.string(inside)], "expects_report": true, "permission_mode": "acceptEdits",
                    "allowed_tools": ["Write", "Bash"],
                    "args": [
                        "--print", "--verbose", "--permission-mode", "acceptEdits", "--add-dir", .string(places.path),
                        "--allowedTools", "Write", "Bash",
                    ],
                ])
            #expect(record["status"] == "completed" && record["enforcement"]?["level"] == "landlock")
            #expect(run.text("report.md") == "# Report\n")
            #expect(try File.list(inside) == ["a-echoed", "a-written"])
            #expect(try File.list(outside).isEmpty)
            let results = try #require(try run.model.requests.last).toolResults
            #expect(results.map(\.isError) == [false, false, false, true, true], "\(results)")
        }

        @Test func withoutTheRepositoryTheAgentWritesNothingThere() throws {
            let run = try AgentRun([
                AgentRun.write("a.txt"), AgentRun.shell("touch b.txt"), AgentRun.shell("cat /etc/hostname"),
                ["say": "done"],
            ])
            let record = try run.run(
                "Write.",
                [
                    "repository_write_allowed": false, "permission_mode": "acceptEdits",
                    "allowed_tools": ["Write", "Bash"],
                ])
            #expect(record["exit_code"] == 0)
            #expect(try File.list(run.server.workFolder).isEmpty)
            let results = try #require(try run.model.requests.last).toolResults
            #expect(results.map(\.isError) == [true, true, false], "\(results)")
        }
    }
}
