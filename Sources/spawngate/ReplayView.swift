internal import SpawngateClient

/// What a replay of recorded decisions found, as a person reads it.
enum ReplayView {
    /// Lines of a group that are shown.
    private static let groupRows = 20
    /// Single decisions that are shown.
    private static let changedRows = 20

    static func text(_ answer: RemoteValue, coloured: Bool = Output.isColoured) -> String {
        let (total, changed) = (answer["total"].integer ?? 0, answer["changed_total"].integer ?? 0)
        let reworded = answer["reworded"].integer ?? 0
        var sentence = "\(total) decisions judged again: "
        if changed == 0 {
            sentence += "no verdict changes"
        } else {
            sentence += "\(changed) change, \(answer["allow_to_deny"].integer ?? 0) from allow to deny and "
            sentence += "\(answer["deny_to_allow"].integer ?? 0) from deny to allow"
            let regranted = answer["regranted"].integer ?? 0
            if regranted > 0 { sentence += ", and \(regranted) are granted something else" }
        }
        if reworded > 0 { sentence += "; \(reworded) keep their verdict for other reasons" }
        if let erased = answer["erased"].integer, erased > 0 {
            sentence += "; \(erased) more cannot be judged again, for their prompt or environment was erased"
        }
        var parts = ["\(sentence)."]
        if changed > 0 {
            for (title, name) in [("RULE", "by_rule"), ("PRINCIPAL", "by_principal"), ("DIRECTORY", "by_directory")] {
                parts += group(title, answer[name].elements, coloured)
            }
            parts.append(changes(answer["changed"].elements, of: changed, coloured))
        }
        return parts.joined(separator: "\n\n")
    }

    private static func group(_ title: String, _ rows: [RemoteValue], _ coloured: Bool) -> [String] {
        if rows.isEmpty { return [] }
        var table = TextTable(titles: [title, "ALLOW TO DENY", "DENY TO ALLOW"])
        for row in rows.prefix(groupRows) {
            table.add([
                .init(row["name"].string ?? ""), .init(count(row["allow_to_deny"]), .bad),
                .init(count(row["deny_to_allow"]), .good),
            ])
        }
        if rows.count > groupRows { table.add([.init("(\(rows.count - groupRows) more)", .faint)]) }
        return [table.rendered(coloured: coloured)]
    }

    private static func count(_ value: RemoteValue) -> String {
        value.integer.flatMap { $0 == 0 ? nil : String($0) } ?? "-"
    }

    private static func changes(_ rows: [RemoteValue], of total: Int64, _ coloured: Bool) -> String {
        var table = TextTable(titles: ["DECISION", "WAS", "BECOMES", "PRINCIPAL", "WHY"])
        for row in rows.prefix(changedRows) {
            table.add([
                .init(row["decision_id"].string ?? ""), .init(row["was"].string ?? ""),
                .init(row["becomes"].string ?? ""), .init(row["principal"].string ?? ""), .init(why(row)),
            ])
        }
        let more = total - Int64(min(rows.count, changedRows))
        if more > 0 { table.add([.init("(\(more) more)", .faint)]) }
        return table.rendered(coloured: coloured)
    }

    /// The first objection of a change or a disagreement.
    static func why(_ row: RemoteValue) -> String {
        let objections =
            row["denials"].elements.map { "\($0["policy"].string ?? ""): \($0["reason"].string ?? "")" }
            + row["failures"].elements.map { "\($0["policy"].string ?? "policies"): \($0["reason"].string ?? "")" }
        let granted = row["granted"].displayed.map { "granted: \($0)" }
        return TerminalText.excerpt(objections.first ?? granted ?? "", charactersMax: 100)
    }
}
