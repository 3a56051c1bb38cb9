/// A file or folder in or above the working directory that the Claude CLI takes settings from, with nobody asked where it
/// runs with `-p` (seen with 2.1.331).
package struct ProjectFile: Equatable, Sendable {
    package enum Kind: Sendable {
        /// `.claude/settings.json`, `.claude/settings.local.json`: modes, grants, hooks, variables, plugins.
        case settings
        /// `.mcp.json`: programs to start.
        case servers
        /// `.claude/commands` and the like: instructions with grants of their own.
        case extensions
    }

    package let path: String
    package let kind: Kind

    package init(path: String, kind: Kind) {
        self.path = path
        self.kind = kind
    }

    /// In `.claude`, in the working directory and above it.
    package static let settings = ["settings.json", "settings.local.json"]
    package static let extensions = [
        "agents", "commands", "hooks", "output-styles", "plugins", "routines", "skills", "workflows",
    ]

    /// Whether a session with these arguments takes it up.
    func isLoaded(_ arguments: ClaudeArguments) -> Bool {
        if arguments.has(.restricted) { return false }
        if let sources = arguments.lastValue(.settingSources),
            AgentProfile.sources(sources).allSatisfy({ $0 == "user" })
        {
            return false
        }
        switch kind {
        case .settings: return true
        case .servers: return !arguments.has(.bare) && !arguments.has(.strictMCP)
        case .extensions: return !arguments.has(.bare)
        }
    }
}
