internal import DecisionLog
internal import Platform

/// Remembers the last checkpoint that a server's decision log has shown, and finds out whether the log still begins with it.
///
/// It believes nothing that the server says of itself: signatures and proofs are checked here. The first key that a server
/// shows is taken as its own; another one only where the old one has signed it.
public struct LogWitness: Sendable {
    /// The file that holds what is remembered: the log's key on the first line, and then the checkpoint.
    public let path: String

    private static let bytesMax = 1 << 16

    /// The memory of one server in a folder, which is made when there is something to remember.
    public init(folder: String, server: ServerAddress) {
        path = "\(folder)/\(server.host)_\(server.port)"
    }

    /// The user's own folder for this: `$XDG_STATE_HOME/spawngate/checkpoints`, or else
    /// `~/.local/state/spawngate/checkpoints`. Nil where there is no home folder.
    public static func folder() -> String? {
        if let state = Process.environment("XDG_STATE_HOME"), state.hasPrefix("/") {
            return "\(state)/spawngate/checkpoints"
        }
        guard let home = Process.environment("HOME"), home.hasPrefix("/") else { return nil }
        return "\(home)/.local/state/spawngate/checkpoints"
    }

    /// Asks for the log's checkpoint, checks it against what is remembered, and remembers it. Throws `HistoryRewritten` where
    /// they do not fit together; what is remembered then stays.
    @discardableResult
    public func observe(_ server: ServerConnection) throws -> ObservedCheckpoint {
        let answer = try server.call("log.checkpoint")
        let note = answer["checkpoint"].string ?? ""
        let known = try remembered()
        let (key, checkpoint) = try read(note, known?.key, server)
        if let known { try check(checkpoint, follows: known.checkpoint, server) }
        if known?.note != note { try remember("\(key.text)\n\(note)") }
        return ObservedCheckpoint(
            note: note, size: checkpoint.size, root: checkpoint.root.base64, key: key.text,
            rememberedSize: known?.checkpoint.size)
    }

    // MARK: checking

    private func read(
        _ note: String, _ known: NoteVerifier?, _ server: ServerConnection
    ) throws -> (NoteVerifier, Checkpoint) {
        if let known, let checkpoint = Checkpoint(note: note, verifiers: [known]) { return (known, checkpoint) }
        let keys = try server.call("log.key")
        guard let key = keys["key"].string.flatMap({ NoteVerifier($0) }),
            let checkpoint = Checkpoint(note: note, verifiers: [key])
        else { throw rewritten("the server's checkpoint is not signed by the key that it calls its own") }
        let rotations = keys["earlier"].elements.compactMap { $0["rotation"].string }
        if let known, !KeyRotation.chain(from: known, to: key, by: rotations) {
            throw rewritten(
                "the log is signed by another key, \(key.text), and the old one, \(known.text), has not said so")
        }
        return (key, checkpoint)
    }

    private func check(
        _ checkpoint: Checkpoint, follows known: Checkpoint, _ server: ServerConnection
    ) throws {
        guard checkpoint.size >= known.size else {
            throw rewritten("the log has \(checkpoint.size) leaves, and had \(known.size)")
        }
        var proof: [MerkleHash?] = []
        if checkpoint.size > known.size {
            do {
                let answer = try server.call(
                    "log.consistency", ["from": .integer(known.size), "to": .integer(checkpoint.size)])
                proof = answer["proof"].elements.map { $0.string.flatMap { MerkleHash(base64: $0) } }
            } catch let refusal as RemoteError {
                throw rewritten("the server proves nothing: \(refusal.message)")
            }
        }
        let isConsistent = MerkleProof.isConsistent(
            from: known.size, known.root, to: checkpoint.size, checkpoint.root, proof: proof.compactMap(\.self))
        guard isConsistent, !proof.contains(nil) else {
            throw rewritten("the first \(known.size) leaves of the log are not what they were")
        }
    }

    private func rewritten(_ what: String) -> HistoryRewritten {
        HistoryRewritten(
            description: "THE HISTORY OF THE DECISION LOG WAS REWRITTEN: \(what). What was seen earlier is kept in "
                + "\(path); keep it as evidence. Where another server has rightly taken this address, move it away.")
    }

    // MARK: remembering

    private func remembered() throws -> (key: NoteVerifier, checkpoint: Checkpoint, note: String)? {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try File.read(path, bytesMax: Self.bytesMax) } catch {
            if error.code == SystemError.noEntry { return nil }
            throw error
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let key = NoteVerifier(parts[0]),
            let checkpoint = Checkpoint(note: parts[1], verifiers: [key])
        else { throw ConnectionError(description: "\(path) does not hold a checkpoint; move it away") }
        return (key, checkpoint, parts[1])
    }

    private func remember(_ text: String) throws {
        try File.makeFolders(File.parent(of: path), permissions: 0o700)
        try File.replace(path, with: Array(text.utf8), permissions: 0o600)
    }
}

/// A checkpoint whose signature is right and which follows what was remembered.
public struct ObservedCheckpoint: Equatable, Sendable {
    /// The signed note.
    public let note: String
    /// How many leaves it names.
    public let size: Int64
    /// The root over them, in base64.
    public let root: String
    /// The key that has signed it.
    public let key: String
    /// The size of the checkpoint that it was compared with; nil where none was remembered.
    public let rememberedSize: Int64?
}

/// A server's decision log is not the one that it was.
public struct HistoryRewritten: Error, Equatable, CustomStringConvertible {
    /// What does not fit, and what to do.
    public let description: String
}
