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

    /// A leaf of the log that is not a decision: its members as they are.
    static func event(_ leaf: RemoteValue, coloured: Bool = Output.isColoured) -> String {
        var table = TextTable()
        for member in leaf.members { table.add(member.name, member.value.displayed) }
        return table.rendered(coloured: coloured)
    }

    private static func why(_ decision: Decision) -> String {
        let objections =
            decision.denials.map { "\($0.policy): \($0.reason)" }
            + decision.policies.compactMap { policy in policy.failure.map { "\(policy.name): \($0)" } }
        guard let first = objections.first else { return "" }
        return objections.count == 1 ? first : "\(first) (and \(objections.count - 1) more)"
    }

    /// `ada (operator) from ADDRESS:PORT`.
    static func principal(_ principal: RemoteValue) -> String? {
        guard let name = principal["name"].string else { return nil }
        let roles = principal["roles"].displayed.map { " (\($0))" } ?? ""
        return "\(name)\(roles)\(principal["address"].string.map { " from \($0)" } ?? "")"
    }

    static func style(of verdict: String) -> TextTable.Style {
        switch verdict {
        case "allow": .good
        case "deny": .bad
        default: .warning
        }
    }
}
