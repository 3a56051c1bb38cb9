internal import DecisionLog
internal import Platform
internal import Store
internal import Wire

/// Says under its signature what the log is, and proves what it said earlier.
final class LogNotary {
    /// A key that signed before the present one.
    struct EarlierKey {
        let verifier: NoteVerifier
        /// The number of the leaf that put another key into its place.
        let endedAt: Int64
        /// The note by which it handed over; nil where the key was replaced without one.
        let rotation: String?
    }

    private let store: Store
    private let file: LogKeyFile
    private var signer: NoteSigner
    /// The oldest first.
    private(set) var earlier: [EarlierKey] = []
    private var lastSigned: (checkpoint: Checkpoint, note: String)?

    /// Takes up the key in the state folder, or makes the first.
    init(configuration: Configuration, store: Store) throws {
        self.store = store
        file = LogKeyFile(path: configuration.logKeyPath)
        if let kept = try file.read() {
            signer = kept
        } else {
            let name = configuration.logOrigin ?? LogKeyFile.defaultName(stateFolder: configuration.stateFolder)
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
}
