internal import Sessions
internal import Wire

/// Changes a request a little, as somebody would who looks for a gap.
struct RequestMutation {
    var random: WideningRandom
    let vocabulary: WideningVocabulary

    private let likely: [Kind]

    private enum Kind: CaseIterable {
        case workingDirectory, writeRoots, runtimeWriteRoot, permissionMode, allowedTools, command, arguments, agent
        case prompt, labels, environment, name, executive, assignment, flag, timeout, principal, time, running

        /// What of a request it changes, by the names that a policy uses.
        var members: Set<String> {
            switch self {
            case .workingDirectory: ["working_directory"]
            case .writeRoots: ["write_roots"]
            case .runtimeWriteRoot: ["runtime_write_root"]
            case .permissionMode: ["permission_mode"]
            case .allowedTools: ["allowed_tools"]
            case .command: ["command", "executable"]
            case .arguments: ["args"]
            case .agent:
                [
                    "agent", "skips_permissions", "loads_settings", "settings_options", "project_settings", "elsewhere",
                    "add_dirs", "disallowed_tools", "tools", "unknown_options",
                ]
            case .prompt: ["prompt"]
            case .labels: ["labels"]
            case .environment: ["environment"]
            case .name: ["name"]
            case .executive: ["executive"]
            case .assignment: ["mission_id", "assignment_id", "branch"]
            case .flag: ["expects_report", "repository_write_allowed", "enforcement", "available"]
            case .timeout: ["timeout_ms"]
            case .principal: ["principal", "roles", "address"]
            case .time: ["time", "unix", "iso"]
            case .running: ["running", "total", "by_principal", "by_executive", "by_mission"]
            }
        }
    }

    /// Those that policies judge most come up twice as often.
    private static let kinds =
        Kind.allCases + [.workingDirectory, .writeRoots, .permissionMode, .allowedTools, .command, .agent, .labels]

    init(random: WideningRandom, vocabulary: WideningVocabulary) {
        self.random = random
        self.vocabulary = vocabulary
        likely = Self.kinds.filter { !$0.members.isDisjoint(with: vocabulary.freshMembers) }
    }

    /// One to four changes, mostly one.
    mutating func changed(_ request: JSONValue) -> JSONValue {
        var draft = WideningDraft(request)
        var count = 1
        while count < 4, random.once(in: 3) { count += 1 }
        for _ in 0..<count {
            // What the sets look at differently is changed every other time.
            let likely = random.once(in: 2) ? random.pick(likely) : nil
            change(likely ?? random.pick(Self.kinds, else: .name), &draft)
        }
        return draft.finished
    }

    // A `nil` in a conditional would be taken for JSON's null: hence `Optional.none`.
    private mutating func change(_ kind: Kind, _ draft: inout WideningDraft) {
        switch kind {
        case .workingDirectory:
            draft["working_directory"] = .string(path(near: draft["working_directory"]?.string))
        case .writeRoots: changeList("write_roots", &draft) { $0.path(near: $1) }
        case .runtimeWriteRoot:
            let root = path(near: draft["runtime_write_root"]?.string)
            draft["runtime_write_root"] = random.once(in: 4) ? Optional.none : .string(root)
        case .permissionMode: changeText("permission_mode", &draft)
        case .allowedTools: changeList("allowed_tools", &draft) { $0.rule(near: $1) }
        case .command: changeCommand(&draft)
        case .arguments:
            // Those of the agent are given meaning by the server, not here; see the changes of the agent.
            if !WideningRequest.isClaude(draft.request) { changeList("args", &draft) { $0.word(near: $1) } }
        case .agent: changeAgent(&draft)
        case .prompt: changeText("prompt", &draft)
        case .labels: changeTexts("labels", &draft)
        case .environment: changeTexts("environment", &draft)
        case .name: draft["name"] = .string(word(for: "name", near: draft["name"]?.string))
        case .executive: changeText("executive", &draft)
        case .assignment: changeText(random.pick(["branch", "mission_id", "assignment_id"], else: "branch"), &draft)
        case .flag: changeFlag(&draft)
        case .timeout:
            let timeout = min(max(1, number()), StartLimits.timeoutMillisecondsMax)
            draft["timeout_ms"] = random.once(in: 4) ? Optional.none : .integer(timeout)
        case .principal: changePrincipal(&draft)
        case .time: changeTime(&draft)
        case .running: changeRunning(&draft)
        }
    }

    // MARK: members

    private mutating func changeText(_ member: String, _ draft: inout WideningDraft) {
        let isOptional = WideningRequest.plain[member] == nil
        let value = word(for: member, near: draft[member]?.string)
        draft[member] = isOptional && random.once(in: 4) ? Optional.none : .string(value)
    }

