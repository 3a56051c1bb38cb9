internal import ArgumentParser
internal import DecisionLog
internal import SpawngateClient

/// `spawngate log export`
struct LogExportCommand: ClientCommand {
    /// What the lines are.
    enum Format: String, CaseIterable, ExpressibleByArgument { case jsonl, ocsf, cef }

    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the decision log, or a part of it, as lines for another program or another reader.",
        discussion: """
            FORMATS
              jsonl  the leaves' exact texts, with all that a stranger needs to check them: one JSON object a line, told apart
                     by `type`. The first is `log` (the signed checkpoint, its size and root, the keys, the numbers `from` to
                     `to`); then come `leaf` {seq, text}, before the first leaf that names it `policy_set` {digest, files},
                     with --secrets after their leaf `secrets` {seq, salt, prompt, environment} or {seq, erased}; the last is
                     `end` {leaves}. Of a part of the log, two lines `inclusion` {seq, size, proof} of its first and last leaf
                     stand before the end: with them the leaves give the checkpoint's root. Of a choice of leaves, each has
                     its own `proof`.
              ocsf   OCSF 1.4.0, one event a line: decisions as Process Activity (1007, Launch) with the security_control
                     profile, refused logins as Authentication (3002), all else as Base Event.
              cef    ArcSight Common Event Format, version 0, one event a line.

            What is written was checked against the signed checkpoint first to last, or the command fails. --since and \
            --until choose the numbers from the first leaf of that time to the last. Options that only decisions have, such \
            as --verdict, leave all other events out.

            EXAMPLE
              spawngate log export --output log.jsonl
              spawngate log export --format ocsf --since 24h --verdict deny
            """)

    @Option(help: ArgumentHelp("jsonl, ocsf or cef.", valueName: "format"))
    var format = Format.jsonl

    @Option(help: ArgumentHelp("The file to write; without it, standard output.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("Only leaves from this number on.", valueName: "seq"))
    var from: Int64?

    @Option(help: ArgumentHelp("Only leaves before this number.", valueName: "seq"))
    var to: Int64?

    @Flag(help: "Write prompts and environment values too, as far as they are kept (jsonl).")
    var secrets = false

    @OptionGroup var filter: DecisionFilterOptions
    @OptionGroup var options: ServerOptions

    func validate() throws {
        if secrets && format != .jsonl { throw ValidationError("--secrets goes with jsonl only.") }
        if let from, from < 0 { throw ValidationError("--from is at least 0.") }
        if let from, let to, to < from { throw ValidationError("--to is not before --from.") }
    }

    func run(on server: ServerConnection) throws {
        let now = Timestamp.now
        defer { options.watchHistory(server) }
        let snapshot = try LogSnapshot(of: server)
        var reader = LogReader(server: server)
        let time = try reader.range(
            since: filter.since?.timestamp(now: now), until: filter.until?.timestamp(now: now), size: snapshot.size)
        let range = time.clamped(to: min(from ?? 0, snapshot.size)..<min(to ?? snapshot.size, snapshot.size))
        reader.filter = filter.params(now: now).members.filter { !["since", "until"].contains($0.name) }
        reader.withSecrets = secrets
        var file = try LineFile(output)
        let count: Int64
        switch format {
        case .jsonl:
            var export = JSONLinesExport(snapshot: snapshot, reader: reader, range: range)
            count = try export.write(to: &file)
        case .ocsf:
            count = try write(reader, range, snapshot, to: &file) { OCSFEvent.of($0, origin: snapshot.origin).json }
        case .cef: count = try write(reader, range, snapshot, to: &file) { CEFLine.of($0, origin: snapshot.origin) }
        }
        try file.finish()
        if let output {
            Output.line("\(count) leaves, checked against the checkpoint of \(snapshot.size), in \(output)")
        }
    }

    private func write(
        _ reader: LogReader, _ range: Range<Int64>, _ snapshot: LogSnapshot, to file: inout LineFile,
        _ line: (LogLeaf) -> String
    ) throws -> Int64 {
        var check = LogCheck(snapshot: snapshot, reader: reader, range: range)
        try reader.forEach(in: range) { leaf in
            try check.add(leaf)
            try file.write(line(leaf))
        }
        return try check.finish().count
    }
}

/// Checks leaves against a checkpoint while they pass by.
struct LogCheck {
    let snapshot: LogSnapshot
    let reader: LogReader
    let range: Range<Int64>
    private(set) var count: Int64 = 0
    private var hashes: [MerkleHash] = []
    private var next: Int64

    init(snapshot: LogSnapshot, reader: LogReader, range: Range<Int64>) {
        self.snapshot = snapshot
        self.reader = reader
        self.range = range
        next = range.lowerBound
    }

    /// Whether only some of the leaves of the range are wanted, so that each needs a proof of its own.
    var isChoice: Bool { !reader.filter.isEmpty }

    /// Answers the leaf's own proof, where it needs one.
    @discardableResult
    mutating func add(_ leaf: LogLeaf) throws -> [MerkleHash]? {
        guard leaf.seq >= next, isChoice || leaf.seq == next else {
            throw CommandFailure("the server left out leaf \(next)")
        }
        next = leaf.seq + 1
        count += 1
        guard isChoice else {
            hashes.append(leaf.hash)
            return nil
        }
        let proof = try reader.inclusion(of: leaf.seq, size: snapshot.size)
        guard MerkleProof.includes(leaf.hash, at: leaf.seq, size: snapshot.size, root: snapshot.root, proof: proof)
        else {
            throw CommandFailure("leaf \(leaf.seq), as the server gave it, is not that of its checkpoint: keep both")
        }
        return proof
    }

    /// How many there were, and the proof of the whole run where it is one and not the whole log.
    func finish() throws -> (count: Int64, run: LogRunProof?) {
        if isChoice { return (count, nil) }
        guard next == range.upperBound else { throw CommandFailure("the server left out leaf \(next)") }
        if hashes.isEmpty { return (0, nil) }
        let run = try LogRunProof(hashes, first: range.lowerBound, of: snapshot, reader: reader)
        return (count, range == 0..<snapshot.size ? nil : run)
    }
}
