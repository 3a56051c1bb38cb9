/// Variables by which a caller would configure the Claude CLI past the policies.
enum ClaudeVariable {
    /// Those that say only how much, how long or how loud.
    private static let harmless: Set<String> = [
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "CLAUDE_CODE_ENABLE_TELEMETRY", "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
        "CLAUDE_CODE_MAX_RETRIES", "CLAUDE_CODE_EFFORT_LEVEL", "CLAUDE_CODE_SUBAGENT_MODEL",
        "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_OAUTH_TOKEN",
    ]

    /// Whether the variable brings settings of the caller's own. The folder of the user's settings is one of them; of the
    /// CLI's own variables each counts that is not known to be harmless, for new ones come monthly.
    static func loadsSettings(_ name: String) -> Bool {
        if name == "HOME" || name == "IS_SANDBOX" { return true }
        return name.hasPrefix("CLAUDE") && !harmless.contains(name)
    }
}
