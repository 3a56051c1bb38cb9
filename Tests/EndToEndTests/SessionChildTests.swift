import Platform
import TestSupport
import Testing
import Wire

/// What a started program finds.
@Suite(.timeLimit(.minutes(5))) struct SessionChildTests {
    private func run(
        _ server: RunningServer, _ command: String, _ args: [String], _ more: JSONValue = [:]
    ) throws -> JSONValue {
        let params: JSONValue = ["command": .string(command), "args": .array(args.map(JSONValue.string))]
        return try server.wait(try server.call("session.start", server.shell("").with(params).with(more)))
    }

    @Test func theEnvironmentIsTheConfiguredOneAndWhatWasAskedFor() throws {
        let server = try RunningServer(
            arguments: ["--pass-env", "API_KEY"], environment: ["API_KEY=k", "SECRET=s", "LANG=C", "LD_X=1"])
        let record = try run(server, "/usr/bin/env", [], ["environment": ["A": "1", "LANG": "C.UTF-8", "E": ""]])
        let lines = try server.output(of: record).split(separator: "\n").map(String.init).sorted()
        let id = try #require(record["id"]?.string)
        #expect(
            lines == [
                "A=1", "API_KEY=k", "E=", "HOME=\(server.folder.path)", "LANG=C.UTF-8",
                "PATH=/usr/local/bin:/usr/bin:/bin", "SPAWNGATE_SESSION_ID=\(id)",
                "TMPDIR=\(server.stateFolder)/sessions/\(id)/tmp",
            ])
    }

    @Test func theTemporaryFolderIsItsOwn() throws {
        let server = try RunningServer()
        #expect(try server.run(#"echo x > "$TMPDIR/x" && test "$(stat -c %a "$TMPDIR")" = 700"#)["exit_code"] == 0)
    }

    @Test func theProgramHasItsOwnSessionAndNothingOfTheServer() throws {
        let server = try RunningServer()
        let record = try server.call(
            "session.start", server.shell("").with(["command": "sleep", "args": ["1000"]]))
        let pid = Int32(try #require(record["pid"]?.int))
        let facts = ProcessFacts(pid: pid)
        // A start is answered once exec has closed the shim's descriptors; the new arguments are in place a moment later.
        try Waiting.until("the arguments") { facts.arguments == ["sleep", "1000"] }
        // While it loads, a program may have one of its libraries open.
        try Waiting.until("a program with three descriptors") { facts.descriptors == ["0", "1", "2"] }
        #expect(facts.session == pid)
        #expect(facts.parent == server.shim(of: record))
        #expect(facts.status("NoNewPrivs") == "1")
        for name in ["SigBlk", "SigIgn", "SigCgt"] { #expect(facts.status(name) == "0000000000000000", "\(name)") }
        #expect(try File.readLink("/proc/\(pid)/fd/0") == "/dev/null")
        #expect(try File.readLink("/proc/\(pid)/cwd") == server.workFolder)
    }

    @Test(arguments: [
        "-hello", "--version", "a\nb\u{E9}\u{1F600}", String(repeating: "-p 200 KB ", count: 20_000) + ".",
    ])
    func thePromptComesOnStandardInputWholeAndUnread(prompt: String) throws {
        let server = try RunningServer()
        let record = try run(server, "cat", [], ["prompt": .string(prompt)])
        #expect(try server.output(of: record) == prompt)
        #expect(record["exit_code"] == 0)
    }

    @Test func theClaudeCLIGetsItsArgumentsAndNeverThePrompt() throws {
        let server = try RunningServer()
        let claude = try server.folder.write(
            "work/bin/claude", "#!/bin/sh\nfor a; do echo \"<$a>\"; done; cat\n", permissions: 0o755)
        let asked: JSONValue = [
            "name": "c", "working_directory": .string(server.workFolder), "command": .string(claude),
            "prompt": "--do it", "permission_mode": "plan",
            "allowed_tools": ["Read", "Bash(git diff:*)", "Bash(ls:*)", "mcp__docs__search"],
        ]
        let record = try server.wait(try server.call("session.start", asked))
        let args = [
            "--print", "--verbose", "--permission-mode", "plan", "--tools", "Read,Bash", "--allowedTools", "Read",
            "Bash(git diff:*)", "Bash(ls:*)", "mcp__docs__search",
        ]
        #expect(record["args"]?.strings == args)
        #expect(try server.output(of: record) == args.map { "<\($0)>\n" }.joined() + "--do it")
        let withoutPrompt = try server.wait(try server.call("session.start", asked.with("prompt", nil)))
        #expect(withoutPrompt["args"] == [])
        let ownArgs = try server.wait(try server.call("session.start", asked.with("args", ["-x"])))
        #expect(ownArgs["args"] == ["-x"])
    }

    @Test func argumentsArriveAsTheyAre() throws {
        let server = try RunningServer()
        let args = ["", " a b ", "*", "$HOME", "-n", "\u{E9}\n", String(repeating: "x", count: 100_000)]
        let record = try run(server, "/usr/bin/printf", ["<%s>"] + args)
        #expect(try server.output(of: record) == args.map { "<\($0)>" }.joined())
    }

    @Test func eachStreamHasItsLog() throws {
        let server = try RunningServer()
        let record = try server.run("echo out; echo err >&2")
        let out = try File.read(try #require(record["log_path"]?.string), bytesMax: 100)
        let err = try File.read(try #require(record["stderr_path"]?.string), bytesMax: 100)
        #expect(out == Array("out\n".utf8))
        #expect(err == Array("err\n".utf8))
    }
}