    mutating func changeList(
        _ member: String, _ draft: inout WideningDraft, _ value: (inout Self, String?) -> String
    ) {
        draft[member] = .array(changed(draft[member]?.texts ?? [], value).map(JSONValue.string))
    }

    /// The list with one more, one less, one other, or with one alone.
    mutating func changed(_ texts: [String], _ value: (inout Self, String?) -> String) -> [String] {
        var texts = texts
        switch random.below(4) {
        case 0 where !texts.isEmpty: texts.remove(at: random.below(texts.count))
        case 1 where !texts.isEmpty:
            let index = random.below(texts.count)
            texts[index] = value(&self, texts[index])
        case 2: texts = [value(&self, random.pick(texts))]
        default: texts.append(value(&self, random.pick(texts)))
        }
        return texts
    }

    private mutating func changeTexts(_ member: String, _ draft: inout WideningDraft) {
        guard let table = draft[member] else { return }
        if random.once(in: 5), let name = random.pick(table.object ?? [])?.name {
            draft[member] = table.setting(name, nil)
            return
        }
        let name = word(for: member, near: random.pick(table.object ?? [])?.name)
        draft[member] = table.setting(name, .string(word(for: name, near: table[name]?.string)))
    }

    private mutating func changeCommand(_ draft: inout WideningDraft) {
        let word = word(for: "command", near: draft["command"]?.string)
        let name = word.split(separator: "/").last.map(String.init) ?? "x"
        let folder = random.once(in: 2) ? "/usr/bin" : path(near: draft["executable"]?.string)
        let file = Self.normalised("\(folder)/\(name)")
        switch random.below(6) {
        case 0: draft["executable"] = .string(path(near: draft["executable"]?.string))
        case 1: draft["command"] = .string(file)
        default: draft["command"] = .string(name)
        }
        if !random.once(in: 6) { draft["executable"] = .string(file) }
    }

    private mutating func changeFlag(_ draft: inout WideningDraft) {
        switch random.below(3) {
        case 0: draft["expects_report"] = .bool(draft["expects_report"]?.bool == false)
        case 1: draft["repository_write_allowed"] = .bool(draft["repository_write_allowed"]?.bool == false)
        default: draft["enforcement"] = ["available": .bool(draft["enforcement"]?["available"]?.bool == false)]
        }
    }

    private mutating func changePrincipal(_ draft: inout WideningDraft) {
        guard let principal = draft["principal"] else { return }
        switch random.below(3) {
        case 0:
            draft["principal"] = principal.setting("name", .string(word(for: "name", near: principal["name"]?.string)))
        case 1:
            let address = random.pick(["127.0.0.1:1", "10.0.0.1:1", "[::1]:1"], else: "127.0.0.1:1")
            draft["principal"] = principal.setting("address", .string(address))
        default:
            let roles = Role.allCases.map(\.rawValue).sorted().filter { _ in random.once(in: 2) }
            draft["principal"] = principal.setting("roles", .array(roles.map(JSONValue.string)))
        }
    }

    /// Another hour of the same week.
    private mutating func changeTime(_ draft: inout WideningDraft) {
        guard let now = draft["time"]?["unix"]?.int, (0...(1 << 40)).contains(now) else { return }
        let then = now + Int64(random.below(7 * 24)) * 3600
        draft["time"] = ["unix": .integer(then), "iso": .string(Timestamp.text(milliseconds: then * 1000))]
    }

    private mutating func changeRunning(_ draft: inout WideningDraft) {
        guard let running = draft["running"] else { return }
        let count = JSONValue.integer(min(1000, max(0, number())))
        let (table, name): (String, String?) =
            switch random.below(4) {
            case 0: ("by_principal", draft["principal"]?["name"]?.string)
            case 1: ("by_executive", draft["executive"]?.string)
            case 2: ("by_mission", draft["mission_id"]?.string)
            default: ("total", nil)
            }
        if let name, let counts = running[table] {
            draft["running"] = running.setting(table, counts.setting(name, count)).setting("total", count)
        } else {
            draft["running"] = running.setting("total", count)
        }
    }

    /// A number that a policy names, or one beside it.
    private mutating func number() -> Int64 {
        let number = vocabulary.numbers.pick(&random) ?? 1
        switch random.below(6) {
        case 0: return number.subtractingReportingOverflow(1).partialValue
        case 1: return number.addingReportingOverflow(1).partialValue
        case 2: return number.multipliedReportingOverflow(by: 1000).partialValue
        case 3: return number.multipliedReportingOverflow(by: 2).partialValue
        default: return number
        }
    }
}
