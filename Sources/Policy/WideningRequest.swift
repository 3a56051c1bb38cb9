package import Wire

/// The `request` of the policies as the search sees it: a plain one, and what in a request follows from the rest.
///
/// The arguments of the Claude CLI, and what they say of it, follow from the fields where the caller gives none of its
/// own. A search that changed the one without the other would find requests that no start can have.
package enum WideningRequest {
    /// A start with nothing special about it; what is found is made as similar to it as it can be.
    package static let plain: JSONValue = following([
        "name": "x", "executive": "Unassigned", "expects_report": false, "labels": [:], "command": "claude",
        "executable": "/usr/local/bin/claude", "args": [], "working_directory": "/", "write_roots": [],
        "allowed_tools": [], "repository_write_allowed": true, "environment": [:],
        "principal": ["name": "x", "roles": ["operator"], "address": "127.0.0.1:1"],
        "time": ["unix": 1_700_000_000, "iso": "2023-11-14T22:13:20.000Z"],
        "running": ["total": 0, "by_principal": [:], "by_executive": [:], "by_mission": [:]],
        "enforcement": ["available": true],
    ])

    /// The members in which a request is not as plain as its other members let it be; those of an object within as
    /// `principal.roles`.
    package static func differences(of request: JSONValue) -> [JSONMember] {
        let plain = plainest(beside: request)
        return (request.object ?? []).filter { $0.value != plain[$0.name] }.flatMap { member in
            let inner = (member.value.object ?? []).filter { $0.value != plain[member.name]?[$0.name] }
                .map { JSONMember(name: "\(member.name).\($0.name)", value: $0.value) }
            return inner.isEmpty ? [member] : inner
        }
    }

    /// The plain request, with what follows from the fields of another.
    static func plainest(beside request: JSONValue) -> JSONValue {
        plain.setting("agent", agent(for: request)).setting("args", arguments(for: request))
    }

    static func isClaude(_ request: JSONValue) -> Bool {
        guard let command = request["command"]?.string else { return false }
        return command == "claude" || command.hasSuffix("/claude")
    }

    /// The request with arguments and agent as its fields have them.
    static func following(_ request: JSONValue) -> JSONValue {
        request.setting("agent", agent(for: request)).setting("args", arguments(for: request))
    }

    /// What the server makes of the fields where the caller gives no arguments (`StartRequest.effectiveArguments`), and
    /// the options by which a caller makes the agent what it is besides.
    static func arguments(for request: JSONValue) -> JSONValue {
        guard isClaude(request) else { return [] }
        var arguments: [JSONValue] = []
        if request["prompt"] != nil {
            arguments += ["--print", "--verbose"]
            if let mode = request["permission_mode"] { arguments += ["--permission-mode", mode] }
            let rules = request["allowed_tools"]?.array ?? []
            if !rules.isEmpty { arguments += tools(toolNames(rules)) + ["--allowedTools"] + rules }
        }
        return .array(arguments + options(of: request["agent"], beside: agent(for: request)))
    }

    private static func options(of agent: JSONValue?, beside following: JSONValue?) -> [JSONValue] {
        guard let agent, let following, agent != following else { return [] }
        var options: [JSONValue] = []
        for member in agent.object ?? [] where member.value != following[member.name] {
            let list = member.value.array ?? []
            switch member.name {
            case "permission_mode": options += ["--permission-mode", member.value]
            case "tools": options += tools(list)
            case "allowed_tools": options += ["--allowedTools"] + list
            case "disallowed_tools": options += ["--disallowedTools"] + list
            case "add_dirs": options += ["--add-dir"] + list
            case "skips_permissions": options.append("--dangerously-skip-permissions")
            case "settings_options": options += ["--settings", "/x.json"]
            case "elsewhere": options += list
            case "unknown_options": options += list
            default: break
            }
        }
        return options
    }

    private static func tools(_ names: [JSONValue]) -> [JSONValue] {
        ["--tools", .string(names.compactMap(\.string).joined(separator: ","))]
    }

    /// What the arguments say where the caller gives none; nil where the command is no agent.
    static func agent(for request: JSONValue) -> JSONValue? {
        guard isClaude(request) else { return nil }
        let rules = request["allowed_tools"]?.array ?? []
        let agent: JSONValue = [
            "name": "claude", "allowed_tools": .array(rules), "disallowed_tools": [], "add_dirs": [],
            "skips_permissions": false, "loads_settings": false, "settings_options": [], "project_settings": [],
            "elsewhere": [], "unknown_options": [],
        ]
        return agent.setting("permission_mode", request["permission_mode"])
            .setting("tools", rules.isEmpty ? Optional.none : .array(toolNames(rules)))
    }

    private static func toolNames(_ rules: [JSONValue]) -> [JSONValue] {
        var names: [JSONValue] = []
        for rule in rules {
            let name = JSONValue.string(String(rule.string?.prefix { $0 != "(" } ?? ""))
            if rule.string?.hasPrefix("mcp__") == false, !names.contains(name) { names.append(name) }
        }
        return names
    }
}

/// A request that is being changed: what followed from its fields before, follows afterwards.
struct WideningDraft {
    private(set) var request: JSONValue
    private var argumentsFollow: Bool
    /// What the agent is besides what the fields make it; nil where there should be an agent and is none, as a server
    /// recorded it that knew no agents.
    private var agentOwn: [(name: String, value: JSONValue?)]?

    init(_ request: JSONValue) {
        self.request = request
        argumentsFollow = request["args"] == WideningRequest.arguments(for: request)
        agentOwn = Self.agentOwn(in: request)
    }

    subscript(name: String) -> JSONValue? {
        get { request[name] }
        set {
            request = request.setting(name, newValue)
            if name == "args" { argumentsFollow = false }
            if name == "agent" { agentOwn = Self.agentOwn(in: request) }
        }
    }

    /// The request with all that follows.
    var finished: JSONValue {
        var agent = agentOwn == nil ? Optional.none : WideningRequest.agent(for: request)
        for (name, value) in agentOwn ?? [] { agent = agent?.setting(name, value) }
        let finished = request.setting("agent", agent)
        // After the agent, for they are what it says.
        return argumentsFollow ? finished.setting("args", WideningRequest.arguments(for: finished)) : finished
    }

    private static func agentOwn(in request: JSONValue) -> [(name: String, value: JSONValue?)]? {
        guard let following = WideningRequest.agent(for: request) else { return [] }
        guard let agent = request["agent"] else { return nil }
        let names = (agent.object ?? []).map(\.name) + (following.object ?? []).map(\.name)
        return names.filter { agent[$0] != following[$0] }.map { ($0, agent[$0]) }
    }
}

extension JSONValue {
    /// The object with that member set, in its place or at the end; nil takes it out.
    func setting(_ name: String, _ value: JSONValue?) -> JSONValue {
        guard var members = object else { return self }
        let index = members.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
        switch (index, value) {
        case (let index?, let value?): members[index] = JSONMember(name: name, value: value)
        case (let index?, nil): members.remove(at: index)
        case (nil, let value?): members.append(JSONMember(name: name, value: value))
        case (nil, nil): break
        }
        return .object(members)
    }

    /// The strings of a list; none where this is no list.
    var texts: [String] { array?.compactMap(\.string) ?? [] }
}
