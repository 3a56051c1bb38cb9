package import Wire

/// What a caller asks `session.start` for: parsed, bounded and typed. One that breaks a rule cannot be built.
package struct StartRequest: Equatable, Sendable {
    package var name: String
    /// As the caller wrote it; the server judges and uses the folder that it opens under this name.
    package var workingDirectory: String
    package var command: String
    /// Nil where the caller gave none, and the command's own default counts.
    package var args: [String]?
    package var prompt: String?
    package var executive: String
    package var missionID: String?
    package var assignmentID: String?
    package var branch: String?
    package var createdBy: String?
    package var permissionMode: String?
    package var allowedTools: [String]
    package var runtimeWriteRoot: String?
    package var writeRoots: [String]
    package var repositoryWriteAllowed: Bool
    package var expectsReport: Bool
    /// In byte order of the names.
    package var environment: [NamedText]
    /// Milliseconds after which the session is stopped.
    package var timeoutMilliseconds: Int64?
    /// In byte order of the names.
    package var labels: [NamedText]
    package var idempotencyKey: String?
}

/// A name with its text: one variable of an environment, or one label.
package struct NamedText: Equatable, Sendable {
    package let name: String
    package let text: String

    package init(name: String, text: String) {
        self.name = name
        self.text = text
    }
}

/// The bounds of one start request.
package enum StartLimits {
    package static let textBytesMax = 4096
    package static let argumentsMax = 1024
    /// MAX_ARG_STRLEN of Linux is 128 KiB with the NUL: execve refuses a longer one.
    package static let argumentBytesMax = 128 * 1024 - 1
    package static let environmentMax = 256
    package static let labelsMax = 64
    package static let rulesMax = 256
    package static let writeRootsMax = 64
    /// Ten years; more is a mistake in units.
    package static let timeoutMillisecondsMax: Int64 = 10 * 365 * 86_400_000
}

extension StartRequest {
    /// The one table of the members of `session.start`.
    private static let members: [StaticString] = [
        "name", "working_directory", "command", "args", "prompt", "executive", "mission_id", "assignment_id", "branch",
        "created_by", "permission_mode", "allowed_tools", "runtime_write_root", "write_roots",
        "repository_write_allowed", "expects_report", "environment", "timeout_ms", "labels", "idempotency_key",
    ]

    /// Reads the params of `session.start`. Throws -32602 with one sentence and the param that is to blame.
    package init(params: JSONView?) throws(RPCError) {
        let params = try ParamReader(params, known: Self.members)
        guard let name = try params.text("name") else {
            throw RPCError.invalidParams("A session name is required.", param: "name")
        }
        guard let folder = try params.text("working_directory") else {
            throw RPCError.invalidParams("A working_directory is required.", param: "working_directory")
        }
        self.name = name
        workingDirectory = folder
        command = try params.text("command") ?? "claude"
        args = try params.list("args", countMax: StartLimits.argumentsMax, bytesMax: StartLimits.argumentBytesMax)
        prompt = try params.text("prompt", bytesMax: .max)
        executive = try params.text("executive") ?? "Unassigned"
        missionID = try params.text("mission_id")
        assignmentID = try params.text("assignment_id")
        branch = try params.text("branch")
        createdBy = try params.text("created_by")
        permissionMode = try params.text("permission_mode")
        allowedTools = try params.trimmedList("allowed_tools", countMax: StartLimits.rulesMax)
        runtimeWriteRoot = try params.text("runtime_write_root")
        writeRoots = try params.trimmedList("write_roots", countMax: StartLimits.writeRootsMax)
        repositoryWriteAllowed = try params.flag("repository_write_allowed") ?? true
        expectsReport = try params.flag("expects_report") ?? false
        environment = try params.texts(
            "environment", countMax: StartLimits.environmentMax, bytesMax: StartLimits.argumentBytesMax)
        timeoutMilliseconds = try params.integer("timeout_ms", in: 1...StartLimits.timeoutMillisecondsMax)
        labels = try params.texts("labels", countMax: StartLimits.labelsMax, bytesMax: StartLimits.textBytesMax)
        idempotencyKey = try params.text("idempotency_key")
        if Self.isClaude(command), args == nil, prompt != nil,
            let rule = allowedTools.first(where: { !Self.isOneRule($0) })
        {
            throw RPCError.invalidParams(
                "allowed_tools has \(rule), which is not one tool rule.", param: "allowed_tools")
        }
        for variable in environment {
            if let objection = EnvironmentRule.objection(to: variable.name) {
                throw RPCError.invalidParams(objection, param: "environment")
            }
        }
    }

    /// The arguments that the program will really get (SPEC section 3, args).
    package var effectiveArguments: [String] {
        args
            ?? Self.arguments(
                command: command, hasPrompt: prompt != nil, permissionMode: permissionMode, allowedTools: allowedTools)
    }

    /// The arguments of a program that is started without any: those of the Claude CLI, where it has a prompt.
    package static func arguments(
        command: String, hasPrompt: Bool, permissionMode: String?, allowedTools: [String]
    ) -> [String] {
        guard isClaude(command), hasPrompt else { return [] }
        var arguments = ["--print", "--verbose"]
        if let permissionMode { arguments += ["--permission-mode", permissionMode] }
        if !allowedTools.isEmpty {
            // --allowedTools alone pre-approves and does not restrict: --tools does, and takes bare names only.
            arguments += ["--tools", builtInToolNames(allowedTools).joined(separator: ",")]
            arguments += ["--allowedTools"] + allowedTools
        }
        return arguments
    }

    /// Whether the Claude CLI reads a text as exactly one rule, `NAME` or `NAME(SPECIFIER)`, when it is one element of
    /// argv: it takes one that begins with `-` for an option, splits at commas and spaces outside parentheses (of which
    /// the first to close ends all), and understands `default` as every tool (seen with 2.1.331).
    package static func isOneRule(_ rule: String) -> Bool {
        let bytes = Array(rule.utf8)
        let nameEnd = bytes.firstIndex(of: UInt8(ascii: "(")) ?? bytes.count
        let name = String(decoding: bytes[..<nameEnd], as: UTF8.self)
        let isName =
            name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: "*"):
                    true
                default: false
                }
            } && name.utf8.first.map { $0 != UInt8(ascii: "-") } ?? false && name.lowercased() != "default"
        guard isName, nameEnd < bytes.count else { return isName }
        // One pair of parentheses around all of the rest, and something in it.
        var depth = 0
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
            if index >= nameEnd, depth == 0, index < bytes.count - 1 { return false }
        }
        return depth == 0 && bytes.last == UInt8(ascii: ")") && bytes.count > nameEnd + 2
            && ClaudeToolList.split([rule]).count == 1
    }

    private static func isClaude(_ command: String) -> Bool { command == "claude" || command.hasSuffix("/claude") }

    /// The names of the rules without their specifiers, once each; MCP tools are not built in.
    private static func builtInToolNames(_ rules: [String]) -> [String] {
        var names: [String] = []
        for rule in rules {
            let name = String(rule.prefix { $0 != "(" })
            if !name.hasPrefix("mcp__"), !names.contains(name) { names.append(name) }
        }
        return names
    }
}
