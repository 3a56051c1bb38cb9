internal import Platform
internal import Policy
internal import Wire

/// Judges by a set that need not be in force: workers of its own beside those of `PolicyGate`, which give way to all
/// else, so that nobody who waits for a live decision waits for these.
///
/// What it says of a question is what the gate would say. A worker that has to give way is slow through no fault of the
/// policies, so the deadline counts its own processor time, and the wall clock only where that is hopeless.
final class PolicyPanel {
    private final class Seat {
        enum Activity {
            case loading
            case idle
            case busy((Judgement) -> Void)
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
        guard let seat = seats.first(where: \.isIdle) else { return false }
        seat.activity = .busy(completion)
        seat.askedAt = clock.monotonicNanoseconds()
        seat.processorAtAsking = seat.process.processorNanoseconds ?? 0
        seat.process.send(text)
        updateInterest(seat)
        arm(seat, milliseconds: configuration.limits.policyMilliseconds)
        return true
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
        case (.decided, .busy(let completion)):
            stopClock(of: seat)
            seat.activity = .idle
            completion(judgement(of: seat, unfinished: nil))
            becameIdle()
        case (.died(let reason), _): fail(seat, reason)
        case (.loaded, _), (.decided, _): fail(seat, "the policy worker spoke out of turn")
        }
    }

    private func finishLoading(_ seat: Seat) {
        stopClock(of: seat)
        do throws(PolicyLoadError) {
            seat.policies = try seat.process.loadedPolicies(of: set, reader: reader)
            seat.activity = .idle
            becameIdle()
        } catch {
            remove(seat)
            broke(error)
        }
    }

    private func fail(_ seat: Seat, _ reason: String) {
        stopClock(of: seat)
        let activity = seat.activity
        let partial = judgement(of: seat, unfinished: reason)
        let file = seat.process.fileAtWork(of: set)
        remove(seat)
        switch activity {
        case .loading: broke(PolicyLoadError(file: file, line: nil, message: reason))
        case .idle: refill()
        case .busy(let completion):
            refill()
            completion(partial)
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

    private func judgement(of seat: Seat, unfinished: String?) -> Judgement {
        Judgement(
            set: set,
            policies: Judgement.results(
                ofWorker: seat.process.answer(), loaded: seat.policies, unfinished: unfinished, reader: reader),
            failure: set.failure,
            durationMicroseconds: (clock.monotonicNanoseconds() - seat.askedAt) / 1000)
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
