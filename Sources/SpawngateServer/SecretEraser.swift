internal import Logging
internal import Policy
internal import Store
internal import Wire

/// Erases the secrets of decisions: those that are old enough, by itself, and others when it is asked to.
///
/// A step is one transaction of a bounded number of leaves, and one a turn; after the last the write-ahead log is
/// emptied, so that no file holds any more what was erased.
final class SecretEraser {
    /// What one erasure came to.
    struct Outcome {
        var erased: Int64 = 0
        /// Whether no file holds the erased texts any more; false where another program keeps the write-ahead log in use.
        var isWiped = true
    }

    private static let wipeRetryMilliseconds = 10_000

    private let configuration: Configuration
    private let loop: EventLoop
    private let logger: Logger
    private let store: Store
    /// Keeps the writes, with the event that tells of them, before it returns.
    private let keep: (_ erasure: SecretErasure) throws(RPCError) -> Void
    private var wiping: TimerToken?

    init(
        configuration: Configuration, loop: EventLoop, logger: Logger, store: Store,
        keep: @escaping (_ erasure: SecretErasure) throws(RPCError) -> Void
    ) {
        self.configuration = configuration
        self.loop = loop
        self.logger = logger
        self.store = store
        self.keep = keep
    }

    /// From now on erases what is older than the configuration says.
    func begin() {
        guard let age = configuration.secretsErasedAfterMilliseconds else { return }
        let before = loop.wallMilliseconds - age
        // Where storage fails, the next round tries again.
        erase(before: before, for: nil) { [unowned self] outcome in
            switch outcome {
            case .success(let outcome) where outcome.erased > 0:
                logger.info("secrets of old decisions erased", metadata: ["count": "\(outcome.erased)"])
            case .success: break
            case .failure(let error): logger.error("secrets could not be erased: \(error.message)")
            }
            // Often enough for the age to be true to a hundredth.
            let pause = min(max(age / 100, 1000), 3_600_000)
            loop.after(milliseconds: Int(pause)) { [unowned self] in begin() }
        }
    }

    /// Erases the secrets of one leaf, now.
    func erase(sequence: Int64, for principal: Principal) throws(RPCError) -> Outcome {
        let kept = try SessionMethods.reading { () throws(StoreFailure) in try store.secrets(of: sequence) }
        guard case .kept? = kept else { return Outcome() }
        try keep(SecretErasure(sequences: [sequence], principal: principal, before: nil))
        return Outcome(erased: 1, isWiped: wipe())
    }

    /// Erases the secrets of every decision before that time (milliseconds since 1970), step by step. The completion
    /// comes in a later turn.
    func erase(
        before time: Int64, for principal: Principal?, outcome: Outcome = Outcome(),
        completion: @escaping (Result<Outcome, RPCError>) -> Void
    ) {
        loop.after(milliseconds: 0) { [unowned self] in
            var outcome = outcome
            do throws(RPCError) {
                let limit = configuration.limits.secretsErasedPerTurn
                let found = try SessionMethods.reading { () throws(StoreFailure) in
                    try store.leavesWithSecrets(before: time, limit: limit)
                }
                if !found.isEmpty {
                    try keep(SecretErasure(sequences: found, principal: principal, before: time))
                    outcome.erased += Int64(found.count)
                }
                if found.count == limit {
                    return erase(before: time, for: principal, outcome: outcome, completion: completion)
                }
                if outcome.erased > 0 { outcome.isWiped = wipe() }
                completion(.success(outcome))
            } catch {
                if outcome.erased > 0 { _ = wipe() }
                completion(.failure(error))
            }
        }
    }

    /// Empties the write-ahead log; where that cannot be done now, tries again until it could.
    private func wipe() -> Bool {
        if let wiping { loop.cancel(wiping) }
        wiping = nil
        do throws(StoreFailure) {
            if try store.emptyJournal() { return true }
            logger.warning("another program reads the database, so erased secrets still stand in its write-ahead log")
        } catch {
            logger.error("erased secrets still stand in the write-ahead log: \(error.description)")
        }
        wiping = loop.after(milliseconds: Self.wipeRetryMilliseconds) { [unowned self] in
            wiping = nil
            if wipe() { logger.info("erased secrets stand in no file any more") }
        }
        return false
    }
}

/// The secrets of some leaves go: what is to be kept of that.
struct SecretErasure {
    let sequences: [Int64]
    /// Who asked for it; nil: the server's own rule.
    let principal: Principal?
    /// Where all before a time (milliseconds since 1970) were meant.
    let before: Int64?
}
