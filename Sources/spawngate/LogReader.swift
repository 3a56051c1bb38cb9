internal import DecisionLog
internal import SpawngateClient

/// One leaf of a server's log.
struct LogLeaf {
    let seq: Int64
    /// The exact text.
    let text: String
    /// What is kept beside it, where that was asked for; null where there is nothing.
    let secrets: RemoteValue
    let isErased: Bool
    /// The text, read.
    let value: RemoteValue

    var kind: String { value["kind"].string ?? "" }
    var hash: MerkleHash { .leaf(Array(text.utf8)) }

    init(_ object: RemoteValue) throws {
        guard let seq = object["seq"].integer, let text = object["leaf"].string else {
            throw CommandFailure("the server's answer is no leaf of its log")
        }
        self.seq = seq
        self.text = text
        secrets = object["secrets"]
        isErased = object["erased"].bool == true
        value = try RemoteValue(json: text)
    }
}

/// What a server's log is at one moment, by its own signature.
struct LogSnapshot {
    /// The signed note.
    let note: String
    let size: Int64
    let root: MerkleHash
    /// The key that has signed it, and the keys before it, as log.key answers them.
    let key: String
    let earlierKeys: RemoteValue

    /// Throws where the server's checkpoint is not signed by the key that it names.
    init(of server: ServerConnection) throws {
        let keys = try server.call("log.key")
        let note = try server.call("log.checkpoint")["checkpoint"].string ?? ""
        guard let key = keys["key"].string, let verifier = NoteVerifier(key),
            let checkpoint = Checkpoint(note: note, verifiers: [verifier])
        else { throw CommandFailure("the server's checkpoint is not signed by the key that it calls its own") }
        self.note = note
        self.key = key
        size = checkpoint.size
        root = checkpoint.root
        earlierKeys = keys["earlier"]
    }

    /// The name of the log.
    var origin: String { note.split(separator: "\n").first.map(String.init) ?? "" }
}

/// Reads a server's log in order, page after page, so that no more than a page is held.
struct LogReader {
    let server: ServerConnection
    /// The params of `log.leaves` that choose among the leaves.
    var filter: [RemoteValue.Member] = []
    var withSecrets = false

    /// The numbers of a time, up to `size`.
    func range(since: Timestamp?, until: Timestamp?, size: Int64) throws -> Range<Int64> {
        let answer = try server.call(
            "log.leaves",
            .params(("since", .text(since?.text)), ("until", .text(until?.text)), ("to", .integer(size))))
        guard let from = answer["from"].integer, let to = answer["to"].integer, from <= to, to <= size else {
            throw CommandFailure("the server's answer is no part of its log")
        }
        return from..<to
    }

    /// Calls `body` for each leaf of these numbers that the filter lets through.
    func forEach(in range: Range<Int64>, _ body: (LogLeaf) throws -> Void) throws {
        var from = range.lowerBound
        guard from < range.upperBound else { return }
        var isLast = false
        try ask(from, range.upperBound)
        while !isLast {
            let page = try server.receive().value()
            let next = page["next"].integer ?? range.upperBound
            guard next > from else { throw CommandFailure("the server's log does not go on") }
            from = next
            isLast = next >= range.upperBound
            // The server reads the next page while this one is looked at.
            if !isLast { try ask(from, range.upperBound) }
            for leaf in page["leaves"].elements { try body(LogLeaf(leaf)) }
        }
    }

    private func ask(_ from: Int64, _ to: Int64) throws {
        let params: [RemoteValue.Member] = [
            .init("from", .integer(from)), .init("to", .integer(to)), .init("secrets", .bool(withSecrets)),
        ]
        try server.send("log.leaves", .object(params + filter))
    }

    /// The proof that a leaf is in the tree of the first `size`.
    func inclusion(of seq: Int64, size: Int64) throws -> [MerkleHash] {
        let answer = try server.call("log.inclusion", ["seq": .integer(seq), "size": .integer(size)])
        return try answer["proof"].elements.map { element in
            guard let hash = element.string.flatMap({ MerkleHash(base64: $0) }) else {
                throw CommandFailure("the server's proof has what is no hash")
            }
            return hash
        }
    }
}

/// A run of leaves that was read whole, and what shows that it is the log's: see `MerkleRange`.
struct LogRunProof {
    let first: Int64
    let last: Int64
    let ofFirst: [MerkleHash]
    let ofLast: [MerkleHash]

    /// Asks for the proofs and checks them. Throws where the leaves are not those of the checkpoint.
    init(_ hashes: [MerkleHash], first: Int64, of snapshot: LogSnapshot, reader: LogReader) throws {
        self.first = first
        last = first + Int64(hashes.count) - 1
        ofFirst = try reader.inclusion(of: first, size: snapshot.size)
        ofLast = first == last ? ofFirst : try reader.inclusion(of: last, size: snapshot.size)
        let root = MerkleRange.root(
            size: snapshot.size, first: first, leaves: hashes, proofOfFirst: ofFirst, proofOfLast: ofLast)
        guard root == snapshot.root else {
            throw CommandFailure(
                "leaves \(first) to \(last), as the server gave them, are not those of its checkpoint: keep both")
        }
    }
}
