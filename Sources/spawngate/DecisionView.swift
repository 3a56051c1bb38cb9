internal import SpawngateClient

/// Decisions as a person reads them.
enum DecisionView {
    /// One line a decision, with its first objection.
    static func table(_ decisions: [Decision], now: Timestamp, coloured: Bool = Output.isColoured) -> String {
        var table = TextTable(titles: ["SEQ", "TIME", "VERDICT", "PRINCIPAL", "ASKED FOR", "WHY"])
        for decision in decisions {
            table.add([
                .init(decision.seq.map(String.init) ?? "-"),
                .init(decision.time.flatMap { Timestamp($0)?.age(at: now) } ?? "-"),
                .init(decision.verdict, style(of: decision.verdict)), .init(decision.principalName ?? "-"),
                .init(decision.sessionID ?? decision.request["name"].string ?? "-"), .init(why(decision)),
            ])
        }
        return table.rendered(coloured: coloured)
    }

    /// Who, when, what was asked, what each policy said, what became of it. `session` is the one that it became.
    static func explanation(
        of decision: Decision, session: Session?, now: Timestamp, coloured: Bool = Output.isColoured
    ) -> String {
        var facts = TextTable()
        facts.add("decision", decision.id)
        facts.add("seq", decision.seq.map(String.init))
        facts.add("verdict", decision.verdict, style(of: decision.verdict))
        facts.add("time", decision.time)
        facts.add("age", decision.time.flatMap { Timestamp($0)?.age(at: now) })
        facts.add("principal", principal(decision.record["principal"]))
        facts.add("session", decision.sessionID.map { id in session.map { "\(id) (\($0.status))" } ?? id })
        facts.add("policy set", decision.record["policy_set"].string)
        facts.add("took", decision.record["duration_us"].integer.map { "\($0) µs" })

        var asked = TextTable()
        for member in decision.request.members where member.name != "principal" && member.name != "time" {
            asked.add(member.name, member.value.displayed.map { TerminalText.excerpt($0, charactersMax: 300) })
        }
        return [facts.rendered(coloured: coloured), asked.rendered(coloured: coloured), policies(decision, coloured)]
            .filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// A leaf of the log that is not a decision: its members as they are.
    static func event(_ leaf: RemoteValue, coloured: Bool = Output.isColoured) -> String {
        var table = TextTable()
        for member in leaf.members { table.add(member.name, member.value.displayed) }
        return table.rendered(coloured: coloured)
    }

    private static func policies(_ decision: Decision, _ coloured: Bool) -> String {
        if decision.policies.isEmpty { return "No policy was asked; without one nothing is allowed." }
        var table = TextTable(titles: ["POLICY", "VERDICT", "RULE", "REASON"])
        for policy in decision.policies {
            let head: [TextTable.Cell] = [.init(policy.name), .init(policy.verdict, style(of: policy.verdict))]
            let objections: [[TextTable.Cell]] =
                policy.denials.map { [.init($0.rule), .init($0.reason)] }
                + (policy.failure.map { [["", .init($0)]] } ?? [])
            table.add(head + (objections.first ?? []))
            for further in objections.dropFirst() { table.add(["", ""] + further) }
        }
        return table.rendered(coloured: coloured)
    }

    private static func why(_ decision: Decision) -> String {
        let objections =
            decision.denials.map { "\($0.policy): \($0.reason)" }
            + decision.policies.compactMap { policy in policy.failure.map { "\(policy.name): \($0)" } }
        guard let first = objections.first else { return "" }
        return objections.count == 1 ? first : "\(first) (and \(objections.count - 1) more)"
    }

    private static func principal(_ principal: RemoteValue) -> String? {
        guard let name = principal["name"].string else { return nil }
        let roles = principal["roles"].displayed.map { " (\($0))" } ?? ""
        return "\(name)\(roles)\(principal["address"].string.map { " from \($0)" } ?? "")"
    }

    private static func style(of verdict: String) -> TextTable.Style {
        switch verdict {
        case "allow": .good
        case "deny": .bad
        default: .warning
        }
    }
}
