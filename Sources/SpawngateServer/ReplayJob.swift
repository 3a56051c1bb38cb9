internal import Platform
internal import Policy
internal import Store
internal import Wire

/// Judges recorded decisions again, the newest first, by a set that need not be in force.
///
/// It works in the gaps: what it does in one turn of the loop is bounded, its workers give way to all else, and while
/// starts are being judged it takes its time.
final class ReplayJob {
    /// What is judged again.
    struct Scope {
        var filter: DecisionFilter
        /// Leaves with a smaller number alone.
        var before: Int64
        /// Decisions, at most.
        var limit: Int64
    }

    enum Outcome {
        case finished(ReplayTally)
        case invalidSet(PolicyLoadError)
        case failed(String)
        /// Nobody waits for the answer any more.
        case abandoned
    }

    /// While starts are judged: so many decisions, then a pause of so long. It makes 100,000 in less than 30 s, for a
    /// tenth of the loop's time.
    private static let politeSlice = 8
    private static let politePauseMilliseconds = 2

    private let server: Server
    private let panel: PolicyPanel
    private let scope: Scope
    private let connection: Connection
    private let progress: ((_ done: Int64, _ totalEstimate: Int64) -> Void)?
    private let completion: (Outcome) -> Void
    private let reader = JSONReader()
    private var tally: ReplayTally
    /// Leaves that were read and not asked, the next one last.
    private var page: [(leaf: StoredLeaf, secrets: KeptSecrets?)] = []
    private var nextBefore: Int64
    private let firstBefore: Int64
    private var asked: Int64 = 0
    /// Decisions that could not be asked about, for a part of their request was erased.
    private var erased: Int64 = 0
    private var askedSincePause = 0
    private var isOver = false
    private var pause: TimerToken?
    private var lastLiveAt: Int64 = 0
    private var toldAt: Int64 = 0

    /// `completion` is called once, in a later turn. It goes on until then, or until nobody waits at the connection.
    init(
        _ set: PolicySet, scope: Scope, server: Server, connection: Connection,
        progress: ((_ done: Int64, _ totalEstimate: Int64) -> Void)?, completion: @escaping (Outcome) -> Void
    ) {
        self.server = server
        self.scope = scope
        self.connection = connection
        self.progress = progress
        self.completion = completion
        firstBefore = min(scope.before, server.store.nextSequence)
        nextBefore = firstBefore
        tally = ReplayTally(limits: server.configuration.limits)
        panel = PolicyPanel(
            set, workers: server.configuration.limits.replayWorkers, configuration: server.configuration,
            loop: server.loop, clock: server.clock)
        panel.becameIdle = { [unowned self] in pump() }
        panel.broke = { [unowned self] error in finish(.invalidSet(error)) }
    }

    func begin() { panel.open() }

    // MARK: asking

    private func pump() {
        guard !isOver, pause == nil else { return }
        if connection.watch == nil { return finish(.abandoned) }
        if mustPause() { return rest(milliseconds: Self.politePauseMilliseconds) }
        while panel.hasIdleWorker {
            guard let next = page.popLast() else {
                if isExhausted {
                    if tally.total == asked { finish(.finished(tally)) }
                    return
                }
                guard readPage() else { return }
                // One read a turn, and what it brought is asked in the next one.
                return rest(milliseconds: 0)
            }
            ask(next.leaf, next.secrets)
        }
    }

    private var isExhausted: Bool { nextBefore <= 0 || asked + erased + Int64(page.count) >= scope.limit }

    private func readPage() -> Bool {
        let from = max(0, nextBefore - server.configuration.limits.replayLeavesPerTurn)
        do throws(StoreFailure) {
            let leaves = try server.store.decisions(scope.filter, in: from..<nextBefore)
            let secrets = try server.store.secrets(in: from..<nextBefore)
            page = leaves.prefix(Int(clamping: scope.limit - asked - erased)).reversed()
                .map { ($0, secrets[$0.sequence]) }
            nextBefore = from
            return true
        } catch {
            finish(.failed(error.description))
            return false
        }
    }

    private func ask(_ leaf: StoredLeaf, _ secrets: KeptSecrets?) {
        let text = Array(leaf.text.utf8)
        let recorded = try? text.withUnsafeBytes { bytes in
            try reader.read(bytes) { RecordedDecision($0, secrets: secrets) }
        }
        guard let recorded else {
            return finish(.failed("leaf \(leaf.sequence) of the log cannot be read"))
        }
        guard let question = recorded.question else {
            erased += 1
            return tally.addErased()
        }
        asked += 1
        askedSincePause += 1
        _ = panel.ask(question) { [unowned self] judgement in
            tally.add(recorded, sequence: leaf.sequence, becomes: judgement)
            tell()
        }
    }

    // MARK: giving way

    private func mustPause() -> Bool {
        if server.gate.isJudging { lastLiveAt = server.loop.nowNanoseconds }
        let isBusyTime = server.loop.nowNanoseconds - lastLiveAt < 100_000_000 && lastLiveAt > 0
        return isBusyTime && askedSincePause >= Self.politeSlice
    }

    private func rest(milliseconds: Int) {
        if milliseconds > 0 { askedSincePause = 0 }
        pause = server.loop.after(milliseconds: milliseconds) { [unowned self] in
            pause = nil
            pump()
        }
    }

    // MARK: telling

    private func tell() {
        guard let progress, server.loop.nowNanoseconds - toldAt >= 100_000_000 else { return }
        toldAt = server.loop.nowNanoseconds
        // What has been looked at says how many there are in all, more exactly the further it is.
        let looked = max(1, firstBefore - nextBefore)
        let found = Double(asked + Int64(page.count))
        progress(tally.total, min(scope.limit, Int64(found * Double(firstBefore) / Double(looked))))
    }

    private func finish(_ outcome: Outcome) {
        guard !isOver else { return }
        isOver = true
        if let pause { server.loop.cancel(pause) }
        pause = nil
        panel.close()
        completion(outcome)
    }
}
