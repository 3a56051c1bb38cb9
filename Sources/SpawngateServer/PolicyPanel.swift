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

    private final class Seat {
        enum Activity {
            case loading
            case idle
            case busy(Batch)
        }
        let process: PolicyWorkerProcess
        var activity = Activity.loading
        var policies: [LoadedPolicy] = []
        var watch: WatchToken?
        var interest = Interest.readable
        var deadline: TimerToken?
        /// When it was asked, by the clock and by its own processor time.
        var askedAt: Int64 = 0
        var processorAtAsking: Int64 = 0

        var isIdle: Bool { if case .idle = activity { true } else { false } }

        init(process: PolicyWorkerProcess) { self.process = process }
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
    private let seatsCount: Int
    private var seats: [Seat] = []
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
        seatsCount = workers
    }

    // Its workers are watched by a loop that outlives it.
    deinit { close() }

    /// Starts its workers; `becameIdle` or `broke` is called in a later turn.
    func open() { refill() }

    /// Ends its workers. Nothing is called any more.
    func close() {
        becameIdle = {}
        broke = { _ in }
        for seat in seats { remove(seat) }
    }

    /// Whether `ask` would find a worker.
    var hasIdleWorker: Bool { seats.contains { $0.isIdle } }

    /// Asks every policy; the completion comes in a later turn. False where no worker is idle.
    func ask(_ text: [UInt8], completion: @escaping (Judgement) -> Void) -> Bool {
        ask(batch: [text]) { completion($0[0]) }
    }

    /// Asks about each of these, of which there is one at least; the completion comes in a later turn, with a judgement
    /// for each. False where no worker is idle.
    func ask(batch texts: [[UInt8]], completion: @escaping ([Judgement]) -> Void) -> Bool {
        guard let seat = seats.first(where: \.isIdle) else { return false }
        give(Batch(texts: texts, completion: completion), to: seat)
        return true
    }

    private func give(_ batch: Batch, to seat: Seat) {
        seat.activity = .busy(batch)
        seat.askedAt = clock.monotonicNanoseconds()
        seat.processorAtAsking = seat.process.processorNanoseconds ?? 0
        let next = batch.next
        // One alone is asked as the gate asks it: what those policies said that came before a failure is kept.
        if next.count == 1, let text = next.first { seat.process.send(text) } else { seat.process.send(batch: next) }
        updateInterest(seat)
        arm(seat, milliseconds: configuration.limits.policyMilliseconds)
    }

    /// Takes what an idle worker answered; it goes on where something is left to be asked.
    private func take(_ batch: Batch, from seat: Seat) {
        let asked = batch.next.count
        if asked == 1 {
            batch.judgements.append(judgement(of: seat, batch, unfinished: nil))
        } else {
            let answers = WorkerAnswer.batch(seat.process.answer(), loaded: seat.policies, reader: reader)
            batch.isOneByOne = answers.count < asked
            let judgements = zip(batch.next, answers).map { judgement(of: seat, $1, to: $0) }
            batch.judgements += judgements
        }
        let used = (seat.process.processorNanoseconds ?? .max) - seat.processorAtAsking
        if used > Self.longBatchNanoseconds {
            batchCount = max(1, asked / 2)
        } else if used < Self.longBatchNanoseconds / 4, asked == batchCount {
            batchCount = min(2 * batchCount, configuration.limits.replayBatchMax)
        }
        if !batch.next.isEmpty { return give(batch, to: seat) }
        seat.activity = .idle
        batch.completion(batch.judgements)
        goOn(seat)
    }

    private func goOn(_ seat: Seat) {
        if seat.isIdle, seat.watch != nil, let batch = interrupted.popFirst() { give(batch, to: seat) }
        becameIdle()
    }

    // MARK: workers

    private func refill() {
        while seats.count < seatsCount {
            do {
                let process = try PolicyWorkerProcess(
                    program: configuration.policyWorkerPath, memoryBytes: configuration.limits.policyMemoryBytes,
                    set: set)
                process.yieldToOthers()
                let seat = Seat(process: process)
                seat.askedAt = clock.monotonicNanoseconds()
                seat.watch = try loop.watch(process.pollable, seat.interest) { [unowned self] ready in
                    if ready.isWritable { process.resumeSending() }
                    if ready.isReadable { hear(seat) }
                    if seat.watch != nil { updateInterest(seat) }
                }
                seats.append(seat)
                updateInterest(seat)
                arm(seat, milliseconds: configuration.limits.policyLoadMilliseconds)
            } catch {
                return broke(PolicyLoadError(file: nil, line: nil, message: "\(error)"))
            }
        }
    }

    private func hear(_ seat: Seat) {
        guard let word = seat.process.receive() else { return }
        switch (word, seat.activity) {
        case (.loaded, .loading): finishLoading(seat)
        case (.decided, .busy(let batch)):
            stopClock(of: seat)
            take(batch, from: seat)
        case (.died(let reason), _): fail(seat, reason)
        case (.loaded, _), (.decided, _): fail(seat, "the policy worker spoke out of turn")
        }
    }

    private func finishLoading(_ seat: Seat) {
        stopClock(of: seat)
        do throws(PolicyLoadError) {
            seat.policies = try seat.process.loadedPolicies(of: set, reader: reader)
            seat.activity = .idle
            goOn(seat)
        } catch {
            remove(seat)
            broke(error)
        }
    }

    private func fail(_ seat: Seat, _ reason: String) {
        stopClock(of: seat)
        let activity = seat.activity
        let file = seat.process.fileAtWork(of: set)
        if case .busy(let batch) = activity {
            if batch.next.count == 1 {
                batch.judgements.append(judgement(of: seat, batch, unfinished: reason))
            } else {
                batch.isOneByOne = true
            }
        }
        remove(seat)
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

    private func remove(_ seat: Seat) {
        if let watch = seat.watch { loop.unwatch(watch, seat.process.pollable) }
        seat.watch = nil
        stopClock(of: seat)
        seats.removeAll { $0 === seat }
    }

    private func updateInterest(_ seat: Seat) {
        let interest: Interest = seat.process.wantsToWrite ? [.readable, .writable] : .readable
        guard let watch = seat.watch, interest != seat.interest else { return }
        seat.interest = interest
        // EPOLL_CTL_MOD fails only for what is not watched, and then the worker is gone already.
        try? loop.change(watch, seat.process.pollable, interest)
    }

    /// Of the one question that was asked.
    private func judgement(of seat: Seat, _ batch: Batch, unfinished: String?) -> Judgement {
        let answer = WorkerAnswer(
            seat.process.answer(), loaded: seat.policies, unfinished: unfinished, reader: reader)
        return judgement(of: seat, answer, to: batch.next.first ?? [])
    }

    private func judgement(of seat: Seat, _ answer: WorkerAnswer, to request: [UInt8]) -> Judgement {
        Judgement(
            set: set, answer: answer, request: request,
            durationMicroseconds: (clock.monotonicNanoseconds() - seat.askedAt) / 1000, reader: reader)
    }

    // MARK: deadlines

    private func arm(_ seat: Seat, milliseconds: Int) {
        seat.deadline = loop.after(milliseconds: milliseconds) { [unowned self] in lookAtClock(of: seat) }
    }

    private func lookAtClock(of seat: Seat) {
        let limits = configuration.limits
        var limit = Int64(limits.policyMilliseconds)
        var reason = "it took longer than \(limits.policyMilliseconds) ms"
        if case .loading = seat.activity {
            limit = Int64(limits.policyLoadMilliseconds)
            reason = "it took longer than \(limits.policyLoadMilliseconds) ms to load"
        }
        let used = ((seat.process.processorNanoseconds ?? .max) - seat.processorAtAsking) / 1_000_000
        let waited = (clock.monotonicNanoseconds() - seat.askedAt) / 1_000_000
        // A tenth is left to what the clock of the gate counts and that of the processor does not.
        if used >= limit * 9 / 10 || waited >= limit * Self.patience { return fail(seat, reason) }
        arm(seat, milliseconds: Int(max(1, limit - used)))
    }

    private func stopClock(of seat: Seat) {
        if let deadline = seat.deadline { loop.cancel(deadline) }
        seat.deadline = nil
    }
}
