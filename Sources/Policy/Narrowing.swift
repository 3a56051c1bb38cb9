package import Sessions
package import Wire

/// What a start is granted in place of what was asked for, where policies let through less (`narrow`): the members of
/// the request that differ. That each lets through less was looked at by the policy worker.
package struct Narrowing: Equatable, Sendable {
    package private(set) var permissionMode: String?
    package private(set) var allowedTools: [String]?
    /// Real paths of the further write roots.
    package private(set) var writeRoots: [String]?
    /// The working directory is no write root any more.
    package private(set) var withdrawsRepository = false
    /// The arguments that follow, where they are others than those of the request.
    package internal(set) var args: [String]?

    /// Reads what a worker wrote, or what `json` made. Nil where it is not as agreed, or nothing.
    package init?(_ json: JSONView) {
        guard json.kind == .object, json.count > 0 else { return nil }
        var isAsAgreed = true
        json.forEachMember { name, value in
            switch name.string {
            case "permission_mode":
                permissionMode = value.string
                isAsAgreed = isAsAgreed && permissionMode != nil
            case "allowed_tools":
                allowedTools = Self.texts(value)
                isAsAgreed = isAsAgreed && allowedTools != nil
            case "write_roots":
                writeRoots = Self.texts(value)
                isAsAgreed = isAsAgreed && writeRoots != nil
            case "repository_write_allowed":
                withdrawsRepository = true
                isAsAgreed = isAsAgreed && value.bool == false
            case "args":
                args = Self.texts(value)
                isAsAgreed = isAsAgreed && args != nil
            default: isAsAgreed = false
            }
        }
        if !isAsAgreed { return nil }
    }

    private static func texts(_ list: JSONView) -> [String]? {
        guard list.kind == .array else { return nil }
        var texts: [String] = []
        list.forEachElement { if let text = $0.string { texts.append(text) } }
        return texts.count == list.count ? texts : nil
    }

    /// The members that differ, as a decision has them.
    package var json: JSONValue {
        func list(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
        let members: [(name: String, value: JSONValue?)] = [
            ("permission_mode", permissionMode.map(JSONValue.string)), ("allowed_tools", allowedTools.map(list)),
            ("write_roots", writeRoots.map(list)), ("repository_write_allowed", withdrawsRepository ? false : nil),
            ("args", args.map(list)),
        ]
        return .object(members.compactMap { name, value in value.map { JSONMember(name: name, value: $0) } })
    }

    /// The request with what was granted.
    package func applied(to request: StartRequest) -> StartRequest {
        var granted = request
        if let permissionMode { granted.permissionMode = permissionMode }
        if let allowedTools { granted.allowedTools = allowedTools }
        if withdrawsRepository { granted.repositoryWriteAllowed = false }
        return granted
    }

    // MARK: arguments

    /// Whether the agent is told of it by its arguments.
    var concernsArguments: Bool { permissionMode != nil || allowedTools != nil }

    /// Why it cannot be put in force.
    static let foreignArguments =
        "permission_mode and allowed_tools can be narrowed only where the server writes the arguments (the command is "
        + "claude, with a prompt and without args); deny this start instead"

    /// Lets the arguments follow. False where those of the request are not the server's own.
    mutating func rewriteArguments(of request: JSONView) -> Bool {
        guard let command = request["command"]?.string, let present = request["args"].flatMap(Self.texts),
            let tools = request["allowed_tools"].flatMap(Self.texts), request["prompt"]?.kind == .string
        else { return false }
        let mode = request["permission_mode"]?.string
        let asked = StartRequest.arguments(
            command: command, hasPrompt: true, permissionMode: mode, allowedTools: tools)
        guard !asked.isEmpty, asked == present, allowedTools.map({ $0.allSatisfy(StartRequest.isOneRule) }) ?? true
        else { return false }
        let granted = StartRequest.arguments(
            command: command, hasPrompt: true, permissionMode: permissionMode ?? mode,
            allowedTools: allowedTools ?? tools)
        args = granted == present ? nil : granted
        return true
    }
}
