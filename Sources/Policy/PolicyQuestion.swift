package import Sessions
package import Wire

/// Who asks.
package struct Principal: Equatable, Sendable {
    package let name: String
    /// In byte order.
    package let roles: [Role]
    /// "address:port" of the connection.
    package let address: String

    package init(name: String, roles: [Role], address: String) {
        self.name = name
        self.roles = roles.sorted { $0.rawValue < $1.rawValue }
        self.address = address
    }

    package var json: JSONValue {
        [
            "name": .string(name), "roles": .array(roles.map { .string($0.rawValue) }), "address": .string(address),
        ]
    }
}

/// What a principal may do (SPEC section 2).
package enum Role: String, CaseIterable, Sendable {
    case admin, auditor, operate = "operator", viewer
}

/// How many sessions run, at the moment of the question.
package struct RunningCounts: Equatable, Sendable {
    package var total = 0
    package var byPrincipal: [String: Int] = [:]
    package var byExecutive: [String: Int] = [:]
    package var byMission: [String: Int] = [:]

    package init() {}

    /// Counts a session in (+1) or out (-1).
    package mutating func add(_ change: Int, principal: String, executive: String, mission: String?) {
        total += change
        Self.add(change, principal, &byPrincipal)
        Self.add(change, executive, &byExecutive)
        if let mission { Self.add(change, mission, &byMission) }
    }

    private static func add(_ change: Int, _ key: String, _ counts: inout [String: Int]) {
        let count = (counts[key] ?? 0) + change
        counts[key] = count == 0 ? nil : count
    }

    var json: JSONValue {
        func object(_ counts: [String: Int]) -> JSONValue {
            .object(counts.map { JSONMember(name: $0.key, value: .integer(Int64($0.value))) })
        }
        return [
            "total": .integer(Int64(total)), "by_principal": object(byPrincipal), "by_executive": object(byExecutive),
            "by_mission": object(byMission),
        ]
    }
}

/// Everything that the policies see of one start (SPEC section 4, `request`).
package struct PolicyQuestion {
    package let request: StartRequest
    /// The real path of the program that will run, or nil where there is none of that name.
    package let executable: String?
    package let args: [String]
    /// Real paths, as read back from the handles that the session will use.
    package let workingDirectory: String
    package let writeRoots: [String]
    package let runtimeWriteRoot: String?
    package let principal: Principal
    /// Milliseconds since 1970.
    package let time: Int64
    package let running: RunningCounts
    /// Whether the kernel will hold the session to its write roots.
    package let isEnforced: Bool
    /// What the arguments ask of a known agent; nil where the program is none.
    package let agent: AgentProfile?

    package init(
        request: StartRequest, executable: String?, args: [String], workingDirectory: String, writeRoots: [String],
        runtimeWriteRoot: String?, principal: Principal, time: Int64, running: RunningCounts, isEnforced: Bool,
        agent: AgentProfile?
    ) {
        self.request = request
        self.executable = executable
        self.args = args
        self.workingDirectory = workingDirectory
        self.writeRoots = writeRoots
        self.runtimeWriteRoot = runtimeWriteRoot
        self.principal = principal
        self.time = time
        self.running = running
        self.isEnforced = isEnforced
        self.agent = agent
    }

    /// The `request` of the policies. What was not given is left out, which Lua reads as nil.
    package var json: JSONValue {
        var members: [JSONMember] = []
        func add(_ name: String, _ value: JSONValue?) {
            if let value { members.append(JSONMember(name: name, value: value)) }
        }
        add("name", .string(request.name))
        add("executive", .string(request.executive))
        add("mission_id", request.missionID.map(JSONValue.string))
        add("assignment_id", request.assignmentID.map(JSONValue.string))
        add("branch", request.branch.map(JSONValue.string))
        add("prompt", request.prompt.map(JSONValue.string))
        add("expects_report", .bool(request.expectsReport))
        add("labels", Self.object(request.labels))
        add("command", .string(request.command))
        add("executable", executable.map(JSONValue.string))
        add("args", .array(args.map(JSONValue.string)))
        add("working_directory", .string(workingDirectory))
        add("write_roots", .array(writeRoots.map(JSONValue.string)))
        add("permission_mode", request.permissionMode.map(JSONValue.string))
        add("allowed_tools", .array(request.allowedTools.map(JSONValue.string)))
        add("runtime_write_root", runtimeWriteRoot.map(JSONValue.string))
        add("repository_write_allowed", .bool(request.repositoryWriteAllowed))
        add("environment", Self.object(request.environment))
        add("timeout_ms", request.timeoutMilliseconds.map(JSONValue.integer))
        add("principal", principal.json)
        add(
            "time",
            ["unix": .integer(time / 1000), "iso": .string(Timestamp.text(milliseconds: time))])
        add("running", running.json)
        add("enforcement", ["available": .bool(isEnforced)])
        add("agent", agent?.json)
        return .object(members)
    }

    private static func object(_ texts: [NamedText]) -> JSONValue {
        .object(texts.map { JSONMember(name: $0.name, value: .string($0.text)) })
    }
}
