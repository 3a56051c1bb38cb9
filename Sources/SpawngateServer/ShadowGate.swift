internal import DecisionLog
internal import DequeModule
internal import Logging
internal import Platform
internal import Policy
internal import Store
internal import Wire

/// Judges live starts a second time, by a set that is not in force, and keeps where the two disagree.
///
/// It decides nothing and delays nothing: it is told of a start when that is decided and kept, its worker gives way to
/// all else, and where it cannot keep up it leaves starts out and counts them.
final class ShadowGate {
    private struct Question {
        let text: [UInt8]
        let decisionID: String
        let time: Int64
        let was: Verdict
        let granted: Narrowing?
    }

    /// How long what was found may wait to be kept together.
    private static let keepMilliseconds = 200

    private let configuration: Configuration
    private let loop: EventLoop
    private let clock: any Clock
    private let logger: Logger
    private let store: Store
    /// The candidate, with its counts as far as they are kept.
    private(set) var shadow: ShadowRow?
    private var panel: PolicyPanel?
    private var questions = Deque<Question>()
    private var unkeptCounts = ShadowCounts()
    private var unkept: [DisagreementRow] = []
    private var keeping: TimerToken?
    /// Called once a candidate that is being tried has loaded or not.
    private var trying: (panel: PolicyPanel, completion: (PolicyLoadError?) -> Void)?

    /// Takes up the candidate of an earlier server again.
    init(
        configuration: Configuration, loop: EventLoop, clock: any Clock, logger: Logger, store: Store
    ) throws(StoreFailure) {
        self.configuration = configuration
        self.loop = loop
        self.clock = clock
        self.logger = logger
        self.store = store
        shadow = try store.shadow()
        if let shadow { judge(by: makePanel(shadow.set)).open() }
    }

    // MARK: the candidate

    /// Loads a set; the completion comes in a later turn, with nil where it can judge. `judge(by:)` puts it in place.
    func load(_ set: PolicySet, completion: @escaping (PolicyLoadError?) -> Void) {
        giveUpTrying()
        let panel = makePanel(set)
        trying = (panel, completion)
        panel.becameIdle = { [unowned self] in finishTrying(nil) }
        panel.broke = { [unowned self] error in finishTrying(error) }
        panel.open()
    }

    /// Answers whoever waits for a set to load that it is not wanted any more.
    func giveUpTrying() {
        finishTrying(PolicyLoadError(file: nil, line: nil, message: "something else was asked for meanwhile"))
    }

    private func finishTrying(_ error: PolicyLoadError?) {
        guard let (panel, completion) = trying else { return }
        trying = nil
        // It has shown that it loads; what judges is made once it is kept that it shall.
        panel.close()
        completion(error)
    }

    /// Judges by this set from now on; nil: by none. To be called once that is kept.
    func replace(with row: ShadowRow?) {
        unkept = []
        unkeptCounts = ShadowCounts()
        questions = []
        panel?.close()
        panel = nil
        shadow = row
        if let row { judge(by: makePanel(row.set)).open() }
    }

    private func makePanel(_ set: PolicySet) -> PolicyPanel {
        PolicyPanel(set, workers: 1, configuration: configuration, loop: loop, clock: clock)
    }

    private func judge(by panel: PolicyPanel) -> PolicyPanel {
        panel.becameIdle = { [unowned self] in askNext() }
        panel.broke = { [unowned self] error in
            // It loaded before, so this is of the moment.
            logger.warning("the shadow policies cannot be asked: \(error.sentence)")
            self.panel?.close()
            loop.after(milliseconds: 1000) { [unowned self, weak panel] in
                if let panel, panel === self.panel { judge(by: panel).open() }
            }
        }
        self.panel = panel
        return panel
    }

    // MARK: questions

    /// Judges a start that was decided.
    func judge(_ start: PendingStart, decisionID: String) {
        guard panel != nil, let judgement = start.judgement else { return }
        guard questions.count < configuration.limits.shadowWaitingMax else {
            unkeptCounts.skipped += 1
            return keepSoon()
        }
        questions.append(
            Question(
                text: CanonicalJSON.bytes(of: start.question), decisionID: decisionID, time: start.time,
                was: judgement.verdict, granted: judgement.granted))
        askNext()
    }

    private func askNext() {
        guard let panel, panel.hasIdleWorker, let question = questions.popFirst() else { return }
        _ = panel.ask(question.text) { [unowned self] judgement in
            guard panel === self.panel else { return }
            unkeptCounts.judged += 1
            if judgement.verdict != question.was || judgement.granted != question.granted {
                disagree(question, judgement)
            }
            keepSoon()
        }
    }

    private func disagree(_ question: Question, _ judgement: Judgement) {
        guard let set = shadow?.set else { return }
        unkeptCounts.disagreed += 1
        // The store may be failing; what cannot be kept must not fill the memory.
        guard unkept.count < configuration.limits.shadowWaitingMax else { return }
        unkept.append(
            DisagreementRow(
                digest: set.digest, decisionID: question.decisionID, time: question.time, was: question.was,
                becomes: judgement.verdict, denials: Self.text(.array(judgement.denials)),
                failures: Self.text(.array(judgement.failures)), granted: judgement.granted.map { Self.text($0.json) }))
    }

    private static func text(_ value: JSONValue) -> String {
        var json = JSONWriter()
        json.value(value)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    // MARK: keeping

    private func keepSoon() {
        guard keeping == nil else { return }
        keeping = loop.after(milliseconds: Self.keepMilliseconds) { [unowned self] in
            keeping = nil
            do throws(StoreFailure) { try keep() } catch {
                logger.error("what the shadow policies said is not kept: \(error.description)")
                keepSoon()
            }
        }
    }

    /// Keeps what was found so far. It need not outlive a power cut: it can be found again by a replay.
    func keep() throws(StoreFailure) {
        guard unkeptCounts != ShadowCounts() else { return }
        try store.commit([.shadowJudged(unkeptCounts)] + unkept.map { .disagreement($0) }, durably: false)
        if let counts = shadow?.counts { shadow?.counts = counts + unkeptCounts }
        unkeptCounts = ShadowCounts()
        unkept = []
    }
}
