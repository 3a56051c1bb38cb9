internal import DecisionLog
internal import Platform
internal import Policy
internal import Store
internal import Wire

/// Says under its signature what the log is, and proves what it said earlier.
///
/// Its keys are events of the log itself: `key.created` names the first, and one that came into its place unannounced;
/// `key.rotated` names one that the key before has signed.
final class LogNotary {
    /// A key that signed before the present one.
    struct EarlierKey {
        let verifier: NoteVerifier
        /// The number of the leaf that put another key into its place.
        let endedAt: Int64
        /// The note by which it handed over; nil where the key was replaced without one.
        let rotation: String?
    }

    private struct RecordedKey {
        let sequence: Int64
        let verifier: NoteVerifier
        let rotation: String?
    }

    private let store: Store
    private let file: LogKeyFile
    private let reader = JSONReader()
    private var signer: NoteSigner
    private var lastSigned: (checkpoint: Checkpoint, note: String)?

    /// Takes up the key in the state folder, or makes the first.
    init(configuration: Configuration, store: Store) throws {
        self.store = store
        file = LogKeyFile(path: configuration.logKeyPath)
        let recorded = try Self.recordedKeys(store, reader).last
        if let kept = try file.read(recorded: recorded?.verifier) {
            signer = kept
        } else {
            let name =
                configuration.logOrigin ?? recorded?.verifier.name
                ?? LogKeyFile.defaultName(stateFolder: configuration.stateFolder)
            signer = try LogKeyFile.make(name: name)
            try file.write(signer)
        }
        if let origin = configuration.logOrigin, origin != signer.verifier.name {
            throw StartUpError(
                "The log in \(configuration.stateFolder) is named \(signer.verifier.name), and a log keeps its name: "
                    + "leave --log-origin out.")
        }
    }

    var verifier: NoteVerifier { signer.verifier }

    /// The log as it is kept now. Signed once for each size, when somebody wants to know.
    func checkpoint() -> (checkpoint: Checkpoint, note: String) {
        if let lastSigned, lastSigned.checkpoint.size == store.tree.size { return lastSigned }
        let checkpoint = Checkpoint(origin: verifier.name, size: store.tree.size, root: store.tree.root)
        let signed = (checkpoint, checkpoint.signed(by: [signer]))
        lastSigned = signed
        return signed
    }

    // MARK: keys

    /// The event that tells of the present key, where the log does not name it: it is new, or was put in from outside.
    func unrecordedKey(at time: Int64) throws(StoreFailure) -> LogEvent? {
        let recorded = try Self.recordedKeys(store, reader).last?.verifier
        return recorded == verifier ? nil : .keyCreated(verifier, previous: recorded, at: time)
    }

    /// The oldest first.
    func earlierKeys() throws(StoreFailure) -> [EarlierKey] {
        let keys = try Self.recordedKeys(store, reader)
        return zip(keys, keys.dropFirst()).map { key, next in
            EarlierKey(verifier: key.verifier, endedAt: next.sequence, rotation: next.rotation)
        }
    }

    /// Puts a new key into the place of the present one, once `keep` has recorded that.
    func rotate(
        for principal: Principal, at time: Int64, keep: (LogEvent) throws(RPCError) -> Void
    ) throws(RPCError) {
        let next: NoteSigner
        do {
            next = try LogKeyFile.make(name: verifier.name)
            try file.prepareRotation(to: next)
        } catch {
            throw RPCError.storageFailed("The key was not changed: \(error).")
        }
        try keep(
            .keyRotated(
                to: next.verifier, from: verifier, rotation: KeyRotation.signed(from: signer, to: next), by: principal,
                at: time))
        signer = next
        lastSigned = nil
        do { try file.finishRotation() } catch {
            throw RPCError.internalFault(
                "The key is changed, but its file could not be put in place, which the next start will do: \(error).")
        }
    }

    private static func recordedKeys(_ store: Store, _ reader: JSONReader) throws(StoreFailure) -> [RecordedKey] {
        try store.events(["key.created", "key.rotated"]).compactMap { leaf in
            guard let event = try? reader.value(of: Array(leaf.text.utf8)),
                let verifier = event["key"]?.string.flatMap({ NoteVerifier($0) })
            else { return nil }
            return RecordedKey(sequence: leaf.sequence, verifier: verifier, rotation: event["rotation"]?.string)
        }
    }
}
