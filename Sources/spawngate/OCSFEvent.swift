internal import SpawngateClient

/// A leaf as an event of the Open Cybersecurity Schema Framework, version 1.4.0, the first whose security_control profile
/// has `policy` and `is_alert`.
///
/// A decision is Process Activity: Launch, with the security_control profile, for its verdict is what a control did about a
/// process that was to be launched. A refused login is Authentication. What OCSF has no class for is its Base Event. What
/// has no place in the schema stands under `unmapped`, as the schema has it.
enum OCSFEvent {
    private static let version = "1.4.0"

    static func of(_ leaf: LogLeaf, origin: String) -> RemoteValue {
        switch leaf.kind {
        case "decision": decision(leaf, origin)
        case "login.refused": refusedLogin(leaf, origin)
        default: other(leaf, origin)
        }
    }

    // MARK: decisions

    private static func decision(_ leaf: LogLeaf, _ origin: String) -> RemoteValue {
        let decision = Decision(leaf.value)
        let isAllowed = decision.isAllowed
        let reasons =
            decision.denials.map { "\($0.policy)/\($0.rule): \($0.reason)" }
            + decision.policies.compactMap { policy in policy.failure.map { "\(policy.name): \($0)" } }
            + [leaf.value["failure"].string].compactMap { $0 }
        let name = decision.request["name"].string ?? ""
        let message = isAllowed ? "The start of \(name) was allowed." : "The start of \(name) was not allowed."
        var members = classified(
            leaf, origin, category: (1, "System Activity"), class: (1007, "Process Activity"), activity: (1, "Launch"),
            severity: isAllowed ? (1, "Informational") : (3, "Medium"), profiles: ["security_control"],
            uid: decision.id)
        members += [
            .init("message", .string(message)), .init("status_id", isAllowed ? 1 : 2),
            .init("status", isAllowed ? "Success" : "Failure"), .init("status_code", .string(decision.verdict)),
        ]
        if !reasons.isEmpty { members.append(.init("status_detail", .string(reasons.joined(separator: "; ")))) }
        members += [
            .init("action_id", isAllowed ? 1 : 2), .init("action", isAllowed ? "Allowed" : "Denied"),
            .init("disposition_id", isAllowed ? 1 : 2), .init("disposition", isAllowed ? "Allowed" : "Blocked"),
            .init("is_alert", .bool(!isAllowed)),
            .init("authorizations", .array(authorizations(leaf.value))),
            .init("actor", ["user": user(leaf.value["principal"])]), .init("device", device(origin)),
            .init("process", process(decision)), .init("unmapped", unmapped(decision)),
        ]
        if let set = leaf.value["policy_set"].string {
            members.append(.init("policy", ["name": "policy set", "uid": .string(set), "version": .string(set)]))
        }
        if let microseconds = leaf.value["duration_us"].integer {
            members.append(.init("duration", .integer(microseconds / 1000)))
        }
        return .object(members)
    }

    private static func authorizations(_ decision: RemoteValue) -> [RemoteValue] {
        decision["policies"].elements.map { policy in
            [
                "decision": policy["verdict"],
                "policy": ["name": policy["name"], "uid": policy["digest"], "version": policy["digest"]],
            ]
        }
    }

    private static func process(_ decision: Decision) -> RemoteValue {
        let request = decision.request
        let words = [request["command"].string ?? ""] + request["args"].elements.compactMap(\.string)
        // No process has this uid where none was started: that of the decision names what was to become one.
        var members: [RemoteValue.Member] = [
            .init("uid", .string(decision.sessionID ?? decision.id ?? "")), .init("name", request["name"]),
            .init("cmd_line", .string(TerminalText.command(words))),
        ]
        if let path = request["executable"].string {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            members.append(.init("file", ["name": .string(name), "path": .string(path), "type_id": 1]))
        }
        return .object(members)
    }

