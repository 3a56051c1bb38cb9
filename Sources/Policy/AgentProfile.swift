package import Sessions
package import Wire

/// What the arguments of a start really ask of a known agent, whatever its fields claim (SPEC section 5,
/// `request.agent`).
///
/// One agent is known, the Claude CLI. A program that starts it in turn (`env claude`, `sh -c 'claude …'`,
/// `timeout 5 claude …`) is another program, of which nothing is claimed: which of those may run at all is what the list
/// of commands of a site decides.
package struct AgentProfile: Equatable, Sendable {
    /// The version of the CLI that all this was read from and is checked against (Tests/AgentTests).
    package static let versionChecked = "2.1.331"

    /// The last mode that the arguments name; nil where they name none, and settings decide.
    package var permissionMode: String?
    /// The built-in tools that the arguments leave; nil where they restrict none.
    package var tools: [String]?
    package var allowedTools: [String]
    package var disallowedTools: [String]
    /// As written: relative ones count from the working directory.
    package var addDirs: [String]
    /// Whether all permission checks are off, or can be turned off later.
    package var skipsPermissions: Bool
    /// Options, and variables of the caller's, that bring settings, hooks, MCP servers, plugins, agents or grants.
    package var settingsOptions: [String]
    /// Files in and above the working directory that the session will load, as they were found when it was asked for.
    package var projectSettings: [String]
    /// Options by which the work goes on outside this session.
    package var elsewhere: [String]
    /// A command of the CLI, which is then no agent.
    package var subcommand: String?
    package var unknownOptions: [String]

    /// Whether the session would load what the policies did not see.
    package var loadsSettings: Bool { !settingsOptions.isEmpty || !projectSettings.isEmpty }

    /// Whether a start runs the Claude CLI: by the name it is called by, or by where its real file lies.
    package static func isClaude(command: String, executable: String?) -> Bool {
        for path in [command, executable ?? ""] where path.split(separator: "/").last == "claude" { return true }
        guard let executable else { return false }
        return installations.contains { executable.contains($0) }
    }

    /// Folders in which the CLI's installers leave it under another name.
    private static let installations = [
        "/claude/versions/", "/@anthropic-ai/claude-code/", "/claude_agent_sdk/_bundled/",
    ]

    /// Reads the arguments back; nil where the program is no known agent.
    ///
    /// `environment` holds the variables that the caller adds. `projectFiles` looks for what a session in the working
    /// directory with those added folders would find there.
    package init?(
        command: String, executable: String?, args: [String], environment: [NamedText],
        projectFiles: (_ addDirs: [String]) -> [ProjectFile] = { _ in [] }
    ) {
        guard Self.isClaude(command: command, executable: executable) else { return nil }
        let arguments = ClaudeArguments(args)
        permissionMode =
            arguments.values(.permissionMode).last ?? arguments.values(.inheritedPermissionMode).last
        let skips = arguments.options.contains { $0.option.meaning == .skipsPermissions }
        skipsPermissions = skips || arguments.options.contains { $0.option.meaning == .allowsSkipping }
        // It comes before any mode, wherever it stands.
        if skips { permissionMode = "bypassPermissions" }
        tools = Self.tools(arguments)
        allowedTools = ClaudeToolList.split(arguments.values(.allowedTools))
        disallowedTools = ClaudeToolList.split(arguments.values(.disallowedTools))
        addDirs = arguments.values(.addDirs)
        subcommand = arguments.command
        unknownOptions = arguments.unknown + (subcommand.map { [$0] } ?? [])
        elsewhere = arguments.mentions(.elsewhere)
        settingsOptions = Self.settingsOptions(arguments, environment)
        projectSettings = projectFiles(addDirs).filter { $0.isLoaded(arguments) }.map(\.path)
    }

    private static func tools(_ arguments: ClaudeArguments) -> [String]? {
        guard arguments.options.contains(where: { $0.option.meaning == .tools }) else { return nil }
        let values = arguments.values(.tools)
        if values.joined(separator: " ").trimmed().lowercased() == "default" { return nil }
        return ClaudeToolList.split(values)
    }

    private static func settingsOptions(_ arguments: ClaudeArguments, _ environment: [NamedText]) -> [String] {
        var names = arguments.mentions(.loadsSettings)
        if arguments.values(.inputFormat).contains(where: { $0 != "text" }) { names.append("--input-format") }
        // Asked for by name, whatever is there now.
        if arguments.values(.settingSources).flatMap(sources).contains(where: { $0 != "user" }) {
            names.append("--setting-sources")
        }
        if let subcommand = arguments.command { names.append(subcommand) }
        return names + environment.map(\.name).filter(ClaudeVariable.loadsSettings)
    }

    /// What `--setting-sources` names.
    static func sources(_ value: String) -> [String] { value.split(separator: ",").map { String($0).trimmed() } }

    package var json: JSONValue {
        func list(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
        var members: [JSONMember] = []
        func add(_ name: String, _ value: JSONValue?) {
            if let value { members.append(JSONMember(name: name, value: value)) }
        }
        add("name", "claude")
        add("permission_mode", permissionMode.map(JSONValue.string))
        add("tools", tools.map(list))
        add("allowed_tools", list(allowedTools))
        add("disallowed_tools", list(disallowedTools))
        add("add_dirs", list(addDirs))
        add("skips_permissions", .bool(skipsPermissions))
        add("loads_settings", .bool(loadsSettings))
        add("settings_options", list(settingsOptions))
        add("project_settings", list(projectSettings))
        add("elsewhere", list(elsewhere))
        add("subcommand", subcommand.map(JSONValue.string))
        add("unknown_options", list(unknownOptions))
        return .object(members)
    }
}
