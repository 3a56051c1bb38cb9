import Platform
import TestSupport
import Testing
import Wire

/// What was granted in place of what was asked for is what is recorded, and what runs.
@Suite(.timeLimit(.minutes(5))) struct NarrowTests {
    private static let policy = """
        return function(request)
          if request.permission_mode == "acceptEdits" then
            narrow { permission_mode = "plan", allowed_tools = { "Read", "Bash(git diff:*)" } }
          end
          if request.branch == "roots" then
            narrow { write_roots = { request.labels.root }, repository_write_allowed = false }
          end
        end
        """

    let server: RunningServer
    /// A program that says what its arguments are.
    let claude: String

    init() throws {
        server = try RunningServer(policies: ["10-narrow.lua": Self.policy])
        claude = try server.folder.write(
            "bin/claude", "#!/bin/sh\nfor a; do echo \"$a\"; done\n", permissions: 0o755)
    }

    private func params(_ more: JSONValue = [:]) -> JSONValue {
        let params: JSONValue = [
            "name": "agent", "working_directory": .string(server.workFolder), "command": .string(claude),
            "prompt": "hello", "permission_mode": "acceptEdits", "allowed_tools": ["Read", "Edit", "Bash(git:*)"],
        ]
        return params.with(more)
    }

    private static let arguments: JSONValue = [
        "--print", "--verbose", "--permission-mode", "plan", "--tools", "Read,Bash", "--allowedTools", "Read",
        "Bash(git diff:*)",
    ]

    @Test func aSessionRunsWithWhatWasGranted() throws {
        let checked = try server.call("policy.check", params())
        #expect(checked["verdict"] == "allow")
        #expect(
            checked["granted"] == [
                "permission_mode": "plan", "allowed_tools": ["Read", "Bash(git diff:*)"], "args": Self.arguments,
            ])
        let record = try server.wait(try server.call("session.start", params()))
        #expect(record["permission_mode"] == "plan" && record["args"] == Self.arguments)
        #expect(record["allowed_tools"] == ["Read", "Bash(git diff:*)"])
        let id = record["id"] ?? .null
        let said = try server.call("session.logs", ["id": id])["stdout"]?.string
        #expect(said?.split(separator: "\n").map(String.init) == Self.arguments.strings)

        let metadata = try server.call("session.metadata", ["id": id])
        #expect(metadata["args"]?.strings?.contains("acceptEdits") == true, "what was asked is never changed")
        let decision = try #require(
            try server.call("decision.get", ["id": record["decision_id"] ?? .null])["decision"])
        #expect(decision["request"]?["permission_mode"] == "acceptEdits")
        #expect(decision["request"]?["args"] == metadata["args"])
        #expect(decision["granted"]?["permission_mode"] == "plan" && decision["granted"]?["args"] == Self.arguments)
        #expect(decision["policies"]?.array?.first?["narrow"]?["permission_mode"] == "plan")
        #expect(try server.call("decision.replay", ["id": record["decision_id"] ?? .null])["same"] == true)
    }

    @Test func whatIsNotNarrowedIsGrantedAsItWasAsked() throws {
        let record = try server.wait(try server.call("session.start", params(["permission_mode": "plan"])))
        #expect(record["permission_mode"] == "plan" && record["allowed_tools"]?.array?.count == 3)
        let decision = try server.call("decision.get", ["id": record["decision_id"] ?? .null])["decision"]
        #expect(decision?["granted"] == .null && decision?["policies"]?.array?.first?["narrow"] == nil)
    }

    private static let foreign: [(what: String, more: JSONValue)] = [
        ("arguments of the caller's own", ["args": ["--permission-mode", "acceptEdits"]]),
        ("no prompt", ["prompt": ""]), ("another program", ["command": "/bin/true"]),
    ]

    @Test(arguments: foreign)
    func whereArgumentsWouldHaveToChangeAndAreNotTheServersOwnNothingStarts(what: String, more: JSONValue) throws {
        let refusal = try #require(try server.refusal("session.start", params(more)), "\(what)")
        #expect(refusal.code == -32011)
        let failures = refusal.data["failures"]?.array ?? []
        #expect(failures.count == 1 && failures.first?["policy"] == "10-narrow")
        #expect(failures.first?["reason"]?.string?.contains("only where the server writes the arguments") == true)
        let decision = try server.call("decision.get", ["id": refusal.data["decision_id"] ?? .null])["decision"]
        #expect(decision?["verdict"] == "error" && decision?["granted"] == .null)
        #expect(try server.call("server.info")["counts"]?["sessions"] == 0)
    }

    @Test func writeRootsAreThoseThatWereGranted() throws {
        let out = try server.folder.makeFolder("out/inner")
        let outer = File.parent(of: out)
        func start(_ root: String) throws -> JSONValue {
            try server.call(
                "session.start",
                server.shell(
                    "touch \(out)/made; touch \(outer)/made; touch \(server.workFolder)/made; true",
                    ["branch": "roots", "write_roots": [.string(outer)], "labels": ["root": .string(root)]]))
        }
        let record = try server.wait(try start(out))
        #expect(record["write_roots"] == [.string(out)] && record["repository_write_allowed"] == false)
        #expect(try File.list(out) == ["made"])
        if record["enforcement"]?["level"] == "landlock" {
            #expect(try File.list(outer) == ["inner"] && File.list(server.workFolder) == [])
        }
        let refusal = try server.refusal(
            "session.start",
            server.shell(
                "exit 0", ["branch": "roots", "write_roots": [.string(outer)], "labels": ["root": "/usr"]]))
        #expect(refusal?.code == -32011)
    }

    @Test func replayShadowAndCommandsShowIt() throws {
        let record = try server.wait(try server.call("session.start", params()))
        let id = record["decision_id"]?.string ?? ""
        let allow: JSONValue = ["10-narrow.lua": "return function() end"]
        let replayed = try server.call("policy.replay", ["files": allow])
        #expect(replayed["changed_total"] == 1 && replayed["regranted"] == 1 && replayed["same"] == 0)
        #expect(replayed["allow_to_deny"] == 0 && replayed["deny_to_allow"] == 0)
        #expect(replayed["changed"]?.array?.first?["granted"] == .null)
        try server.call("policy.shadow", ["files": allow])
        _ = try server.call("session.start", params())
        try Waiting.until("a disagreement") {
            try server.call("policy.shadow")["disagreements"]?.array?.count == 1
        }
        let found = try server.call("policy.shadow")["disagreements"]?.array?.first
        #expect(found?["was"] == "allow" && found?["becomes"] == "allow" && found?["granted"] == .null)

        let environment = ["SPAWNGATE_SERVER=127.0.0.1:\(server.port)", "SPAWNGATE_STATE=\(server.stateFolder)"]
        let shown = try CommandRun("spawngate", ["decision", "show", id], environment: environment)
        #expect(shown.output.contains("with less than was asked for"), "\(shown.output)\(shown.errors)")
        #expect(shown.output.contains("Read, Bash(git diff:*)") && shown.output.contains("--permission-mode plan"))
        try server.folder.write("request.json", params().text)
        let evaluated = try CommandRun(
            "spawngate",
            ["policy", "eval", "--request", "\(server.folder.path)/request.json", "--policies", server.policyFolder])
        #expect(evaluated.status == 0 && evaluated.output.contains("with less than was asked for"))
    }

    @Test func whoStartsIsToldOfLess() throws {
        let outer = try server.folder.makeFolder("out")
        let inner = try server.folder.makeFolder("out/inner")
        func start(_ options: [String], _ command: [String]) throws -> CommandRun {
            try CommandRun(
                "spawngate", ["start", "--cwd", server.workFolder] + options + ["--"] + command,
                environment: ["SPAWNGATE_SERVER=127.0.0.1:\(server.port)", "SPAWNGATE_STATE=\(server.stateFolder)"])
        }
        let less = "spawngate: a policy granted less than was asked for: "
        let tools = ["Read", "Bash(git:*)"].flatMap { ["--allowed-tool", $0] }
        let agent = try start(["--prompt", "hello", "--permission-mode", "acceptEdits"] + tools, [claude])
        #expect(agent.status == 0)
        #expect(agent.errors == "\(less)permission_mode \"plan\", allowed_tools [\"Read\",\"Bash(git diff:*)\"]\n")
        let roots = try start(
            ["--branch", "roots", "--label", "root=\(inner)", "--write-root", outer], ["/bin/true"])
        #expect(roots.errors == "\(less)write_roots [\"\(inner)\"], repository_write_allowed false\n")
        let whole = try start(["--write-root", outer, "--no-repository-write"], ["/bin/true"])
        #expect(whole.status == 0 && whole.errors == "")
    }
}
