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

    /// How long after a start was judged others are expected.
    private static let livelyNanoseconds: Int64 = 100_000_000

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
    private var isOver = false
    private var pause: TimerToken?
    private var lookout: TimerToken?
    private var readAt: Int64 = 0
    /// Decisions that may be asked while starts are judged, and as of when.
    private var allowance = 0.0
    private var allowanceAt: Int64 = 0
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

    func begin() {
        panel.open()
        lookForWaiting()
    }

    /// A batch of policies that hang takes its time, and must not take it for nobody. One who is gone shows it when it is
    /// told something: until then it could be one that only sends nothing more.
    private func lookForWaiting() {
        lookout = server.loop.after(milliseconds: 200) { [unowned self] in
            if connection.watch == nil { return finish(.abandoned) }
            if readAt > 0 { tell() }
            lookForWaiting()
        }
    }

    // MARK: asking

    private func pump() {
        guard !isOver, pause == nil else { return }
        if connection.watch == nil { return finish(.abandoned) }
        while panel.hasIdleWorker {
            if page.isEmpty {
                if isExhausted {
                    if tally.total == asked { finish(.finished(tally)) }
                    return
                }
                // One read a turn: it is not known how many it brings.
                guard readAt != server.loop.nowNanoseconds else { return rest(milliseconds: 0) }
                guard readPage() else { return }
                continue
            }
            let count = min(panel.batchCount, page.count)
            let early = millisecondsUntilAllowed(count)
            if early > 0 { return rest(milliseconds: early) }
            guard ask(count) else { return }
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
            readAt = server.loop.nowNanoseconds
            return true
        } catch {
            finish(.failed(error.description))
            return false
        }
    }

    /// Asks about so many of the page, or fewer where they are large. False where it is over.
    private func ask(_ count: Int) -> Bool {
        var batch: [(recorded: RecordedDecision, sequence: Int64)] = []
        var questions: [[UInt8]] = []
        batch.reserveCapacity(count)
        questions.reserveCapacity(count)
        var bytes = 0
        while batch.count < count, bytes < server.configuration.limits.replayBatchBytes, let next = page.popLast() {
            var text = next.leaf.text
            let recorded = try? text.withUTF8 { bytes in
                try reader.read(UnsafeRawBufferPointer(bytes)) { RecordedDecision($0, secrets: next.secrets) }
            }
            guard let recorded else {
                finish(.failed("leaf \(next.leaf.sequence) of the log cannot be read"))
                return false
            }
            guard let question = recorded.question else {
                erased += 1
                tally.addErased()
                continue
            }
            batch.append((recorded, next.leaf.sequence))
            questions.append(question)
            bytes += question.count
        }
        if batch.isEmpty { return true }
        asked += Int64(batch.count)
        allowance = max(0, allowance - Double(batch.count))
        _ = panel.ask(batch: questions) { [unowned self] judgements in
            for (decision, judgement) in zip(batch, judgements) {
                tally.add(decision.recorded, sequence: decision.sequence, becomes: judgement)
            }
            tell()
        }
        return true
    }

    // MARK: giving way

    /// How long to wait before so many are asked. While nobody else is judged that is no time; otherwise the polite rate
    /// must have earned them all, however long a turn of the busy loop takes: a batch costs a turn of the loop, and
    /// takes a processor from others twice, whatever its size.
    private func millisecondsUntilAllowed(_ count: Int) -> Int {
        let now = server.loop.nowNanoseconds
        guard now - server.gate.lastAskedAt < Self.livelyNanoseconds else { return 0 }
        let limits = server.configuration.limits
        let perMillisecond = Double(limits.replayPoliteRate) / 1000
        let passed = min(now - allowanceAt, Self.livelyNanoseconds)
        allowance += Double(passed) / 1e6 * perMillisecond
        allowance = min(allowance, Double(limits.replayWorkers * limits.replayBatchMax))
        allowanceAt = now
        return Int(((Double(count) - allowance) / perMillisecond).rounded(.up))
    }

    private func rest(milliseconds: Int) {
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
        if let lookout { server.loop.cancel(lookout) }
        pause = nil
        panel.close()
        completion(outcome)
    }
}
