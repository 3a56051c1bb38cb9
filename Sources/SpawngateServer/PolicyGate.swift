internal import DequeModule
internal import Platform
internal import Policy
internal import Wire

/// A set in force, with what the workers said of its policies.
struct PolicySetInForce {
    let set: PolicySet
    let policies: [LoadedPolicy]
    /// Milliseconds since 1970.
    let loadedAt: Int64
}

/// Asks. A question goes to a worker that has loaded the set in force; what comes back, or fails to, is a judgement.
///
/// A set takes over whole: it is loaded by a worker of its own first, and until that one has said that all of it loads,
/// the old set stays. A question is judged from beginning to end by the set of the worker that it went to.
final class PolicyGate {
    private final class Worker {
        enum Activity {
            /// Reading the set; `completion` where this worker tries a new one.
            case loading(completion: ((Result<PolicySetInForce, PolicyLoadError>) -> Void)?)
            case idle
            case busy(Question, askedAt: Int64)
        }
        let seat: PolicySeat
        let set: PolicySet
        var activity: Activity
        /// What it said of the set's policies when it had loaded them.
        var policies: [LoadedPolicy] = []

        init(seat: PolicySeat, set: PolicySet, activity: Activity) {
            self.seat = seat
            self.set = set
            self.activity = activity
        }
    }

    private struct Question {
        let text: [UInt8]
        let completion: (Judgement) -> Void
    }

    private let configuration: Configuration
    private let loop: EventLoop
    private let clock: any Clock
    private let reader = JSONReader()
    private var workers: [Worker] = []
    private var questions = Deque<Question>()
    private(set) var inForce: PolicySetInForce?
    /// Why the folder as it stands is not what is in force.
    private(set) var loadError: PolicyLoadError?
    private var isTryingSet = false

    init(configuration: Configuration, loop: EventLoop, clock: any Clock) {
        self.configuration = configuration
        self.loop = loop
        self.clock = clock
    }

    var waitingCount: Int { questions.count }

    /// When it was last asked something, by the loop's clock.
    private(set) var lastAskedAt = Int64.min / 2

    // MARK: questions

    /// Asks every policy. The completion comes in a later turn, with a judgement in every case.
    ///
    /// `text` is the policies' `request` as canonical JSON: the very bytes that the decision keeps.
    func ask(_ text: [UInt8], completion: @escaping (Judgement) -> Void) {
        lastAskedAt = loop.nowNanoseconds
        questions.append(Question(text: text, completion: completion))
    }

    /// Hands waiting questions to idle workers. To be called once a turn.
    func dispatch() {
        if inForce == nil, !isTryingSet { return refuseAll() }
        guard let inForce else { return }
        while !questions.isEmpty, let worker = idleWorker(of: inForce.set) {
            let question = questions.removeFirst()
            worker.activity = .busy(question, askedAt: clock.monotonicNanoseconds())
            worker.seat.ask(question.text)
            worker.seat.setDeadline(milliseconds: configuration.limits.policyMilliseconds) { [unowned self] in
                fail(worker, "it took longer than \(configuration.limits.policyMilliseconds) ms")
            }
        }
    }

    private func idleWorker(of set: PolicySet) -> Worker? {
        workers.first { worker in
            if case .idle = worker.activity { return worker.set.digest == set.digest }
            return false
        }
    }

    private func refuseAll() {
        let reason = loadError?.sentence ?? "no policy is in force"
        while let question = questions.popFirst() {
            question.completion(
                Judgement(set: nil, policies: [], failure: reason, durationMicroseconds: 0))
        }
    }

    // MARK: sets

    /// Tries a set; it comes into force where all of it loads.
    func load(_ set: PolicySet, completion: @escaping (Result<PolicySetInForce, PolicyLoadError>) -> Void) {
        isTryingSet = true
        start(set, .loading(completion: completion))
    }

    /// Keeps what is in force, and says why the folder is not.
    func refuse(_ error: PolicyLoadError) {
        loadError = error
        isTryingSet = false
    }

