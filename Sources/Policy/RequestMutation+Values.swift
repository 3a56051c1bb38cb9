internal import Wire

/// New paths, names, tool rules and agents.
extension RequestMutation {
    /// An absolute path without `.`, `..` and empty components, as paths are once they have been read back.
    static func normalised(_ path: String) -> String {
        "/" + path.split(separator: "/").filter { $0 != "." && $0 != ".." }.joined(separator: "/")
    }

    /// A path of the vocabulary or the current one; itself, above, below or beside it.
    mutating func path(near current: String?) -> String {
        let base = random.once(in: 3) ? current : nil
        let path = base ?? vocabulary.paths.pick(&random) ?? "/"
        switch random.below(8) {
        case 0, 1: return Self.normalised(path)
        case 2: return Self.normalised("\(path)/x")
        case 3: return Self.normalised(path.split(separator: "/").dropLast().joined(separator: "/"))
        // What holds the path somewhere inside, for those who look for it anywhere.
        case 4: return Self.normalised("/x\(path)")
        case 5: return Self.normalised("\(path)/\(vocabulary.words.pick(&random) ?? "x")")
        default: return Self.normalised(varied(path))
        }
    }

    /// What policies compare the member with, another word of the vocabulary, or the current one, varied at times.
    mutating func word(for member: String, near current: String?) -> String {
        guard random.once(in: 2) else { return word(near: current) }
        let listed = vocabulary.values[member]?.pick(&random) ?? vocabulary.values["\(member)s"]?.pick(&random)
        return listed ?? word(near: current)
    }

    mutating func word(near current: String?) -> String {
        let base = random.once(in: 8) ? current : nil
        let word = base ?? vocabulary.words.pick(&random) ?? "x"
        return random.once(in: 4) ? varied(word) : word
    }

    /// A text that a careless comparison takes for the same: longer, shorter, in other letters, with another byte
    /// where a pattern has a dot.
    private mutating func varied(_ text: String) -> String {
        switch random.below(6) {
        case 0: return text.count > 1 ? String(text.dropLast()) : text
        case 1: return "x\(text)"
        case 2: return String(text.map { $0.isUppercase ? Character($0.lowercased()) : Character($0.uppercased()) })
        case 3: return String(text.map { ".-+?*".contains($0) ? "x" : $0 })
        case 4: return "\(text)-x"
        default: return "\(text)x"
        }
    }

    // MARK: tool rules

    /// A rule that lets through more, less or something else than one of the vocabulary or the current one.
    mutating func rule(near current: String?) -> String {
        let base = random.once(in: 3) ? current : nil
        let rule = base ?? vocabulary.rules.pick(&random) ?? "Bash"
        let name = String(rule.prefix { $0 != "(" })
        let specifier = rule.count > name.count + 2 ? String(rule.dropFirst(name.count + 1).dropLast()) : nil
        let word = vocabulary.words.pick(&random) ?? "x"
        switch random.below(12) {
        case 0, 1: return rule
        case 2: return name
        case 3: return "\(name)(*)"
        case 4: return "\(name)(\(word):*)"
        case 5: return "mcp__\(word)"
        case 6: return "mcp__\(word)__x"
        case 7: return "WebFetch(domain:\(varied(word)))"
        case 8:
            let end = random.pick(["**", "../x"], else: "**")
            return "\(random.pick(["Edit", "Read"], else: "Edit"))(/\(path(near: nil))/\(end))"
        default: return specifier.map { "\(name)(\(changedSpecifier($0)))" } ?? "\(name)(\(word))"
        }
    }

    private mutating func changedSpecifier(_ specifier: String) -> String {
        let open = specifier.hasSuffix(":*") || specifier.hasSuffix(" *")
        let command = open ? String(specifier.dropLast(2)) : specifier
        let first = String(command.prefix { $0 != " " })
        switch random.below(9) {
        case 0: return "\(first):*"
        case 1: return "\(command) x:*"
        case 2: return "\(command)x:*"
        case 3: return "\(command)*"
        case 4: return command
        case 5: return "\(command) *"
        case 6: return "\(command) && x"
        case 7: return "\(command):* ; x"
        default: return varied(specifier)
        }
    }

    // MARK: agent

    /// Arguments of the caller's own, which say other than the fields; only for a request whose agent is known.
    mutating func changeAgent(_ draft: inout WideningDraft) {
        guard let agent = draft["agent"], agent.object != nil else { return }
        func adding(_ value: String, to member: String) -> JSONValue {
            agent.setting(member, .array((agent[member]?.array ?? []) + [.string(value)]))
        }
        draft["agent"] =
            switch random.below(10) {
            case 0: agent.setting("skips_permissions", true)
            case 1: agent.setting("loads_settings", true).setting("settings_options", ["--settings"])
            case 7: agent.setting("elsewhere", ["--bg"])
            case 8:
                agent.setting("loads_settings", true)
                    .setting("project_settings", [.string("\(path(near: nil))/.mcp.json")])
            case 2: agent.setting("permission_mode", .string(word(for: "permission_mode", near: nil)))
            case 3: adding(path(near: nil), to: "add_dirs")
            case 4: adding(rule(near: nil), to: "allowed_tools")
            case 5: adding(rule(near: nil), to: "disallowed_tools")
            case 6: adding(String(rule(near: nil).prefix { $0 != "(" }), to: "tools")
            default: adding("--\(word(near: nil))", to: "unknown_options")
            }
    }
}
