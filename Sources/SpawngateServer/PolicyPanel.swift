internal import DequeModule
internal import Platform
internal import Policy
internal import Wire

/// Judges by a set that need not be in force: workers of its own beside those of `PolicyGate`, which give way to all
/// else, so that nobody who waits for a live decision waits for these.
///
/// What it says of a question is what the gate would say. A worker that has to give way is slow through no fault of the
/// policies, so the deadline counts its own processor time, and the wall clock only where that is hopeless.
///
/// Questions can be asked together, which costs this side one turn of the loop for all. What goes wrong with some that
/// were asked together is not held against any: those without an answer are asked again, one at a time.
final class PolicyPanel {
    /// Questions on their way, answered as far as `judgements` goes.
    private final class Batch {
        let texts: [[UInt8]]
        let completion: ([Judgement]) -> Void
        var judgements: [Judgement] = []
        var isOneByOne = false

        init(texts: [[UInt8]], completion: @escaping ([Judgement]) -> Void) {
            self.texts = texts
            self.completion = completion
        }

        /// Those to be asked next.
        var next: ArraySlice<[UInt8]> { texts[judgements.count...].prefix(isOneByOne ? 1 : texts.count) }
    }

    private final class Worker {
        enum Activity {
            case loading
            case idle
            case busy(Batch)
        }
        let seat: PolicySeat
        var process: PolicyWorkerProcess { seat.process }
        var activity = Activity.loading
        var policies: [LoadedPolicy] = []
        /// When it was asked, by the clock and by its own processor time.
        var askedAt: Int64 = 0
        var processorAtAsking: Int64 = 0

        var isIdle: Bool { if case .idle = activity { true } else { false } }

        init(seat: PolicySeat) { self.seat = seat }
    }

    /// How often its limit a worker may take by the wall clock.
    private static let patience: Int64 = 20
    /// Of processor time: more than that, and fewer are asked together.
    private static let longBatchNanoseconds: Int64 = 20_000_000

    let set: PolicySet
    /// Called when a question can be asked again, and with what is wrong when none ever can.
    var becameIdle: () -> Void = {}
    var broke: (PolicyLoadError) -> Void = { _ in }

    private let configuration: Configuration
    private let loop: EventLoop
    private let clock: any Clock
    private let reader = JSONReader()
    private let workersCount: Int
    private var workers: [Worker] = []
    /// Those whose worker had to be ended.
    private var interrupted = Deque<Batch>()
    /// How many questions are best asked together: as many as a worker answers in some milliseconds.
    private(set) var batchCount = 8

    /// Starts as many workers. The set is in use once `becameIdle` is called.
    init(_ set: PolicySet, workers: Int, configuration: Configuration, loop: EventLoop, clock: any Clock) {
        self.set = set
        self.configuration = configuration
        self.loop = loop
        self.clock = clock
        workersCount = workers
    }

    // Its workers are watched by a loop that outlives it.
    deinit { close() }

    /// Starts its workers; `becameIdle` or `broke` is called in a later turn.
    func open() { refill() }

    /// Ends its workers. Nothing is called any more.
    func close() {
        becameIdle = {}
        broke = { _ in }
        for worker in workers { remove(worker) }
    }

    /// Whether `ask` would find a worker.
    var hasIdleWorker: Bool { workers.contains { $0.isIdle } }

    /// Asks every policy; the completion comes in a later turn. False where no worker is idle.
    func ask(_ text: [UInt8], completion: @escaping (Judgement) -> Void) -> Bool {
        ask(batch: [text]) { completion($0[0]) }
    }

    /// Asks about each of these, of which there is one at least; the completion comes in a later turn, with a judgement
    /// for each. False where no worker is idle.
    func ask(batch texts: [[UInt8]], completion: @escaping ([Judgement]) -> Void) -> Bool {
        guard let worker = workers.first(where: \.isIdle) else { return false }
        give(Batch(texts: texts, completion: completion), to: worker)
        return true
    }

    private func give(_ batch: Batch, to worker: Worker) {
        worker.activity = .busy(batch)
        worker.askedAt = clock.monotonicNanoseconds()
        worker.processorAtAsking = worker.process.processorNanoseconds ?? 0
        let next = batch.next
        // One alone is asked as the gate asks it: what those policies said that came before a failure is kept.
        if next.count == 1, let text = next.first { worker.seat.ask(text) } else { worker.seat.ask(batch: next) }
        arm(worker, milliseconds: configuration.limits.policyMilliseconds)
    }