    private func start(_ set: PolicySet, _ activity: Worker.Activity) {
        do {
            let seat = try PolicySeat(set, configuration: configuration, loop: loop)
            let worker = Worker(seat: seat, set: set, activity: activity)
            seat.hear = { [unowned self] in hear(worker) }
            workers.append(worker)
            seat.setDeadline(milliseconds: configuration.limits.policyLoadMilliseconds) { [unowned self] in
                fail(worker, "it took longer than \(configuration.limits.policyLoadMilliseconds) ms to load")
            }
        } catch {
            finishLoading(activity, .failure(PolicyLoadError(file: nil, line: nil, message: "\(error)")))
        }
    }

    private func finishLoading(_ activity: Worker.Activity, _ result: Result<PolicySetInForce, PolicyLoadError>) {
        guard case .loading(let completion?) = activity else { return }
        isTryingSet = false
        switch result {
        case .success(let loaded):
            inForce = loaded
            loadError = nil
            // Those at work finish by the set that they began with; the idle ones have nothing to finish.
            for worker in workers where worker.set.digest != loaded.set.digest {
                if case .busy = worker.activity { continue }
                remove(worker)
            }
            refill()
        case .failure(let error): loadError = error
        }
        completion(result)
    }

    /// As many workers of the set in force as there should be, so that one that had to be killed is not missed, and one
    /// that tried the same set again is not one too many.
    private func refill() {
        guard let inForce else { return }
        while workers.count(where: { $0.set.digest == inForce.set.digest }) > configuration.limits.policyWorkers,
            let surplus = idleWorker(of: inForce.set)
        {
            remove(surplus)
        }
        let ready = workers.count { $0.set.digest == inForce.set.digest }
        for _ in ready..<max(ready, configuration.limits.policyWorkers) {
            start(inForce.set, .loading(completion: nil))
        }
    }

    // MARK: workers

    private func hear(_ worker: Worker) {
        guard let word = worker.seat.process.receive() else { return }
        switch (word, worker.activity) {
        case (.loaded, .loading(let completion)):
            worker.seat.clearDeadline()
            worker.activity = .idle
            let result = loadResult(worker)
            switch result {
            case .success(let loaded): worker.policies = loaded.policies
            case .failure: remove(worker)
            }
            finishLoading(.loading(completion: completion), result)
        case (.decided, .busy(let question, let askedAt)):
            worker.seat.clearDeadline()
            worker.activity = .idle
            let judgement = judgement(of: worker, question, askedAt: askedAt, unfinished: nil)
            if worker.set.digest != inForce?.set.digest { remove(worker) }
            question.completion(judgement)
        case (.died(let reason), _): fail(worker, reason)
        case (.loaded, _), (.decided, _): fail(worker, "the policy worker spoke out of turn")
        }
    }

    /// Ends a worker that hangs, died or misbehaved. What it was asked fails closed.
    private func fail(_ worker: Worker, _ reason: String) {
        worker.seat.clearDeadline()
        let activity = worker.activity
        let partial: Judgement? =
            if case .busy(let question, let askedAt) = activity {
                judgement(of: worker, question, askedAt: askedAt, unfinished: reason)
            } else {
                nil
            }
        let file = worker.seat.process.fileAtWork(of: worker.set)
        remove(worker)
        switch activity {
        case .loading(_?):
            finishLoading(activity, .failure(PolicyLoadError(file: file, line: nil, message: reason)))
        case .loading(nil):
            // The set loaded before, so this is of the moment; trying again at once could spin.
            loop.after(milliseconds: 100) { [unowned self] in refill() }
        case .idle: refill()
        case .busy(let question, _):
            refill()
            if let partial { question.completion(partial) }
        }
    }

    private func remove(_ worker: Worker) {
        worker.seat.close()
        workers.removeAll { $0 === worker }
    }

    // MARK: answers

    private func judgement(
        of worker: Worker, _ question: Question, askedAt: Int64, unfinished: String?
    ) -> Judgement {
        Judgement(
            set: worker.set,
            answer: WorkerAnswer(
                worker.seat.process.answer(), loaded: worker.policies, unfinished: unfinished, reader: reader),
            request: question.text, durationMicroseconds: (clock.monotonicNanoseconds() - askedAt) / 1000,
            reader: reader)
    }

    private func loadResult(_ worker: Worker) -> Result<PolicySetInForce, PolicyLoadError> {
        Result { () throws(PolicyLoadError) in
            PolicySetInForce(
                set: worker.set, policies: try worker.seat.process.loadedPolicies(of: worker.set, reader: reader),
                loadedAt: clock.wallMilliseconds())
        }
    }
}
