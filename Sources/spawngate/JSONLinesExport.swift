internal import DecisionLog
internal import SpawngateClient

/// The log as lines of JSON that a stranger can check; `log export --help` says what they are.
struct JSONLinesExport {
    let snapshot: LogSnapshot
    let reader: LogReader
    let range: Range<Int64>
    private var check: LogCheck
    private var policySets: Set<String> = []

    init(snapshot: LogSnapshot, reader: LogReader, range: Range<Int64>) {
        self.snapshot = snapshot
        self.reader = reader
        self.range = range
        check = LogCheck(snapshot: snapshot, reader: reader, range: range)
    }

    /// Answers how many leaves were written.
    mutating func write(to file: inout LineFile) throws -> Int64 {
        try file.write(
            Self.line(
                "log",
                [
                    .init("version", 1), .init("checkpoint", .string(snapshot.note)),
                    .init("size", .integer(snapshot.size)), .init("root", .string(snapshot.root.base64)),
                    .init("key", .string(snapshot.key)), .init("earlier", snapshot.earlierKeys),
                    .init("from", .integer(range.lowerBound)), .init("to", .integer(range.upperBound)),
                    .init("chosen", .bool(check.isChoice)),
                ]))
        try reader.forEach(in: range) { leaf in
            try writePolicySet(of: leaf, to: &file)
            var members: [RemoteValue.Member] = [.init("seq", .integer(leaf.seq)), .init("text", .string(leaf.text))]
            if let proof = try check.add(leaf) { members.append(.init("proof", Self.list(proof))) }
            try file.write(Self.line("leaf", members))
            if let line = Self.secrets(of: leaf) { try file.write(line) }
        }
        let (count, run) = try check.finish()
        if let run {
            try file.write(inclusion(of: run.first, run.ofFirst))
            try file.write(inclusion(of: run.last, run.ofLast))
        }
        try file.write(Self.line("end", [.init("leaves", .integer(count))]))
        return count
    }

    /// The policies by which a decision can be judged again, before the first leaf that names them.
    private mutating func writePolicySet(of leaf: LogLeaf, to file: inout LineFile) throws {
        guard let digest = leaf.value["policy_set"].string, policySets.insert(digest).inserted else { return }
        do {
            let files = try reader.server.call("policy.get", ["policy_set": .string(digest)])["files"]
            try file.write(Self.line("policy_set", [.init("digest", .string(digest)), .init("files", files)]))
        } catch let error as RemoteError where error.code == RemoteError.notFound {
            // A set that never judged need not have been kept.
        }
    }

    private static func secrets(of leaf: LogLeaf) -> String? {
        if leaf.isErased { return line("secrets", [.init("seq", .integer(leaf.seq)), .init("erased", true)]) }
        if leaf.secrets.isNull { return nil }
        return line("secrets", [.init("seq", .integer(leaf.seq))] + leaf.secrets.members)
    }

    private func inclusion(of seq: Int64, _ proof: [MerkleHash]) -> String {
        Self.line(
            "inclusion",
            [.init("seq", .integer(seq)), .init("size", .integer(snapshot.size)), .init("proof", Self.list(proof))])
    }

    private static func list(_ proof: [MerkleHash]) -> RemoteValue { .array(proof.map { .string($0.base64) }) }

    private static func line(_ type: String, _ members: [RemoteValue.Member]) -> String {
        RemoteValue.object([.init("type", .string(type))] + members).json
    }
}
