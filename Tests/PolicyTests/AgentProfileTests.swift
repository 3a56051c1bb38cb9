import Policy
import Sessions
import Testing
import Wire

/// The arguments of the Claude CLI read back. Tests/AgentTests holds much of this against the real one.
@Suite struct AgentProfileTests {
    /// What the arguments say that no arguments would not.
    private static let nothing: JSONValue = [
        "name": "claude", "allowed_tools": [], "disallowed_tools": [], "add_dirs": [], "skips_permissions": false,
        "loads_settings": false, "settings_options": [], "project_settings": [], "elsewhere": [], "unknown_options": [],
    ]

    private func differences(_ args: [String], _ environment: [NamedText] = []) throws -> JSONValue {
        let profile = AgentProfile(command: "claude", executable: nil, args: args, environment: environment)
        let members = try #require(profile).json.object ?? []
        return .object(members.filter { Self.nothing.member($0.name) != $0.value })
    }

    /// The arguments, and what they say that none would not: JSON, a row a line.
    private static let rows = #"""
        ["--permission-mode", "plan"] {"permission_mode": "plan"}
        ["--permission-mode=plan"] {"permission_mode": "plan"}
        ["--permission-mode", "plan", "--permission-mode=acceptEdits"] {"permission_mode": "acceptEdits"}
        ["--permission-mode=acceptEdits", "--permission-mode", "plan"] {"permission_mode": "plan"}
        ["-p", "--verbose", "--permission-mode", "plan", "say"] {"permission_mode": "plan"}
        ["--inherit-permission-mode", "auto"] {"permission_mode": "auto"}
        ["--inherit-permission-mode=auto", "--permission-mode", "plan"] {"permission_mode": "plan"}
        ["--permission-mode="] {"permission_mode": ""}
        ["--permission-mode"] {"unknown_options": ["--permission-mode"]}
        ["--permission-mode", "--verbose"] {"permission_mode": "--verbose"}
        ["--permission-mode", "--", "plan"] {"permission_mode": "--"}
        ["--dangerously-skip-permissions"] {"permission_mode": "bypassPermissions", "skips_permissions": true}
        ["--dangerously-skip-permissions", "--permission-mode=plan"] \#
        {"permission_mode": "bypassPermissions", "skips_permissions": true}
        ["--allow-dangerously-skip-permissions"] {"skips_permissions": true}
        ["--dangerously-skip-permissions=false"] {"unknown_options": ["--dangerously-skip-permissions=false"]}
        ["--append-system-prompt", "--dangerously-skip-permissions"] {}
        ["-p", "--", "--dangerously-skip-permissions"] {}
        ["-p-", "--dangerously-skip-permissions"] {}
        ["say", "--dangerously-skip-permissions"] {"permission_mode": "bypassPermissions", "skips_permissions": true}
        ["-n", "--", "--permission-mode", "plan"] {"permission_mode": "plan"}
        ["--permission-mod", "plan"] {"unknown_options": ["--permission-mod"]}
        ["--permissionMode", "plan"] {"unknown_options": ["--permissionMode"]}
        ["--permision-mode=plan"] {"unknown_options": ["--permision-mode=plan"]}
        ["--PERMISSION-MODE", "plan"] {"unknown_options": ["--PERMISSION-MODE"]}
        ["-permission-mode", "plan"] {"unknown_options": ["-ermission-mode"]}
        ["\u2010-permission-mode", "plan"] {}
        ["--permission\u2010mode", "plan"] {"unknown_options": ["--permission\u2010mode"]}
        ["--permission-mode\u0301", "plan"] {"unknown_options": ["--permission-mode\u0301"]}
        ["--\uff54ools", "Bash"] {"unknown_options": ["--\uff54ools"]}
        ["--print=1"] {"unknown_options": ["--print=1"]}
        ["-p=1"] {"unknown_options": ["-=1"]}
        ["-px"] {"unknown_options": ["-x"]}
        ["--=x"] {"unknown_options": ["--=x"]}
        ["---"] {"unknown_options": ["---"]}
        ["--model"] {"unknown_options": ["--model"]}
        ["-", "", " --tools"] {}
        ["-m", "x"] {"unknown_options": ["-m"]}
        ["--debug", "--nope"] {"unknown_options": ["--nope"]}
        ["--tools", "Bash,Read"] {"tools": ["Bash", "Read"]}
        ["--tools", "Bash Read", "Write"] {"tools": ["Bash", "Read", "Write"]}
        ["--tools=Bash,Read", "Write"] {"tools": ["Bash", "Read"]}
        ["--tools", "Bash", "--tools", "Read"] {"tools": ["Bash", "Read"]}
        ["--tools", "Bash", "--", "Read"] {"tools": ["Bash"]}
        ["--tools", "-Bash", "Read"] {"tools": ["-Bash", "Read"]}
        ["--tools", ""] {"tools": []}
        ["--tools", "default"] {}
        ["--tools", " DEFAULT "] {}
        ["--tools", "Bash", "default"] {"tools": ["Bash", "default"]}
        ["-p", "--tools", "--verbose", "x"] {"tools": ["--verbose", "x"]}
        ["-pn", "--tools", "Bash"] {}
        ["-nx", "--tools", "Bash"] {"tools": ["Bash"]}
        ["-dhooks", "--tools=Bash"] {"tools": ["Bash"]}
        ["-d", "hooks", "--tools=Bash"] {"tools": ["Bash"]}
        ["-d2e", "--tools=Bash"] {"tools": ["Bash"]}
        ["-cp", "--tools", "Read", "--verbose", "Write"] {"tools": ["Read"]}
        ["--allowedTools", "Read", "Bash(git diff:*)"] {"allowed_tools": ["Read", "Bash(git diff:*)"]}
        ["--allowed-tools", "Read,Bash(a, b) Write"] {"allowed_tools": ["Read", "Bash(a, b)", "Write"]}
        ["--allowedTools=Read", "--allowed-tools", "Write"] {"allowed_tools": ["Read", "Write"]}
        ["--allowedTools", "Bash(a (b),Write,c)"] {"allowed_tools": ["Bash(a (b)", "Write", "c)"]}
        ["--allowedTools", "Bash(a", "Write"] {"allowed_tools": ["Bash(a", "Write"]}
        ["--allowedTools", " \u00a0Read\u2003,\tWrite "] {"allowed_tools": ["Read", "Write"]}
        ["--disallowedTools", "Bash,mcp__*", "--disallowed-tools=Read"] {"disallowed_tools": ["Bash", "mcp__*", "Read"]}
        ["--allowedTools"] {"unknown_options": ["--allowedTools"]}
        ["--add-dir", "/a", "../b", "--add-dir=c d"] {"add_dirs": ["/a", "../b", "c d"]}
        ["--add-dir", "--", "/a"] {"add_dirs": ["--", "/a"]}
        ["--settings", "x"] {"loads_settings": true, "settings_options": ["--settings"]}
        ["--settings={}"] {"loads_settings": true, "settings_options": ["--settings"]}
        ["--mcp-config", "a", "b"] {"loads_settings": true, "settings_options": ["--mcp-config"]}
        ["--agents", "{}"] {"loads_settings": true, "settings_options": ["--agents"]}
        ["--plugin-dir", "p", "--plugin-url=u"] \#
        {"loads_settings": true, "settings_options": ["--plugin-dir", "--plugin-url"]}
        ["--managed-settings", "{}"] {"loads_settings": true, "settings_options": ["--managed-settings"]}
        ["--permission-prompt-tool", "mcp__x__y"] \#
        {"loads_settings": true, "settings_options": ["--permission-prompt-tool"]}
        ["--init"] {"loads_settings": true, "settings_options": ["--init"]}
        ["--await-initialize"] {"loads_settings": true, "settings_options": ["--await-initialize"]}
        ["--input-format", "stream-json"] {"loads_settings": true, "settings_options": ["--input-format"]}
        ["--input-format", "text"] {}
        ["--setting-sources", "user"] {}
        ["--setting-sources", ""] {}
        ["--bare", "--strict-mcp-config"] {}
        ["--setting-sources", "user,project"] {"loads_settings": true, "settings_options": ["--setting-sources"]}
        ["--setting-sources=local"] {"loads_settings": true, "settings_options": ["--setting-sources"]}
        ["--safe-mode", "--restricted"] {}
        ["-pn", "--settings", "x"] {"loads_settings": true, "settings_options": ["--settings"]}
        ["-p-", "--settings", "x"] {"loads_settings": true, "settings_options": ["--settings"]}
        ["-p", "--", "--settings", "x"] {}
        ["--model", "--settings", "x"] {"loads_settings": true, "settings_options": ["--settings"]}
        ["-p", "--append-system-prompt", "--settings is an option"] {}
        ["--bg", "x"] {"elsewhere": ["--bg"]}
        ["--background"] {"elsewhere": ["--bg"]}
        ["-w", "tree"] {"elsewhere": ["--worktree"]}
        ["-pw"] {"elsewhere": ["--worktree"]}
        ["--cloud=x", "--rc"] {"elsewhere": ["--cloud", "--remote-control"]}
        ["--sdk-url", "ws://x"] {"elsewhere": ["--sdk-url"]}
        ["-p", "update", "the", "readme"] {}
        ["-p", "say", "mcp"] {}
        """#

    @Test func argumentsAreReadAsTheCLIReadsThem() throws {
        let lines = Self.rows.split(separator: "\n")
        #expect(lines.count > 80)
        for line in lines {
            // The two values of a row, made into one.
            let text = line.replacing(/\] +{/, with: "], {", maxReplacements: 1)
            let row = try JSONReader().value(of: Array("[\(text)]".utf8)).array ?? []
            try #require(row.count == 2)
            let args = try #require(row[0].array).compactMap(\.string)
            let found = Dictionary(grouping: try differences(args).object ?? [], by: \.name)
            #expect(found == Dictionary(grouping: row[1].object ?? [], by: \.name), "\(line)")
        }
    }

    @Test(
        arguments: [
            (["mcp", "list"], "mcp"),
            (["--", "update"], "update"),
            (["--verbose", "plugin"], "plugin"),
            (["-cp", "doctor"], "doctor"),
            (["update", "-p"], "update"),
            (["-p", "cc://x"], "cc://x"),
        ] as [([String], String)])
    func aCommandOfTheCLIIsNoAgent(args: [String], command: String) throws {
        let name = JSONValue.string(command)
        let expected: JSONValue = [
            "loads_settings": true, "settings_options": [name], "subcommand": name, "unknown_options": [name],
        ]
        #expect(try differences(args) == expected)
    }

    @Test func whatSpawngateWritesItselfIsReadBackAsItWasMeant() throws {
        for mode in [nil, "plan", "acceptEdits"] as [String?] {
            for rules in [[], ["Read"], ["Bash(git diff:*)", "Read", "Bash(ls, -l)", "mcp__a__b"]] as [[String]] {
                let request = try StartRequest.made(prompt: "p", permissionMode: mode, allowedTools: rules)
                let profile = try #require(
                    AgentProfile(
                        command: "claude", executable: nil, args: request.effectiveArguments, environment: []))
                #expect(profile.permissionMode == mode)
                #expect(profile.allowedTools == rules)
                let names = rules.filter { !$0.hasPrefix("mcp__") }.map { String($0.prefix { $0 != "(" }) }
                #expect(profile.tools.map(Set.init) == (rules.isEmpty ? nil : Set(names)))
                #expect(!profile.loadsSettings && profile.unknownOptions.isEmpty && !profile.skipsPermissions)
            }
        }
    }

    @Test(
        arguments: [
            ("claude", nil, true), ("/opt/x/claude", nil, true), ("./claude", nil, true),
            ("claude", "/usr/bin/env", true),
            ("agent", "/opt/claude", true), ("agent", "/root/.local/share/claude/versions/2.1.331", true),
            ("agent", "/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js", true),
            ("env", "/usr/bin/env", false), ("sh", "/bin/dash", false), ("claude-code", nil, false),
            ("xclaude", nil, false),
            ("CLAUDE", nil, false), ("claud\u{435}", nil, false), ("claude\u{301}", nil, false), ("agent", nil, false),
            ("/claude/sh", "/claude/sh", false), ("", nil, false),
        ] as [(String, String?, Bool)])
    func theCLIIsKnownByItsNameAndByWhereItsFileLies(command: String, executable: String?, isClaude: Bool) {
        let profile = AgentProfile(command: command, executable: executable, args: [], environment: [])
        #expect((profile != nil) == isClaude)
    }

    @Test(arguments: [
        ("CLAUDE_CONFIG_DIR", true), ("CLAUDE_CODE_PLUGIN_DIRS", true), ("CLAUDE_CODE_TOMORROW", true), ("HOME", true),
        ("CLAUDE_CODE_SIMPLE", true), ("IS_SANDBOX", true), ("ANTHROPIC_API_KEY", false), ("PATH", false),
        ("CLAUDE_CODE_MAX_OUTPUT_TOKENS", false), ("claude_config_dir", false),
    ])
    func variablesThatConfigureTheCLIBringSettings(name: String, loads: Bool) throws {
        let found = try differences([], [NamedText(name: name, text: "x")])
        let expected: JSONValue = loads ? ["loads_settings": true, "settings_options": [.string(name)]] : [:]
        #expect(found == expected)
    }

    @Test func theSearchForWideningBeginsWithWhatTheArgumentsReallySay() throws {
        let plain = WideningRequest.plain
        let profile = AgentProfile(
            command: "claude", executable: nil, args: plain["args"]?.array?.compactMap(\.string) ?? [], environment: [])
        let members = Dictionary(grouping: try #require(profile).json.object ?? [], by: \.name)
        #expect(Dictionary(grouping: plain["agent"]?.object ?? [], by: \.name) == members)
    }

    private static let files: [ProjectFile] = [
        ProjectFile(path: "/s", kind: .settings), ProjectFile(path: "/m", kind: .servers),
        ProjectFile(path: "/e", kind: .extensions),
    ]

    @Test(
        arguments: [
            ([], ["/s", "/m", "/e"]), (["--permission-mode", "default"], ["/s", "/m", "/e"]),
            (["--setting-sources", "user"], []), (["--setting-sources", ""], []), (["--restricted"], []),
            (["--setting-sources= user , user"], []), (["--setting-sources", "User"], ["/s", "/m", "/e"]),
            (["--bare"], ["/s"]), (["--safe-mode"], ["/s"]), (["--strict-mcp-config"], ["/s", "/e"]),
            (["--setting-sources", "user", "--setting-sources", "project"], ["/s", "/m", "/e"]),
            (["--setting-sources", "project", "--setting-sources", "user"], []),
            // What only one of the CLI's two readers sees leaves nothing out.
            (["-pn", "--bare"], ["/s", "/m", "/e"]), (["-p-", "--restricted"], ["/s", "/m", "/e"]),
            (["--", "--restricted"], ["/s", "/m", "/e"]), (["--restricted=1"], ["/s", "/m", "/e"]),
            (["--setting-sources", "user", "-pn", "--setting-sources=project"], ["/s", "/m", "/e"]),
            (["--setting-sources", "project", "-pn", "--setting-sources=user"], ["/s", "/m", "/e"]),
        ] as [([String], [String])])
    func whatTheRepositoryBringsCountsUnlessTheArgumentsLeaveItOut(args: [String], loaded: [String]) throws {
        let profile = try #require(
            AgentProfile(command: "claude", executable: nil, args: args, environment: []) { _ in Self.files })
        #expect(profile.projectSettings == loaded)
        #expect(profile.loadsSettings == (!loaded.isEmpty || !profile.settingsOptions.isEmpty))
    }
}

extension JSONValue {
    fileprivate func member(_ name: String) -> JSONValue? { self[name] }
}

extension StartRequest {
    fileprivate static func made(
        prompt: String, permissionMode: String?, allowedTools: [String]
    ) throws -> StartRequest {
        var members: JSONValue = [
            "name": "x", "working_directory": "/", "prompt": .string(prompt),
            "allowed_tools": .array(allowedTools.map(JSONValue.string)),
        ]
        if let permissionMode {
            members = .object(
                (members.object ?? []) + [JSONMember(name: "permission_mode", value: .string(permissionMode))])
        }
        var json = JSONWriter()
        json.value(members)
        return try json.bytes.withUnsafeBytes { bytes in
            try JSONReader().read(bytes) { try StartRequest(params: $0) }
        }
    }
}
