/// One option of the Claude CLI: how many values it takes, and what it means for a policy.
struct ClaudeOption: Sendable {
    /// How the CLI reads what follows the option.
    enum Arity: Sendable {
        /// `--verbose`; `--verbose=x` is no option.
        case flag
        /// `--model M` takes the next argument whatever it is, `--model=M` and `-nM` what stands there.
        case one
        /// `--debug F` takes the next argument where it does not begin with `-`.
        case optional
        /// As `one`, and then every further argument that does not begin with `-`; `--tools=A` takes A alone.
        case variadic
    }

    enum Meaning: Sendable {
        /// Nothing that a policy has to know: models, prompts, output, limits.
        case nothing
        case prints
        case permissionMode
        /// A mode as well, where nothing else configures one.
        case inheritedPermissionMode
        case skipsPermissions
        case allowsSkipping
        case tools
        case allowedTools
        case disallowedTools
        case addDirs
        case settingSources
        /// Leaves out the settings files of the user, the repository and the machine's local ones.
        case restricted
        /// Leaves out hooks, commands, agents and MCP servers of the repository, not its settings.
        case bare
        /// Leaves out the repository's .mcp.json.
        case strictMCP
        /// Brings settings, hooks, MCP servers, plugins, agents or grants of its own.
        case loadsSettings
        /// `stream-json`: control requests on standard input can set modes, hooks and MCP servers.
        case inputFormat
        /// The work goes on in another process, another folder or on another machine, or is steered from there.
        case elsewhere
    }

    /// The first of its names, for messages.
    let name: String
    let arity: Arity
    let meaning: Meaning

    /// Every option of that version by every name, the hidden ones too. One line for each arity and meaning; other names
    /// of an option stand behind `|`. The CLI takes no abbreviations.
    static let byName: [String: ClaudeOption] = {
        let lines: [(Arity, Meaning, String)] = [
            (.flag, .prints, "--print|-p"),
            (.one, .permissionMode, "--permission-mode"),
            (.one, .inheritedPermissionMode, "--inherit-permission-mode"),
            (.flag, .skipsPermissions, "--dangerously-skip-permissions"),
            (.flag, .allowsSkipping, "--allow-dangerously-skip-permissions"),
            (.variadic, .tools, "--tools"),
            (.variadic, .allowedTools, "--allowedTools|--allowed-tools"),
            (.variadic, .disallowedTools, "--disallowedTools|--disallowed-tools"),
            (.variadic, .addDirs, "--add-dir"),
            (.one, .settingSources, "--setting-sources"),
            (.flag, .restricted, "--restricted"),
            (.flag, .bare, "--bare --safe-mode"),
            (.flag, .strictMCP, "--strict-mcp-config"),
            (.one, .inputFormat, "--input-format"),
            (
                .one, .loadsSettings,
                """
                --settings --managed-settings --plugin-dir --plugin-dir-no-mcp --plugin-url --agents \
                --project-config-root --permission-prompt-tool --initialize-fields --client-data-url --proactivity
                """
            ),
            (.variadic, .loadsSettings, "--mcp-config --channels --dangerously-load-development-channels"),
            (
                .flag, .loadsSettings,
                """
                --managed-settings-in-initialize --await-initialize --await-claim --init --init-only --maintenance \
                --enable-auto-mode
                """
            ),
            (
                .flag, .elsewhere,
                "--bg|--background --tmux --desktop --ide --chrome --agents-view-if-allowed --plan-mode-required"
            ),
            (
                .one, .elsewhere,
                """
                --environment --pool --sdk-url --attach-serve --messaging-socket-path --agent-id --agent-name \
                --team-name --agent-type --parent-session-id --lead-verify-key --teammate-mode
                """
            ),
            (.optional, .elsewhere, "--worktree|-w --cloud --remote --teleport --remote-control|--rc"),
            (.optional, .nothing, "--debug|-d --resume|-r --from-pr --prompt-suggestions"),
            (.variadic, .nothing, "--betas --file"),
            (
                .flag, .nothing,
                """
                --help|-h --version|-v --debug-to-stderr|-d2e --verbose --include-hook-events \
                --include-partial-messages --forward-subagent-text --session-mirror --replay-user-messages \
                --enable-auth-status --exclude-dynamic-system-prompt-sections --continue|-c --fork-session \
                --deep-link-origin --no-session-persistence --reply-on-resume --include-unsupported-models \
                --allow-other-models --host-auth-is-org-sign-in --ignore-persisted-trust --disable-slash-commands \
                --no-chrome --brief --ax-screen-reader --hold-repository-while-parked
                """
            ),
            (
                .one, .nothing,
                """
                --debug-file --output-format --json-schema --thinking --thinking-display --max-thinking-tokens \
                --max-turns --max-budget-usd --task-budget --permission-prompts --system-prompt \
                --system-prompt-file --append-system-prompt --append-system-prompt-file --system-prompt-snapshot \
                --append-subagent-system-prompt --append-subagent-system-prompt-file --plan-mode-instructions \
                --watch-artifact --watch-artifact-no-autoreact --prefill --deep-link-repo --deep-link-last-fetch \
                --prefill-b64 --deep-link-cwd-b64 --resume-session-at --resume-drops-turn --rewind-files --model \
                --effort --fast-mode --agent --fallback-model --workload --session-id --name|-n --advisor \
                --autocompact --agent-color --runner-declares --session-began-as-copy --forward-home-settings \
                --correlation-id --metadata --ref --on-branch --remote-control-session-name-prefix
                """
            ),
        ]
        var options: [String: ClaudeOption] = [:]
        for (arity, meaning, words) in lines {
            for word in words.split(separator: " ") {
                let names = word.split(separator: "|").map(String.init)
                for name in names { options[name] = ClaudeOption(name: names[0], arity: arity, meaning: meaning) }
            }
        }
        return options
    }()

    /// The option of that name. The name is compared as bytes: Swift would take U+212A for a K.
    static func named(_ name: some StringProtocol) -> ClaudeOption? {
        name.utf8.allSatisfy { $0 < 0x80 } ? byName[String(name)] : nil
    }

    /// First words that make the CLI do something else than a session: its commands, the hidden ones too, and what its
    /// entry looks for before it reads options.
    static let commands: Set<String> = [
        "agents", "apply-project-settings", "attach", "auth", "auto-mode", "bridge", "daemon", "design-login", "doctor",
        "edit-chrome-settings", "edit-hook", "edit-memory-settings", "edit-permission-rules", "edit-sandbox-settings",
        "edit-skill-overrides", "gateway", "help", "import", "import-conversations", "install", "kill", "logs", "mcp",
        "open", "plugin", "plugins", "project", "purge", "rc", "remote", "remote-control", "respawn", "rm", "sandbox",
        "self-hosted-runner", "setup-token", "ssh", "stop", "sync", "ultrareview", "update", "upgrade",
        "workspace-trust", "worktree-hook",
    ]
}
