internal import SpawngateClient

/// A leaf as one line of ArcSight's Common Event Format, version 0. Keys are those of its dictionary; what has none there
/// takes a custom string with its label.
enum CEFLine {
    static func of(_ leaf: LogLeaf, origin: String) -> String {
        let isDecision = leaf.kind == "decision"
        let verdict = leaf.value["verdict"].string ?? ""
        let (name, severity) = isDecision ? decisionHeader(verdict) : (leaf.kind, leaf.kind == "login.refused" ? 5 : 3)
        let header = [
            "CEF:0", "Spawngate", "Spawngate", "1", isDecision ? "decision.\(verdict)" : leaf.kind, name, "\(severity)",
        ]
        var pairs = common(leaf, origin)
        pairs += isDecision ? decision(Decision(leaf.value)) : event(leaf)
        let extensions = pairs.compactMap { key, value in
            value.flatMap { $0.isEmpty ? nil : "\(key)=\(extensionText($0))" }
        }
        return header.map(headerText).joined(separator: "|") + "|" + extensions.joined(separator: " ")
    }

    private static func decisionHeader(_ verdict: String) -> (String, Int) {
        switch verdict {
        case "allow": ("Start allowed", 2)
        case "deny": ("Start denied by policy", 6)
        default: ("Start refused because a policy failed", 8)
        }
    }

    private static func common(_ leaf: LogLeaf, _ origin: String) -> [(String, String?)] {
        let address = leaf.value["principal"]["address"].string ?? leaf.value["address"].string
        let colon = address?.lastIndex(of: ":")
        let host = address.map { String($0[..<(colon ?? $0.endIndex)].drop { $0 == "[" }.prefix { $0 != "]" }) }
        // `src` is an IPv4 address; one of version 6 has a custom field.
        let isV6 = host?.contains(":") ?? false
        return [
            ("rt", leaf.value["time"].string.flatMap { Timestamp($0) }.map { "\($0.milliseconds)" }),
            ("cat", leaf.kind), ("suser", leaf.value["principal"]["name"].string),
            ("spriv", leaf.value["principal"]["roles"].displayed), ("src", isV6 ? nil : host),
            ("c6a2", isV6 ? host : nil), ("c6a2Label", isV6 ? "Source IPv6 Address" : nil),
            ("spt", colon.flatMap { colon in address.map { String($0[$0.index(after: colon)...]) } }),
            ("cn1", "\(leaf.seq)"), ("cn1Label", "leafSeq"), ("cs1", origin), ("cs1Label", "log"),
        ]
    }

    private static func decision(_ decision: Decision) -> [(String, String?)] {
        let request = decision.request
        let words = [request["command"].string ?? ""] + request["args"].elements.compactMap(\.string)
        let denials = decision.denials.map { "\($0.policy)/\($0.rule): \($0.reason)" }
        let failures = decision.policies.compactMap { policy in policy.failure.map { "\(policy.name): \($0)" } }
        let rules = decision.denials.map { "\($0.policy)/\($0.rule)" }
        return [
            ("externalId", decision.id), ("act", decision.verdict),
            ("outcome", decision.isAllowed ? "success" : "failure"), ("fname", request["name"].string),
            ("dproc", request["executable"].string ?? request["command"].string),
            ("filePath", request["working_directory"].string),
            (
                "reason",
                (denials + failures + [decision.record["failure"].string].compactMap { $0 }).joined(separator: "; ")
            ),
            ("msg", TerminalText.command(words)), ("cs2", decision.record["policy_set"].string),
            ("cs2Label", decision.record["policy_set"].isNull ? nil : "policySet"),
            ("cs3", rules.joined(separator: ", ")), ("cs3Label", rules.isEmpty ? nil : "rules"),
            ("cs4", decision.sessionID), ("cs4Label", decision.sessionID == nil ? nil : "session"),
            ("cs5", request["permission_mode"].string),
            ("cs5Label", request["permission_mode"].isNull ? nil : "permissionMode"),
        ]
    }

    private static func event(_ leaf: LogLeaf) -> [(String, String?)] {
        let facts = leaf.value.members.filter { !["kind", "seq", "time", "principal", "address"].contains($0.name) }
        return [("reason", leaf.value["reason"].string), ("msg", RemoteValue.object(facts).json)]
    }

    // MARK: escaping

    /// In the header a bar ends a field, and there are no lines.
    static func headerText(_ text: String) -> String {
        escaping(text) { scalar in
            switch scalar {
            case "\\", "|": "\\\(scalar)"
            case "\r", "\n": " "
            default: nil
            }
        }
    }

    /// In an extension an equals sign ends a key; lines are written as escapes.
    static func extensionText(_ text: String) -> String {
        escaping(text) { scalar in
            switch scalar {
            case "\\", "=": "\\\(scalar)"
            case "\r": "\\r"
            case "\n": "\\n"
            default: nil
            }
        }
    }

    /// By scalars: a carriage return with a newline is one character, and neither of the two.
    private static func escaping(_ text: String, _ escape: (Unicode.Scalar) -> String?) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            if let instead = escape(scalar) { escaped += instead } else { escaped.unicodeScalars.append(scalar) }
        }
        return escaped
    }
}