    private static func unmapped(_ decision: Decision) -> RemoteValue {
        let request = decision.request
        let names = [
            "working_directory", "write_roots", "permission_mode", "allowed_tools", "executive", "mission_id",
            "assignment_id", "branch", "labels",
        ]
        let asked = names.compactMap { request[$0].isNull ? nil : RemoteValue.Member($0, request[$0]) }
        return .object(
            asked + [
                .init("address", decision.record["principal"]["address"]),
                .init("denials", .array(decision.policies.flatMap { policy in policy.denials.map(Self.denial) })),
                .init("denied_at", decision.record["denied_at"]),
            ])
    }

    private static func denial(_ denial: Denial) -> RemoteValue {
        ["policy": .string(denial.policy), "rule": .string(denial.rule), "reason": .string(denial.reason)]
    }

    // MARK: other events

    private static func refusedLogin(_ leaf: LogLeaf, _ origin: String) -> RemoteValue {
        var members = classified(
            leaf, origin, category: (3, "Identity & Access Management"), class: (3002, "Authentication"),
            activity: (1, "Logon"), severity: (3, "Medium"), profiles: [], uid: nil)
        members += [
            .init("message", "A login was refused."), .init("status_id", 2), .init("status", "Failure"),
            .init("status_detail", leaf.value["reason"]), .init("is_remote", true),
            // Whoever did not get in has no name but that of a certificate, nor more than the token that was meant.
            .init(
                "user",
                [
                    "name": .string(leaf.value["certificate_name"].string ?? "unknown"),
                    "uid": .string(leaf.value["token_id"].string ?? "unknown"),
                ]),
            .init("service", ["name": "spawngate"]),
        ]
        if let endpoint = endpoint(leaf.value["address"].string) { members.append(.init("src_endpoint", endpoint)) }
        return .object(members)
    }

    private static func endpoint(_ address: String?) -> RemoteValue? {
        guard let address, let colon = address.lastIndex(of: ":") else { return nil }
        let host = address[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
        return .params(
            ("ip", .string(String(host))), ("port", Int64(address[address.index(after: colon)...]).map { .integer($0) })
        )
    }

    private static func other(_ leaf: LogLeaf, _ origin: String) -> RemoteValue {
        let members = classified(
            leaf, origin, category: (0, "Uncategorized"), class: (0, "Base Event"), activity: (99, leaf.kind),
            severity: (1, "Informational"), profiles: [], uid: nil)
        let facts = leaf.value.members.filter { !["kind", "seq", "time"].contains($0.name) }
        return .object(members + [.init("message", .string(leaf.kind)), .init("unmapped", .object(facts))])
    }

    // MARK: what all have

    private static func classified(
        _ leaf: LogLeaf, _ origin: String, category: (Int64, String), class: (Int64, String),
        activity: (Int64, String), severity: (Int64, String), profiles: [String], uid: String?
    ) -> [RemoteValue.Member] {
        let metadata = RemoteValue.params(
            ("version", .string(version)),
            ("product", ["name": "Spawngate", "vendor_name": "Spawngate", "uid": .string(origin)]),
            ("log_name", .string(leaf.kind)), ("sequence", .integer(leaf.seq)),
            ("uid", .string(uid ?? "\(origin)/\(leaf.seq)")), ("original_time", leaf.value["time"]),
            ("profiles", .texts(profiles)))
        let time = leaf.value["time"].string.flatMap { Timestamp($0) }?.milliseconds ?? 0
        return [
            .init("activity_id", .integer(activity.0)), .init("activity_name", .string(activity.1)),
            .init("category_uid", .integer(category.0)), .init("category_name", .string(category.1)),
            .init("class_uid", .integer(`class`.0)), .init("class_name", .string(`class`.1)),
            .init("type_uid", .integer(`class`.0 * 100 + activity.0)),
            .init("severity_id", .integer(severity.0)), .init("severity", .string(severity.1)),
            .init("time", .integer(time)), .init("metadata", metadata),
        ]
    }

    private static func user(_ principal: RemoteValue) -> RemoteValue {
        .params(
            ("name", .string(principal["name"].string ?? "unknown")),
            ("groups", .array(principal["roles"].elements.map { ["name": $0] })))
    }

    private static func device(_ origin: String) -> RemoteValue {
        ["type_id": 1, "type": "Server", "name": .string(origin)]
    }
}
