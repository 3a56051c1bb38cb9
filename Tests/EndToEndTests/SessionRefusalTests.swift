import TestSupport
import Testing
import Wire

/// Bad input is answered by one clear sentence, and starts nothing.
@Suite(.timeLimit(.minutes(5))) struct SessionRefusalTests {
    let server: RunningServer

    init() throws { server = try RunningServer() }

    private func startRefusal(_ change: JSONValue) throws -> Refusal? {
        try server.refusal("session.start", server.shell("exit 0").with(change))
    }

    @Test func theMessagesAreThoseOfTheSpecification() throws {
        let file = try server.folder.write("file", "x")
        let cases: [(JSONValue, String, JSONValue)] = [
            (["name": .null], "A session name is required.", "name"),
            (["name": "  "], "A session name is required.", "name"),
            (["working_directory": .null], "A working_directory is required.", "working_directory"),
            (["working_directory": ""], "A working_directory is required.", "working_directory"),
            (["working_directory": "/no/where"], "working_directory does not exist: /no/where", "working_directory"),
            (
                ["working_directory": .string(file)], "working_directory is not a directory: \(file)",
                "working_directory"
            ),
        ]
        for (change, message, param) in cases {
            let refusal = try startRefusal(change)
            #expect(refusal == Refusal(code: -32602, message: message, data: ["status": 400, "param": param]))
        }
        for method in [
            "session.get", "session.metadata", "session.stop", "session.wait", "session.logs", "session.report",
        ] {
            let refusal = try server.refusal(method, ["id": "none-1"])
            #expect(refusal == Refusal(code: -32004, message: "Session not found.", data: ["status": 404]), "\(method)")
        }
        #expect(try server.call("decision.list")["decisions"] == [], "nothing of this was a start")
    }

    @Test func aParamOfTheWrongTypeIsNamed() throws {
        let cases: [(String, JSONValue)] = [
            ("name", 1), ("command", ["a"]), ("args", "x"), ("args", [1]), ("prompt", false), ("labels", ["a"]),
            ("labels", ["a": 1]), ("environment", ["A": .null]), ("timeout_ms", 0), ("timeout_ms", -1),
            ("timeout_ms", 1.5), ("timeout_ms", "1"), ("repository_write_allowed", "yes"), ("expects_report", 1),
            ("allowed_tools", "Read"), ("allowed_tools", ["  "]), ("write_roots", ["/no/where"]),
            ("runtime_write_root", "/no/where"), ("working_directory", "."), ("idempotency_key", 1),
        ]
        for (name, value) in cases {
            let refusal = try startRefusal([name: value])
            #expect(refusal?.code == -32602, "\(name): \(value.text)")
            #expect(refusal?.data["param"] == .string(name), "\(name): \(value.text)")
            #expect(refusal?.message.isEmpty == false)
        }
    }

    @Test func variablesThatChangeWhatIsLoadedAreRefused() throws {
        for name in [
            "LD_PRELOAD", "LD_LIBRARY_PATH", "ld_preload", "BASH_ENV", "ENV", "NODE_OPTIONS", "PYTHONPATH", "PERL5OPT",
            "GIT_SSH_COMMAND", "TMPDIR", "SPAWNGATE_SESSION_ID", "BASH_FUNC_ls%%", "A=B", "", "1A",
        ] {
            let refusal = try startRefusal(["environment": [name: "x"]])
            #expect(refusal?.code == -32602, "\(name)")
            #expect(refusal?.data["param"] == "environment", "\(name)")
        }
    }

    @Test func anAllowedStartThatFailsSaysWhyAndLeavesItsRecord() throws {
        let notExecutable = try server.folder.write("work/plain", "x")
        let cases: [(String, String)] = [
            ("no-such-program", "not found"), ("/no/such/program", "not found"), ("./nothing", "not found"),
            (notExecutable, "Permission denied"), (server.workFolder, ""),
        ]
        for (command, reason) in cases {
            let refusal = try #require(try startRefusal(["command": .string(command)]))
            #expect(refusal.code == -32050, "\(command)")
            #expect(refusal.message.hasPrefix("Failed to start session: "), "\(refusal.message)")
            #expect(refusal.message.contains(reason), "\(refusal.message)")
            #expect(refusal.data.names == ["status", "session_id", "decision_id"])
            let record = try server.call("session.get", ["id": refusal.data["session_id"] ?? .null])
            #expect(record["status"] == "failed")
            #expect(record["exit_code"] == .null && record["exit_signal"] == .null && record["pid"] == .null)
            #expect(record["stopped_at"] != .null)
            #expect(record["decision_id"] == refusal.data["decision_id"])
            let decision = try server.call("decision.get", ["id": record["decision_id"] ?? .null])
            #expect(decision["decision"]?["verdict"] == "allow")
        }
    }

    @Test func noMoreSessionsRunThanTheLimit() throws {
        let server = try RunningServer(arguments: ["--max-sessions", "2"])
        let running = try [server.start("sleep 1000"), server.start("sleep 1000")]
        let refusal = try #require(try server.refusal("session.start", server.shell("exit 0")))
        #expect(refusal.code == -32029)
        #expect(refusal.data["limit"] == 2)
        #expect((refusal.data["retry_after_ms"]?.int ?? 0) > 0)
        try server.call("session.stop", ["id": running[0]["id"] ?? .null])
        #expect(try server.run("exit 6")["exit_code"] == 6)
    }
}
