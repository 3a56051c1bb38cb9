internal import DecisionLog
internal import SpawngateClient

/// The report as one page of HTML that needs nothing else, prints well, and can be read without colour.
struct ReportPage {
    let origin: String
    let since: Timestamp?
    let until: Timestamp?
    let now: Timestamp
    let tally: ReportTally
    let changes: [ReportPolicyChange]
    let snapshot: LogSnapshot
    let proof: LogRunProof
    let held: HeldCheckpoint?

    var html: HTML {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="color-scheme" content="light dark"><title>Decision report, \(origin), \(period)</title>
        <style>\(Self.style)</style></head><body><main>
        \(header)\(summary)\(overTime)\(rules)\(principals)\(failures)\(policyChanges)\(refusals)\(events)\(proofSection)
        </main></body></html>
        """
    }

    private var period: String {
        "\(since.map(Self.moment) ?? "the beginning") to \(Self.moment(until ?? now))"
    }

    // MARK: the head

    private var header: HTML {
        """
        <header><p class="kicker">Spawngate decision report</p><h1>\(origin)</h1>
        <dl class="facts"><dt>Period</dt><dd>\(period)</dd><dt>Leaves</dt><dd>\(proof.first) to \(proof.last), all \
        \(tally.hashes.count) of them</dd><dt>Written</dt><dd>\(Self.moment(now)); all times are UTC</dd></dl>
        <p class="seal"><strong>Complete.</strong> Every leaf of the log in this period was read, and together they give \
        the root of the checkpoint that the server has signed: none is missing, added or changed since then. \
        \(comparison) The proof is at the end.</p></header>
        """
    }

    private var comparison: HTML {
        guard let held else { return "No checkpoint that was held elsewhere was compared with it." }
        return "The log still begins with the checkpoint of \(held.size) leaves that was held elsewhere."
    }

    private var summary: HTML {
        let widened = changes.count { $0.comparison?.widened.isEmpty == false }
        func card(_ number: Int64, _ label: String) -> HTML {
            "<div class=\"card\"><div class=\"number\">\(Self.grouped(number))</div><div>\(label)</div></div>"
        }
        return """
            <section><h2>In short</h2><div class="cards">\(card(tally.whole.total, "starts asked for"))\
            \(card(tally.whole.allowed, "allowed"))\(card(tally.whole.denied, "denied by policy"))\
            \(card(tally.whole.failed, "refused: a policy failed"))\(card(Int64(tally.principals.count), "principals"))\
            \(card(Int64(changes.count), "policy changes"))\(card(Int64(widened), "of them widening"))</div></section>
            """
    }

    private var overTime: HTML {
        let rows = tally.bars.indices.filter { tally.bars[$0].total > 0 }.map { index -> HTML in
            let counts = tally.bars[index]
            return """
                <tr><td class="t">\(tally.buckets.label(of: index))</td><td class="n">\(counts.allowed)</td><td class="n">\
                \(counts.denied)</td><td class="n">\(counts.failed)</td></tr>
                """
        }
        return """
            <section><h2>Decisions over time</h2><p>Each bar is \(Self.length(tally.buckets.length)), by UTC.</p>
            \(ReportChart(buckets: tally.buckets, bars: tally.bars).svg)\(ReportChart.legend)
            \(Self.table(["From", "Allowed", "Denied", "A policy failed"], rows, numbers: 1...3, name: "columns"))</section>
            """
    }

    // MARK: who and what was refused

    private var rules: HTML {
        let sorted = tally.rules.sorted {
            ($1.value.count, $0.key.policy, $0.key.rule) < ($0.value.count, $1.key.policy, $1.key.rule)
        }
        let rows = sorted.map { rule, count -> HTML in
            """
            <tr><td class="w">\(rule.policy)<div class="faint">\(rule.rule)</div></td><td class="n">\(count.count)</td>\
            <td class="n">\(count.principals.count)</td><td class="w">\(count.example)<div class="faint">\
            \(Self.moment(count.last))\(count.place.map { ", in \($0)" as HTML } ?? "")</div></td></tr>
            """
        }
        return section(
            "Denials by rule", "No rule denied anything.",
            Self.table(
                ["Policy and rule", "Denials", "Principals", "Reason given last, when and where"], rows, numbers: 1...2),
            isEmpty: rows.isEmpty,
            "One refused start can have several: every policy is asked, whatever the others said.")
    }

    private var principals: HTML {
        let sorted = tally.principals.sorted { ($1.value.refused, $0.key) < ($0.value.refused, $1.key) }
        let rows = sorted.map { name, counts -> HTML in
            """
            <tr><td>\(name)</td><td class="n">\(counts.total)</td><td class="n">\(counts.allowed)</td><td class="n">\
            \(counts.denied)</td><td class="n">\(counts.failed)</td></tr>
            """
        }
        return section(
            "By principal", "Nobody asked for anything.",
            Self.table(
                ["Principal", "Asked", "Allowed", "Denied", "A policy failed"], rows, numbers: 1...4, name: "columns"),
            isEmpty: rows.isEmpty)
    }

    private var failures: HTML {
        let rows = tally.failures.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map {
            name, failure -> HTML in
            "<tr><td>\(name)</td><td class=\"n\">\(failure.count)</td><td>\(failure.example)</td></tr>"
        }
        return section(
            "Policies that failed", "No policy failed.",
            Self.table(["Policy", "Failures", "Last"], rows, numbers: 1...1), isEmpty: rows.isEmpty,
            "A start is refused where a policy fails.")
    }

    private var refusals: HTML {
        let shown = tally.refusals.suffix(ReportTally.listMax).reversed()
        let rows = shown.map { refusal -> HTML in
            """
            <tr>\(Self.leaf(refusal.seq, refusal.time))<td>\(refusal.principal)</td><td class="w">\(refusal.name)</td>\
            <td class="w"><strong>\(Self.word(refusal.verdict))</strong> \
            \(TerminalText.excerpt(refusal.why, charactersMax: 400))<div class="faint t">\(refusal.id)</div></td></tr>
            """
        }
        let more = tally.whole.refused - Int64(shown.count)
        return section(
            "Refused starts", "No start was refused.",
            Self.table(["Leaf, time", "Principal", "Asked for", "Verdict, and why"], rows),
            isEmpty: rows.isEmpty,
            more > 0
                ? "The newest \(shown.count); \(more) older ones are in the log." as HTML
                : "All of them, the newest first." as HTML)
    }

    // MARK: all else

    private var events: HTML {
        let kinds = tally.kinds.filter { $0.key != "decision" }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let counts = kinds.map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
        let shown = tally.events.suffix(ReportTally.listMax).reversed()
        let rows = shown.map { event -> HTML in
            """
            <tr>\(Self.leaf(event.seq, event.time))<td class="t">\(event.kind)</td><td class="t">\(event.principal)</td><td class="w">\
            \(TerminalText.excerpt(event.facts, charactersMax: 300))</td></tr>
            """
        }
        return section(
            "Other events", "Nothing else was recorded.",
            Self.table(["Leaf, time", "Kind", "By or from", "What"], rows), isEmpty: rows.isEmpty,
            "\(counts). \(Int64(shown.count) < kinds.reduce(0) { $0 + $1.value } ? "The newest are shown." : "")")
    }

    private var proofSection: HTML {
        let (first, last) = (proof.ofFirst.map(\.base64), proof.ofLast.map(\.base64))
        return """
            <section class="proof"><h2>Proof</h2>
            <p>The log is a transparency log (RFC 6962, SHA-256). The checkpoint below is a note signed with Ed25519; its \
            second line is the number of leaves, its third the root. The hashes of leaves \(proof.first) to \(proof.last), with \
            the inclusion proofs of the first and the last of them, give that root, which was checked when this page was \
            written.</p>
            <h3>To check it without believing the server</h3>
            <p>Save the note below as <code>checkpoint.txt</code>, its last newline too, or take a checkpoint that was held \
            elsewhere. Export the log, or take a copy of the server's <code>spawngate.db</code> (and \
            <code>spawngate.db-wal</code>) in the place of <code>log.jsonl</code>. The two verifiers need no server and share \
            no code; the second is Python, <code>scripts/verify_log.py</code> of Spawngate's sources. Each names the first bad \
            record, or says that all is good.</p>
            <pre>spawngate log export --output log.jsonl
            spawngate log verify log.jsonl --checkpoint checkpoint.txt --key '\(snapshot.key)' --execute
            python3 scripts/verify_log.py log.jsonl --checkpoint checkpoint.txt --key '\(snapshot.key)'</pre>
            <p>What this shows, and what not: whoever holds an earlier checkpoint can detect any change to what came before \
            it; what came after the last checkpoint held elsewhere, nobody can prove against a hostile root.</p>
            <h3>Checkpoint</h3><pre>\(lines: snapshot.note)</pre><h3>Key</h3><pre>\(snapshot.key)</pre>\(heldSection)
            <h3>Inclusion of leaf \(proof.first)</h3><pre>\(lines: list(tally.hashes.first, first))</pre>
            <h3>Inclusion of leaf \(proof.last)</h3><pre>\(lines: list(tally.hashes.last, last))</pre></section>
            """
    }

    private var heldSection: HTML {
        guard let held else { return "" }
        return """
            <h3>Checkpoint held elsewhere (\(held.file))</h3><pre>\(lines: held.note)</pre><p>The tree of its \(held.size) \
            leaves was shown to be the beginning of the tree above.</p>
            """
    }

    private func list(_ leaf: MerkleHash?, _ proof: [String]) -> String {
        (["leaf  \(leaf?.base64 ?? "")"] + proof.map { "proof \($0)" }).joined(separator: "\n")
    }

    // MARK: pieces

    private func section(
        _ title: String, _ nothing: String, _ table: HTML, isEmpty: Bool, _ note: HTML = ""
    ) -> HTML {
        if isEmpty { return "<section><h2>\(title)</h2><p>\(nothing)</p></section>" }
        return "<section><h2>\(title)</h2>\(note.markup.isEmpty ? "" : "<p>\(note)</p>" as HTML)\(table)</section>"
    }

    static func table(
        _ titles: [String], _ rows: [HTML], numbers: ClosedRange<Int>? = nil, name: String = ""
    ) -> HTML {
        if rows.isEmpty { return "" }
        let head = titles.enumerated().map { index, title -> HTML in
            "<th scope=\"col\"\(numbers?.contains(index) == true ? " class=\"n\"" as HTML : "")>\(title)</th>"
        }
        return "<table class=\"\(name)\"><thead><tr>\(head)</tr></thead><tbody>\(rows)</tbody></table>"
    }

    /// The first cell of a row about a leaf.
    private static func leaf(_ seq: Int64, _ time: String) -> HTML {
        "<td class=\"t\">\(seq)<div class=\"faint\">\(moment(time))</div></td>"
    }

    private static func word(_ verdict: String) -> String {
        switch verdict {
        case "allow": "allowed"
        case "deny": "denied"
        default: "failed"
        }
    }

    static func moment(_ time: Timestamp) -> String { moment(time.text) }

    /// `2026-11-24 11:50:31`, from the form of the wire; other text stays as it is.
    static func moment(_ text: String) -> String {
        Timestamp(text) == nil ? text : String(text.prefix(19)).replacing("T", with: " ", maxReplacements: 1)
    }

    private static func length(_ milliseconds: Int64) -> String {
        let named: [(Int64, String)] = [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute")]
        let (unit, name) = named.first { milliseconds >= $0.0 && milliseconds % $0.0 == 0 } ?? (60_000, "minute")
        return "\(milliseconds / unit) \(name)\(milliseconds / unit == 1 ? "" : "s")"
    }

    /// With a thin space between the thousands.
    private static func grouped(_ number: Int64) -> String {
        var text = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append("\u{202F}") }
            text.append(digit)
        }
        return String(text.reversed())
    }
}