    /// Takes what an idle worker answered; it goes on where something is left to be asked.
    private func take(_ batch: Batch, from worker: Worker) {
        let asked = batch.next.count
        if asked == 1 {
            batch.judgements.append(judgement(of: worker, batch, unfinished: nil))
        } else {
            let answers = WorkerAnswer.batch(worker.process.answer(), loaded: worker.policies, reader: reader)
            batch.isOneByOne = answers.count < asked
            let judgements = zip(batch.next, answers).map { judgement(of: worker, $1, to: $0) }
            batch.judgements += judgements
        }
        let used = (worker.process.processorNanoseconds ?? .max) - worker.processorAtAsking
        if used > Self.longBatchNanoseconds {
            batchCount = max(1, asked / 2)
        } else if used < Self.longBatchNanoseconds / 4, asked == batchCount {
            batchCount = min(2 * batchCount, configuration.limits.replayBatchMax)
        }
        if !batch.next.isEmpty { return give(batch, to: worker) }
        worker.activity = .idle
        batch.completion(batch.judgements)
        goOn(worker)
    }

    private func goOn(_ worker: Worker) {
        if worker.isIdle, worker.seat.isOpen, let batch = interrupted.popFirst() { give(batch, to: worker) }
        becameIdle()
    }

    // MARK: workers

    private func refill() {
        while workers.count < workersCount {
            do {
                let seat = try PolicySeat(set, configuration: configuration, loop: loop)
                let worker = Worker(seat: seat)
                seat.hear = { [unowned self] in hear(worker) }
                seat.process.yieldToOthers()
                worker.askedAt = clock.monotonicNanoseconds()
                workers.append(worker)
                arm(worker, milliseconds: configuration.limits.policyLoadMilliseconds)
            } catch {
                return broke(PolicyLoadError(file: nil, line: nil, message: "\(error)"))
            }
        }
    }

    private func hear(_ worker: Worker) {
        guard let word = worker.process.receive() else { return }
        switch (word, worker.activity) {
        case (.loaded, .loading): finishLoading(worker)
        case (.decided, .busy(let batch)):
            worker.seat.clearDeadline()
            take(batch, from: worker)
        case (.died(let reason), _): fail(worker, reason)
        case (.loaded, _), (.decided, _): fail(worker, "the policy worker spoke out of turn")
        }
    }

    private func finishLoading(_ worker: Worker) {
        worker.seat.clearDeadline()
        do throws(PolicyLoadError) {
            worker.policies = try worker.process.loadedPolicies(of: set, reader: reader)
            worker.activity = .idle
            goOn(worker)
        } catch {
            remove(worker)
            broke(error)
        }
    }

    private func fail(_ worker: Worker, _ reason: String) {
        worker.seat.clearDeadline()
        let activity = worker.activity
        let file = worker.process.fileAtWork(of: set)
        if case .busy(let batch) = activity {
            if batch.next.count == 1 {
                batch.judgements.append(judgement(of: worker, batch, unfinished: reason))
            } else {
                batch.isOneByOne = true
            }
        }
        remove(worker)
        switch activity {
        case .loading: broke(PolicyLoadError(file: file, line: nil, message: reason))
        case .idle: refill()
        case .busy(let batch):
            batchCount = 1
            if !batch.next.isEmpty { interrupted.append(batch) }
            refill()
            if batch.next.isEmpty { batch.completion(batch.judgements) }
        }
    }

    private func remove(_ worker: Worker) {
        worker.seat.close()
        workers.removeAll { $0 === worker }
    }

    /// Of the one question that was asked.
    private func judgement(of worker: Worker, _ batch: Batch, unfinished: String?) -> Judgement {
        let answer = WorkerAnswer(
            worker.process.answer(), loaded: worker.policies, unfinished: unfinished, reader: reader)
        return judgement(of: worker, answer, to: batch.next.first ?? [])
    }

    private func judgement(of worker: Worker, _ answer: WorkerAnswer, to request: [UInt8]) -> Judgement {
        Judgement(
            set: set, answer: answer, request: request,
            durationMicroseconds: (clock.monotonicNanoseconds() - worker.askedAt) / 1000, reader: reader)
    }

    // MARK: deadlines

    private func arm(_ worker: Worker, milliseconds: Int) {
        worker.seat.setDeadline(milliseconds: milliseconds) { [unowned self] in lookAtClock(of: worker) }
    }

    private func lookAtClock(of worker: Worker) {
        let limits = configuration.limits
        var limit = Int64(limits.policyMilliseconds)
        var reason = "it took longer than \(limits.policyMilliseconds) ms"
        if case .loading = worker.activity {
            limit = Int64(limits.policyLoadMilliseconds)
            reason = "it took longer than \(limits.policyLoadMilliseconds) ms to load"
        }
        let used = ((worker.process.processorNanoseconds ?? .max) - worker.processorAtAsking) / 1_000_000
        let waited = (clock.monotonicNanoseconds() - worker.askedAt) / 1_000_000
        // A tenth is left to what the clock of the gate counts and that of the processor does not.
        if used >= limit * 9 / 10 || waited >= limit * Self.patience { return fail(worker, reason) }
        arm(worker, milliseconds: Int(max(1, limit - used)))
    }
}
