internal import ArgumentParser
internal import DecisionLog
internal import SpawngateClient

/// `spawngate decision report`
struct DecisionReportCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract:
            "Write one page about a period, for a reviewer to file: what was asked, refused, changed, and the proof.",
        discussion: """
            The page is one HTML file that needs nothing else: decisions over time, denials by rule and by principal, policies \
            that failed, every policy set that took over and what it lets through that had been refused, every refused start, \
            all other events, and the proof that no leaf of the period is missing or was changed since the checkpoint was \
            signed. Every leaf of the period is read and checked against the signed checkpoint, or there is no page.

            A policy change is called widening where decisions of the period from before it, judged again by both sets, are \
            refused by the old one and allowed by the new one, or allowed by both and granted more by the new one, where the \
            old one narrowed them. That finds what somebody has asked for; it proves nothing about what nobody \
            asked for (`spawngate policy diff` searches further).

            With --checkpoint, a checkpoint that was held elsewhere, the page also shows that the log still begins with it; \
            where it does not, there is no page and the exit status is 1.

            EXAMPLE
              spawngate decision report --since 30d --output report.html
              spawngate decision report --since 2026-11-01T00:00:00Z --until 2026-12-01T00:00:00Z \\
                --checkpoint held-elsewhere.txt --output november.html
            """)

    /// More sets than that in one period are named and not judged again.
    private static let replaysMax = 50

    @Option(
        help: ArgumentHelp(
            "From then on: 2026-11-24T11:55:31Z, or how long ago: 12h, 30d. Without it: from the first.",
            valueName: "time"), transform: Moment.option)
    var since: Moment?

    @Option(help: ArgumentHelp("Until then, written as for --since.", valueName: "time"), transform: Moment.option)
    var until: Moment?

    @Option(help: ArgumentHelp("The file to write; without it, standard output.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("A file with an earlier checkpoint of the log, to be compared with.", valueName: "file"))
    var checkpoint: String?

    @Flag(help: "Do not judge decisions again by the policy sets that took over.")
    var withoutReplay = false

    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let now = Timestamp.now
        defer { options.watchHistory(server) }
        let snapshot = try LogSnapshot(of: server)
        let reader = LogReader(server: server)
        let held = try checkpoint.map { try HeldCheckpoint(file: $0, snapshot: snapshot, server: server) }
        let (from, to) = (since?.timestamp(now: now), until?.timestamp(now: now))
        let range = try reader.range(since: from, until: to, size: snapshot.size)
        if range.isEmpty { throw CommandFailure("the log has no leaf of that time") }

        var tally: ReportTally?
        var bar = ProgressBar()
        defer { bar.clear() }
        try reader.forEach(in: range) { leaf in
            let first = leaf.value["time"].string.flatMap { Timestamp($0) } ?? now
            if tally == nil {
                let start = from ?? first
                let end = max((to ?? now).milliseconds, start.milliseconds + 1)
                tally = ReportTally(buckets: ReportBuckets(from: start.milliseconds, to: end))
            }
            tally?.add(leaf)
            if leaf.seq % 1000 == 0 {
                bar.show(done: leaf.seq - range.lowerBound, total: range.upperBound - range.lowerBound)
            }
        }
        guard let tally, tally.hashes.count == Int(range.upperBound - range.lowerBound) else {
            throw CommandFailure("the server left out leaves of its log")
        }
        let proof = try LogRunProof(tally.hashes, first: range.lowerBound, of: snapshot, reader: reader)
        let changes = try tally.takeovers.enumerated().map { index, takeover in
            try ReportPolicyChange(
                takeover, since: from, replaying: !withoutReplay && index < Self.replaysMax, server: server)
        }
        bar.clear()
        let page = ReportPage(
            origin: snapshot.origin, since: from, until: to, now: now, tally: tally, changes: changes,
            snapshot: snapshot, proof: proof, held: held)
        var file = try LineFile(output)
        try file.write(page.html.markup)
        try file.finish()
        if let output {
            Output.line(
                "\(tally.hashes.count) leaves, checked against the checkpoint of \(snapshot.size), in \(output)")
        }
    }
}

/// A checkpoint that somebody kept, with which the log has been shown to begin.
struct HeldCheckpoint {
    let file: String
    let note: String
    let size: Int64

    /// Throws where the log does not begin with it.
    init(file: String, snapshot: LogSnapshot, server: ServerConnection) throws {
        self.file = file
        note = try InputText.read(file)
        let keys = [snapshot.key] + snapshot.earlierKeys.elements.compactMap { $0["key"].string }
        guard let held = Checkpoint(note: note, verifiers: keys.compactMap { NoteVerifier($0) }) else {
            throw CommandFailure("\(file) is no checkpoint of this log: none of its keys has signed it")
        }
        size = held.size
        guard held.size <= snapshot.size else {
            throw CommandFailure(
                "THE HISTORY OF THE DECISION LOG WAS REWRITTEN: it has \(snapshot.size) leaves, and had \(held.size)")
        }
        let answer = try server.call("log.consistency", ["from": .integer(held.size), "to": .integer(snapshot.size)])
        let proof = answer["proof"].elements.compactMap { $0.string.flatMap { MerkleHash(base64: $0) } }
        guard
            MerkleProof.isConsistent(
                from: held.size, held.root, to: snapshot.size, snapshot.root, proof: proof)
        else {
            throw CommandFailure(
                "THE HISTORY OF THE DECISION LOG WAS REWRITTEN: its first \(held.size) leaves are not those of \(file)")
        }
    }
}
