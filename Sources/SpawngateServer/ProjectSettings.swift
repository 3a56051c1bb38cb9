internal import Platform
internal import Policy
internal import Sessions

/// What the Claude CLI would take from the repository of a session: settings, hooks, MCP servers, commands.
///
/// It is looked for where the CLI looks (2.1.331): settings in the working directory, local ones at the top of the
/// repository and in the main work tree as well, MCP servers in every folder above, commands and the like up to the top.
/// What comes there after the look, the CLI finds and the policies did not see: a caller that may write to the folder
/// already can do this.
struct ProjectSettings {
    private(set) var files: [ProjectFile] = []
    private let folder: ResolvedPath
    /// The folder of the user's own settings, which are nobody's repository's.
    private let configurationFolder: String?

    /// Looks from the folder that the session will get, by its handle.
    init(_ launch: SessionLaunch, addDirs: [String]) {
        folder = launch.workingDirectory
        func variable(_ name: String) -> String? { launch.environment.first { $0.name == name }?.text }
        configurationFolder = variable("CLAUDE_CONFIG_DIR") ?? variable("HOME").map { "\($0)/.claude" }
        lookUpwards()
        for added in addDirs { look(in: "\(added)/.claude", named: "\(added)/.claude", ["settings.json"]) }
    }

    private mutating func lookUpwards() {
        var place = folder.path == "/" ? "" : folder.path
        var up = ""
        var isBelowTop = true
        while true {
            if folder.has("\(up).mcp.json") { files.append(ProjectFile(path: "\(place)/.mcp.json", kind: .servers)) }
            if isBelowTop {
                let isTop = folder.has("\(up).git")
                var settings: [String] = up.isEmpty ? ["settings.json"] : []
                if up.isEmpty || isTop { settings.append("settings.local.json") }
                look(in: "\(up).claude", named: "\(place)/.claude", settings)
                if isTop { lookInMainWorkTree(from: up) }
                isBelowTop = !isTop
            }
            if place.isEmpty { return }
            place = place == "/" || File.parent(of: place) == "/" ? "" : File.parent(of: place)
            up += "../"
        }
    }

    private mutating func look(in relative: String, named name: String, _ settings: [String]) {
        guard name != configurationFolder, folder.has(relative) else { return }
        for file in settings where folder.has("\(relative)/\(file)") {
            files.append(ProjectFile(path: "\(name)/\(file)", kind: .settings))
        }
        for file in ProjectFile.extensions where folder.has("\(relative)/\(file)") {
            files.append(ProjectFile(path: "\(name)/\(file)", kind: .extensions))
        }
    }

    /// A linked work tree has a file `.git` that names the repository, and takes local settings from its main work tree.
    private mutating func lookInMainWorkTree(from up: String) {
        guard let text = folder.smallText("\(up).git"), text.hasPrefix("gitdir: "),
            let end = text.firstRange(of: "/.git/worktrees/")
        else { return }
        let written = String(text[..<end.lowerBound].dropFirst("gitdir: ".count))
        let main = written.hasPrefix("/") ? written : "\(up)\(written)"
        look(in: "\(main)/.claude", named: "\(main)/.claude", ["settings.local.json"])
    }
}
