import Sessions
import Testing
import Wire

@Suite struct EffectiveArgumentsTests {
    @Test(
        arguments: [
            // Only the Claude CLI with a prompt and without args of its own has a default.
            ("", []), (#""prompt":"p""#, ["--print", "--verbose"]),
            (#""prompt":"p","command":"/opt/bin/claude""#, ["--print", "--verbose"]),
            (#""prompt":"p","command":"claude-code""#, []), (#""prompt":"p","command":"xclaude""#, []),
            (#""prompt":"p","command":"/bin/claude/sh""#, []),
            (#""permission_mode":"plan","allowed_tools":["Read"]"#, []),
            (#""prompt":"p","args":[]"#, []), (#""prompt":"p","args":["-x",""]"#, ["-x", ""]),
            (#""prompt":"p","permission_mode":"plan""#, ["--print", "--verbose", "--permission-mode", "plan"]),
            // Rules go as given; their tools, once each and without those of MCP servers, restrict.
            (
                #""prompt":"p","allowed_tools":["Read","Bash(git diff:*)","Bash(ls, -l)","mcp__db__query"]"#,
                [
                    "--print", "--verbose", "--tools", "Read,Bash", "--allowedTools", "Read", "Bash(git diff:*)",
                    "Bash(ls, -l)", "mcp__db__query",
                ]
            ),
            (
                #""prompt":"p","permission_mode":"default","allowed_tools":["mcp__a"]"#,
                ["--print", "--verbose", "--permission-mode", "default", "--tools", "", "--allowedTools", "mcp__a"]
            ),
            (#""prompt":"p","allowed_tools":[]"#, ["--print", "--verbose"]),
        ] as [(String, [String])])
    func argvIsWhatTheCallerGaveOrTheDefaultOfTheClaudeCLI(members: String, expected: [String]) throws {
        let members = members.isEmpty ? #""branch":"b""# : members
        #expect(try StartRequest(with: members).effectiveArguments == expected)
    }

    @Test(arguments: ["--dangerously-skip-permissions", "SECRET", "-"])
    func thePromptIsNeverInArgv(prompt: String) throws {
        let members = #""prompt":"\#(prompt)","permission_mode":"m","allowed_tools":["Read"]"#
        #expect(try !StartRequest(with: members).effectiveArguments.contains { $0 == prompt })
    }

    @Test(arguments: [
        "-Read", "--dangerously-skip-permissions", "-", "default", "Default", "default(x)", "Read,Write", "Read Write",
        "(x)", "Bash(", "Bash()", "Bash(x", "Bash(x))", "Bash(x)y", "Bash(x) Write", "Bash(x),Write", "Bash(x)(y)",
        "Bash)x(", "Bash(a)b(c)", "Bash)", "Read\tWrite", "Bash(a (b) c)",
        "Bash(a(b),Write,c)", "Lecture\u{E9}", "a/b", "-(x)",
    ])
    func whatTheCLIWouldNotReadAsOneRuleIsRefused(rule: String) {
        let rules = JSONValue.array(["Read", .string(rule)])
        var json = JSONWriter()
        json.value(rules)
        let members = #""prompt":"p","allowed_tools":\#(String(decoding: json.bytes, as: UTF8.self))"#
        let message = "allowed_tools has \(rule), which is not one tool rule."
        #expect(throws: RPCError.invalidParams(message, param: "allowed_tools")) { try StartRequest(with: members) }
        // Where the rules do not go into argv, they are for the policies to judge.
        #expect(throws: Never.self) { try StartRequest(with: #"\#(members),"args":["x"]"#) }
        #expect(throws: Never.self) { try StartRequest(with: #"\#(members),"command":"sh""#) }
    }

    @Test(arguments: [
        "Read", "Bash(git diff:*)", "Bash(a(b)c)", "Bash((a)(b))", "mcp__server__tool", "mcp__server__*",
        "Edit(/src/**)",
        "WebFetch(domain:example.org)", "Bash(ls, -l)", "Bash(é)", "*", "A-b.c_9",
    ])
    func oneRuleIsAccepted(rule: String) throws {
        let request = try StartRequest(with: #""prompt":"p","allowed_tools":["\#(rule)"]"#)
        #expect(request.effectiveArguments.last == rule)
    }
}
