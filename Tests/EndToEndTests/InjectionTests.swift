import Platform
import TestSupport
import Testing
import Wire

/// Attempts to get more than the fields of a start say: by its arguments, its tool rules, its prompt, its environment,
/// its names. Each is asked of a server with the shipped policies.
@Suite(.timeLimit(.minutes(5))) struct InjectionTests {
    enum Verdict: Equatable, Sendable {
        case allowed
        /// By this rule at least.
        case denied(String)
        /// -32602, which blames this param.
        case refused(String?)

        /// `allowed`, `denied RULE`, `refused PARAM`, `refused`.
        init?(text: String) {
            let words = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = words.count > 1 ? words[1] : nil
            switch words.first {
            case "allowed": self = .allowed
            case "denied": self = .denied(name ?? "")
            case "refused": self = .refused(name)
            default: return nil
            }
        }
    }

    /// What is to come of it, and what is asked besides a plain start: a row a line.
    private static let rows = #"""
        "allowed"                 {"args": ["-p", "hello"]}
        "denied permission-mode"  {"args": ["--dangerously-skip-permissions"]}
        "denied permission-mode"  {"args": ["--allow-dangerously-skip-permissions"]}
        "denied permission-mode"  {"args": ["-p", "x", "--dangerously-skip-permissions"]}
        "allowed"                 {"args": ["-p", "--", "--dangerously-skip-permissions"]}
        "denied command"          {"args": ["-p", "--dangerously-skip-permissions=false"]}
        "denied permission-mode"  {"args": ["--permission-mode", "bypassPermissions"]}
        "denied permission-mode"  {"args": ["--permission-mode=bypassPermissions"]}
        "denied permission-mode"  {"args": ["--inherit-permission-mode", "auto"]}
        "denied permission-mode"  {"args": ["-p"], "permission_mode": "plan"}
        "allowed"                 {"args": ["--permission-mode", "plan"], "permission_mode": "plan"}
        "denied permission-mode"  {"args": ["--permission-mode", "acceptEdits"], "permission_mode": "plan"}
        "denied permission-mode"  {"permission_mode": "plan", "args": ["-p", "--permission-mode=auto"]}
        "denied permission-mode"  {"args": ["-pn", "--permission-mode", "plan"], "permission_mode": "plan"}
        "denied permission-mode"  {"args": ["-p-", "--permission-mode", "plan"], "permission_mode": "plan"}
        "denied command"          {"args": ["--PERMISSION-MODE", "plan"]}
        "denied command"          {"args": ["--permision-mode", "plan"]}
        "denied command"          {"args": ["--permission-mod=plan"]}
        "denied command"          {"args": ["-permission-mode", "plan"]}
        "denied command"          {"args": ["--permission-mode\u0301", "plan"]}
        "denied command"          {"args": ["--m\u00f6del", "x"]}
        "denied command"          {"args": ["--mo\u0308del", "x"]}
        "denied command"          {"args": ["--\uff54ools", "Bash"]}
        "denied command"          {"args": ["--\u0442ools", "Bash"]}
        "allowed"                 {"args": ["-p", "\u2010\u2010dangerously-skip-permissions"]}
        "denied command"          {"args": ["--settings", "{}"]}
        "denied command"          {"args": ["--settings={}"]}
        "denied command"          {"args": ["-pn", "--settings", "{}"]}
        "denied command"          {"args": ["-p-", "--settings={}"]}
        "denied command"          {"args": ["--setting-sources", "user,project,local"]}
        "denied command"          {"args": ["--mcp-config", "x.json"]}
        "denied command"          {"args": ["--agents={}"]}
        "denied command"          {"args": ["--plugin-dir", "x"]}
        "denied command"          {"args": ["--plugin-url=https://x"]}
        "denied command"          {"args": ["--managed-settings", "{}"]}
        "denied command"          {"args": ["--project-config-root", "/tmp"]}
        "denied command"          {"args": ["--permission-prompt-tool", "mcp__x__y"]}
        "denied command"          {"args": ["-p", "--input-format", "stream-json"]}
        "denied command"          {"args": ["-p", "--input-format=stream-json", "--await-initialize"]}
        "denied command"          {"args": ["--init-only"]}
        "denied command"          {"args": ["--proactivity", "high"]}
        "denied command"          {"args": ["--bg", "x"]}
        "denied command"          {"args": ["--cloud=x"]}
        "denied command"          {"args": ["-pw"]}
        "denied command"          {"args": ["--sdk-url", "ws://x"]}
        "denied command"          {"args": ["--remote-control"]}
        "denied command"          {"args": ["--tmux"]}
        "denied command"          {"args": ["mcp", "add", "x", "sh"]}
        "denied command"          {"args": ["--", "plugin", "install"]}
        "denied command"          {"args": ["update"]}
        "denied command"          {"args": ["daemon", "-p"]}
        "allowed"                 {"args": ["-p", "update"]}
        "denied command"          {"args": ["-p", "cc://x"]}
        "denied write-roots"      {"args": ["-p", "--add-dir", "/etc"]}
        "denied write-roots"      {"args": ["-p", "--add-dir", "x", "--add-dir=/"]}
        "denied write-roots"      {"args": ["-p", "--add-dir", "../.."]}
        "refused args"            {"args": ["-p", "a\u0000b"]}
        "refused args"            {"args": ["-p", 5]}
        "refused args"            {"args": "-p"}
        "allowed"                 {"command": "/bin/sh", "args": ["-c", "claude --dangerously-skip-permissions"]}
        "denied command"          {"command": "claude --dangerously-skip-permissions"}
        "denied command"          {"command": "claud\u0435"}
        "denied command"          {"command": "CLAUDE"}
        "refused command"         {"command": "claude\u0000x"}
        "denied command"          {"command": "nice", "args": ["claude"]}
        "allowed"                 {"allowed_tools": ["Read", "Bash(git diff:*)"]}
        "denied allowed-tools"    {"allowed_tools": ["Bash"]}
        "denied allowed-tools"    {"allowed_tools": ["Bash(*)"]}
        "denied allowed-tools"    {"allowed_tools": ["Bash(:*)"]}
        "denied allowed-tools"    {"allowed_tools": ["bash"]}
        "denied allowed-tools"    {"allowed_tools": ["mcp__x"]}
        "denied allowed-tools"    {"allowed_tools": ["Bash(git:* && rm)"]}
        "denied allowed-tools"    {"allowed_tools": ["WebFetch(domain:github.com.evil.org)"]}
        "refused allowed_tools"   {"allowed_tools": ["Read,Bash"]}
        "refused allowed_tools"   {"allowed_tools": ["Read Bash"]}
        "refused allowed_tools"   {"allowed_tools": ["Read", "--dangerously-skip-permissions"]}
        "refused allowed_tools"   {"allowed_tools": ["Read", "-p"]}
        "refused allowed_tools"   {"allowed_tools": ["default"]}
        "refused allowed_tools"   {"allowed_tools": ["DEFAULT"]}
        "refused allowed_tools"   {"allowed_tools": [""]}
        "refused allowed_tools"   {"allowed_tools": ["Bash(git (b),Bash,c)"]}
        "refused allowed_tools"   {"allowed_tools": ["Bash(git log) Bash"]}
        "refused allowed_tools"   {"allowed_tools": ["Bash("]}
        "refused allowed_tools"   {"allowed_tools": ["B\u0430sh(git:*)"]}
        "refused allowed_tools"   {"allowed_tools": ["Read\u0301"]}
        "refused allowed_tools"   {"allowed_tools": ["Read\n--tools"]}
        "refused allowed_tools"   {"allowed_tools": ["Rea\u0000d"]}
        "allowed"                 {"allowed_tools": ["Read"], "args": ["-p", "--tools=Read", "--allowedTools", "Read"]}
        "denied allowed-tools"    {"allowed_tools": ["Read"], "args": ["--tools=Read", "--allowedTools=Read,Edit"]}
        "denied allowed-tools"    {"allowed_tools": ["Read"], "args": ["--tools=Read", "--allowed-tools=Read,Write"]}
        "denied allowed-tools"    {"allowed_tools": ["Read"], "args": ["-p", "--tools=Read", "--tools", "Bash"]}
        "denied allowed-tools"    {"allowed_tools": ["Read"], "args": ["-p", "--tools", "default"]}
        "denied allowed-tools"    {"allowed_tools": ["Read"], "args": ["-p", "--allowedTools", "Read"]}
        "allowed"                 {"allowed_tools": ["Read"], "args": ["-p", "--tools=Read", "Bash"]}
        "denied allowed-tools"    {"allowed_tools": [], "args": ["-p", "--allowedTools", "Bash"]}
        "allowed"                 {}
        "allowed"                 {"prompt": "--dangerously-skip-permissions"}
        "allowed"                 {"prompt": "-"}
        "allowed"                 {"prompt": "x\n--settings {}"}
        "refused prompt"          {"prompt": "a\u0000b"}
        "allowed"                 {"permission_mode": "plan"}
        "allowed"                 {"permission_mode": " plan\n"}
        "denied permission-mode"  {"permission_mode": "Plan"}
        "denied permission-mode"  {"permission_mode": "plan,auto"}
        "denied permission-mode"  {"permission_mode": "plan --dangerously-skip-permissions"}
        "denied permission-mode"  {"permission_mode": "--dangerously-skip-permissions"}
        "denied permission-mode"  {"permission_mode": "pl\u0430n"}
        "denied permission-mode"  {"permission_mode": "plan\u0301"}
        "refused permission_mode" {"permission_mode": ["plan"]}
        "refused permission_mode" {"permission_mode": true}
        "refused permision_mode"  {"permision_mode": "plan"}
        "refused Permission_mode" {"Permission_mode": "plan"}
        "refused permission_mode "{"permission_mode ": "plan"}
        "refused permission_mod\u00e9"{"permission_mod\u00e9": "plan"}
        "refused permission_mode\u0301"{"permission_mode\u0301": "plan"}
        "refused permission-mode" {"permission-mode": "plan"}
        "refused agent"           {"agent": {}}
        "denied working-directory"{"working_directory": "/etc"}
        "denied working-directory"{"working_directory": "/tmp/../etc"}
        "refused working_directory"{"working_directory": "tmp"}
        "refused working_directory"{"working_directory": "/proc/self/root/tmp"}
        "denied write-roots"      {"write_roots": ["/etc"]}
        "denied write-roots"      {"runtime_write_root": "/tmp/../etc"}
        "refused environment"     {"environment": {"LD_PRELOAD": "x"}}
        "refused environment"     {"environment": {"ld_preload": "x"}}
        "refused environment"     {"environment": {"LD_AUDIT": "x"}}
        "refused environment"     {"environment": {"LD_LIBRARY_PATH": "x"}}
        "refused environment"     {"environment": {"BASH_ENV": "x"}}
        "refused environment"     {"environment": {"bash_env": "x"}}
        "refused environment"     {"environment": {"ENV": "x"}}
        "refused environment"     {"environment": {"IFS": "x"}}
        "refused environment"     {"environment": {"NODE_OPTIONS": "x"}}
        "refused environment"     {"environment": {"Node_Options": "x"}}
        "refused environment"     {"environment": {"PYTHONPATH": "x"}}
        "refused environment"     {"environment": {"PERL5OPT": "x"}}
        "refused environment"     {"environment": {"GIT_SSH_COMMAND": "x"}}
        "refused environment"     {"environment": {"GIT_CONFIG_COUNT": "x"}}
        "refused environment"     {"environment": {"BASH_FUNC_ls%%": "x"}}
        "refused environment"     {"environment": {"TMPDIR": "x"}}
        "refused environment"     {"environment": {"SPAWNGATE_SESSION_ID": "x"}}
        "refused environment"     {"environment": {"": "x"}}
        "refused environment"     {"environment": {"A=B": "x"}}
        "refused environment"     {"environment": {"A\nB": "x"}}
        "refused environment"     {"environment": {"A B": "x"}}
        "refused environment"     {"environment": {"1A": "x"}}
        "refused environment"     {"environment": {"\u00c9": "x"}}
        "refused environment"     {"environment": {"A\u0301": "x"}}
        "refused environment"     {"environment": {"LD_PRELOAD=x": "x"}}
        "refused environment"     {"environment": {"=x": "x"}}
        "refused environment"     {"environment": {"A.B": "x"}}
        "refused environment"     {"environment": {"\uff2cD_PRELOAD": "x"}}
        "allowed"                 {"environment": {"A": "x\nLD_PRELOAD=y"}}
        "allowed"                 {"environment": {"A": "x=y"}}
        "allowed"                 {"environment": {"A": ""}}
        "allowed"                 {"environment": {"A": "\ud83d\ude00'\"$(id)"}}
        "refused environment"     {"environment": {"A": "x\u0000LD_PRELOAD=y"}}
        "refused environment"     {"environment": {"A\u0000": "x"}}
        "refused environment"     {"environment": {"A": 1}}
        "denied command"          {"environment": {"CLAUDE_CONFIG_DIR": "/tmp"}}
        "denied command"          {"environment": {"CLAUDE_CODE_PLUGIN_DIRS": "/tmp"}}
        "denied command"          {"environment": {"HOME": "/tmp"}}
        """#

    @Test func noneOf80AttemptsGetsMoreThanItsFieldsSay() throws {
        let programs = try TemporaryFolder()
        try programs.write("claude", "#!/bin/sh\n", permissions: 0o755)
        let server = try RunningServer(policies: ShippedPolicies.texts(programFolders: [programs.path]))
        let plain: JSONValue = [
            "name": "x", "working_directory": .string(server.workFolder), "command": .string("\(programs.path)/claude"),
            "prompt": "do",
        ]
        let rows = Self.rows.split(separator: "\n")
        #expect(rows.count >= 80)
        for row in rows {
            let pair = row.replacing(/" *{/, with: "\", {", maxReplacements: 1)
            let values = try #require(try JSONValue(text: "[\(pair)]").array)
            try #require(values.count == 2)
            let expected = try #require(Verdict(text: values[0].string ?? ""))
            #expect(try verdict(server, plain.with(values[1]), expected) == expected, "\(row)")
        }
        #expect(try server.call("session.list")["sessions"]?.array?.isEmpty == true)
    }

    @Test func inARepositoryThatNobodyTrustsItsSettingsAreNotLoaded() throws {
        let programs = try TemporaryFolder()
        try programs.write("claude", "#!/bin/sh\n", permissions: 0o755)
        var policies = try ShippedPolicies.texts(programFolders: [programs.path])
        let server = try RunningServer(policies: policies)
        func ask(_ folder: String, _ args: [String]? = nil) throws -> Verdict {
            var params: JSONValue = [
                "name": "x", "working_directory": .string("\(server.workFolder)/\(folder)"),
                "command": .string("\(programs.path)/claude"), "prompt": "do",
            ]
            params = params.with("args", args.map { .array($0.map(JSONValue.string)) })
            return try verdict(server, params, .denied("command"))
        }
        for folder in [
            "plain/sub", "hooks/sub", "servers/a/b", "local/sub", "commands/.git", "commands/sub", "tree", "linked",
        ] {
            _ = try server.folder.makeFolder("work/\(folder)")
        }
        try server.folder.write("work/plain/.claude/CLAUDE.md", "Be kind.")
        try server.folder.write("work/hooks/.claude/settings.json", "{}")
        try server.folder.write("work/servers/.mcp.json", "{}")
        try server.folder.write("work/local/.git/HEAD", "x")
        try server.folder.write("work/local/.claude/settings.local.json", "{}")
        try server.folder.write("work/local/.git/worktrees/tree/HEAD", "x")
        try server.folder.write("work/tree/.git", "gitdir: \(server.workFolder)/local/.git/worktrees/tree\n")
        try server.folder.write("work/linked/.git", "gitdir: ../local/.git/worktrees/tree\n")
        try server.folder.write("work/commands/.claude/commands/go.md", "Go.")

        #expect(try ask("plain") == .allowed)
        #expect(try ask("plain/sub") == .allowed)
        // The CLI reads settings in the working directory alone, and the others above it too.
        #expect(try ask("hooks/sub") == .allowed)
        for folder in [
            "hooks", "servers", "servers/a/b", "local", "local/sub", "commands", "commands/sub", "tree", "linked",
        ] {
            #expect(try ask(folder) == .denied("command"), "\(folder)")
            #expect(try ask(folder, ["-p", "--setting-sources", "user"]) == .allowed, "\(folder)")
        }
        #expect(try ask("hooks", ["-p", "--bare"]) == .denied("command"))
        #expect(try ask("servers", ["-p", "--strict-mcp-config"]) == .allowed)
        #expect(try ask("plain", ["-p", "--add-dir", "../commands"]) == .denied("command"))

        policies["lib/site.lua"]?.replace(
            "return site", with: "site.trusted_repositories = { \"\(server.workFolder)/hooks\" }\nreturn site")
        for (name, text) in policies { try server.savePolicy(name, text) }
        try server.call("policy.reload")
        #expect(try ask("hooks") == .allowed)
        #expect(try ask("servers") == .denied("command"))
    }

    /// How it came out, in the terms of what is expected.
    private func verdict(_ server: RunningServer, _ params: JSONValue, _ expected: Verdict) throws -> Verdict {
        let decision: JSONValue
        do {
            decision = try server.call("policy.check", params)
        } catch let refusal as Refusal {
            #expect(refusal.code == -32602, "\(refusal)")
            return .refused(refusal.data["param"]?.string)
        }
        let denials = (decision["policies"]?.array ?? []).flatMap { $0["denials"]?.array ?? [] }
        let rules = denials.compactMap { $0["rule"]?.string }
        switch decision["verdict"]?.string {
        case "allow": return .allowed
        case "deny":
            if case .denied(let rule) = expected, rules.contains(rule) { return expected }
            return .denied(rules.joined(separator: ", "))
        default: throw TimedOut("a verdict; it was \(decision.text)")
        }
    }
}
