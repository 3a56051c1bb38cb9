internal import SpawngateClient

extension ReportPage {
    /// Every policy set that took over, and what it lets through that the one before did not.
    var policyChanges: HTML {
        let intro: HTML = """
            <p>Each set of policies that came into force in the period. The decisions of the period from before it were \
            judged again by it and by the set that it replaced: <em>widening</em> is what the old one refuses and the new one \
            allows, and what both allow and the new one grants more to. That finds what somebody has asked for; about what nobody asked for it says nothing.</p>
            """
        let blocks = changes.map { change -> HTML in
            """
            <article><h3>\(Self.moment(change.takeover.time)), leaf \(change.takeover.seq): \(Self.verdict(change))</h3>
            <p class="digests">from <code>\(change.takeover.from)</code><br>to <code>\(change.takeover.to)</code></p>\
            \(Self.files(change.files))\(Self.comparison(change))</article>
            """
        }
        return """
            <section><h2>Policy changes</h2>\(changes.isEmpty ? "<p>The same policies were in force all the time.</p>" : intro)\
            \(blocks)</section>
            """
    }

    private static func verdict(_ change: ReportPolicyChange) -> HTML {
        guard let comparison = change.comparison else { return "<strong>not judged again</strong>" }
        if !comparison.widened.isEmpty { return "<strong class=\"widening\">widening</strong>" }
        return comparison.judged == 0 ? "nothing to judge again" : "no widening found"
    }

    private static func files(_ files: [String]?) -> HTML {
        guard let files else { return "<p>One of the sets is not kept, so their files cannot be compared.</p>" }
        if files.isEmpty { return "" }
        return "<p>Files: \(files.joined(separator: ", ")).</p>"
    }

    private static func comparison(_ change: ReportPolicyChange) -> HTML {
        guard let comparison = change.comparison else {
            return "<p>What it lets through is not known: \(change.note ?? "").</p>"
        }
        let rows = change.examples.map { example -> HTML in
            """
            <tr><td class="n">\(example.seq)</td><td>\(example.principal)</td><td class="w">\(example.name)</td><td class="w">\
            \(TerminalText.excerpt(example.why, charactersMax: 300))<div class="faint t">\(example.id)</div></td></tr>
            """
        }
        let erased: HTML =
            comparison.notJudged > 0
            ? " \(comparison.notJudged) more could not be judged, for their prompt or environment was erased." : ""
        let partial: HTML =
            comparison.isPartial
            ? " Only the newest of many that come out otherwise than recorded could be compared: there may be more."
            : ""
        let more = comparison.widened.count - rows.count
        return """
            <p>Of \(comparison.judged) decisions before it, judged again by both sets: <strong>\(comparison.opened) that \
            the old set refuses are allowed by the new one, \(comparison.regranted) that both allow are granted more</strong>, \
            \(comparison.narrowed) that the old set allows are refused.\(erased)\(partial)</p>\
            \(table(["Leaf", "Principal", "Asked for", "Objected when it was asked, or granted"], rows, numbers: 0...0))\
            \(more > 0 ? "<p>\(more) older ones besides.</p>" as HTML : "")
            """
    }
}
