internal import Crypto
internal import DecisionLog
internal import Logging
internal import Platform
internal import Policy
internal import Sessions
internal import Store
internal import Wire

/// Brings starts from the question to the process: nothing runs before its decision is kept, and nothing is answered
/// before what the answer says is kept.
final class StartPipeline {
    /// A key is the principal's own.
    private struct Key: Hashable {
        let principal: String
        let key: String
    }

    private let configuration: Configuration
    private let loop: EventLoop
    private let clock: any Clock
    private let logger: Logger
    private let gate: PolicyGate
    private let store: Store
    private let supervisor: SessionSupervisor
    private var identifiers: SessionIdentifierSource
    private var judged: [PendingStart] = []
    private var underKey: [Key: PendingStart] = [:]
    private var keptPolicySets: Set<String> = []
    private var prepared: [(start: PendingStart, session: LiveSession, state: FileDescriptorBox)] = []
    private var refused: [(start: PendingStart, decisionID: String)] = []
    /// Told of every start once its decision is kept.
    var decided: (_ start: PendingStart, _ decisionID: String) -> Void = { _, _ in }
    private(set) var decisionCounts: [Verdict: Int] = [:]

    init(
        configuration: Configuration, loop: EventLoop, clock: any Clock, logger: Logger, gate: PolicyGate, store: Store,
        supervisor: SessionSupervisor
    ) throws(StoreFailure) {
        self.configuration = configuration
        self.loop = loop
        self.clock = clock
        self.logger = logger
        self.gate = gate
        self.store = store
        self.supervisor = supervisor
        let latest = try store.latestSessionID().flatMap(SessionIdentifierSource.milliseconds(of:))
        identifiers = SessionIdentifierSource(after: latest ?? 0)
    }

    // MARK: asking

    /// Takes up a start; it is answered in a later turn.
    func start(_ params: JSONView?, grant: Grant, peer: String, reply: () -> Reply) throws(RPCError) {
        let request = try StartRequest(params: params)
        var digest: StartDigest?
        var key: Key?
        if let text = request.idempotencyKey {
            digest = StartDigest(params)
            key = Key(principal: grant.principal, key: text)
        }
        if let key, let digest, try joinEarlier(key, digest, reply) { return }
        let limit = configuration.limits.sessionsRunningMax
        if supervisor.claims.total >= limit {
            throw RPCError.limited("\(limit) sessions run already.", limit: limit, retryAfterMilliseconds: 1000)
        }
        let start = try pending(request, grant: grant, peer: peer, digest: digest)
        start.replies.append(reply())
        claim(start, 1)
        if let key { underKey[key] = start }
        gate.ask(CanonicalJSON.bytes(of: start.question)) { [unowned self] judgement in
            start.judgement = judgement
            enlist(start, notBefore: reportTick(start))
        }
    }

    private func reportTick(_ start: PendingStart) -> Int64? {
        guard start.request.expectsReport, start.judgement?.verdict == .allow else { return nil }
        return ReportFile.tick(in: start.launch.folders, now: clock.fileNanoseconds())
    }

    /// Puts a judged start among those to be kept, once the clock of files has passed `tick`.
    private func enlist(_ start: PendingStart, notBefore tick: Int64?) {
        if let tick, clock.fileNanoseconds() <= tick {
            loop.after(milliseconds: 1) { [unowned self] in enlist(start, notBefore: tick) }
        } else {
            judged.append(start)
        }
    }

    /// The decision that a start would get, by the same code; nothing is started or kept.
    func check(_ params: JSONView?, grant: Grant, peer: String, reply: () -> Reply) throws(RPCError) {
        let request = try StartRequest(params: params)
        let start = try pending(request, grant: grant, peer: peer, digest: nil)
        let reply = reply()
        gate.ask(CanonicalJSON.bytes(of: start.question)) { judgement in
            reply.send { $0.value(judgement.preview(of: start.question)) }
        }
    }

    /// Counts a start in (+1) until it is refused, or its session counts for itself (-1).
    private func claim(_ start: PendingStart, _ change: Int) {
        start.isClaimed = change > 0
        let request = start.request
        supervisor.claims.add(
            change, principal: start.principal.name, executive: request.executive, mission: request.missionID)
    }

    private func pending(
        _ request: StartRequest, grant: Grant, peer: String, digest: StartDigest?
    ) throws(RPCError) -> PendingStart {
        let limit = configuration.limits.questionsWaitingMax
        if gate.waitingCount >= limit {
            throw RPCError.limited("\(limit) starts wait for the policies.", limit: limit, retryAfterMilliseconds: 200)
        }
        let launch = try SessionLaunch(
            request, configuration: configuration, places: supervisor.confinement.places)
        return PendingStart(
            request: request, launch: launch,
            principal: Principal(name: grant.principal, roles: grant.roles, address: peer),
            time: clock.wallMilliseconds(), running: supervisor.claims,
            isEnforced: supervisor.confinement.enforcement != .none, digest: digest, replies: [])
    }

    // MARK: idempotency

    /// Whether an earlier start under the key answers this one too.
    private func joinEarlier(_ key: Key, _ digest: StartDigest, _ reply: () -> Reply) throws(RPCError) -> Bool {
        if let pending = underKey[key] {
            guard pending.digest == digest else { throw Self.keyConflict }
            pending.replies.append(reply())
            return true
        }
        let earlier: (paramsDigest: String?, openDigest: String?, sessionID: String)?
        do { earlier = try store.idempotency(principal: key.principal, key: key.key) } catch {
            throw RPCError.storageFailed("\(error)")
        }
        guard let earlier else { return false }
        guard digest.isSame(as: earlier) else { throw Self.keyConflict }
        let record = try SessionMethods.recordJSON(earlier.sessionID, supervisor, store, clock)
        reply().send { $0.raw(record) }
        return true
    }

    private static let keyConflict = RPCError.conflict("This idempotency_key was used with other params.")

    // MARK: the safe point

    /// Whether the policies have answered for a start that is not kept yet.
    var hasJudged: Bool { !judged.isEmpty }

    /// What is to be kept of the starts that have been judged, in the order of their judgements; the first leaf gets this
    /// number.
    func writes(from sequence: Int64) -> [StoreWrite] {
        var writes: [StoreWrite] = []
        var sequence = sequence
        var ordinal = store.nextOrdinal
        for start in judged {
            guard let judgement = start.judgement else { continue }
            let decisionID: String
            let salt: [UInt8]
            var session: LiveSession?
            do throws(SystemError) {
                decisionID = "d-" + SHA256.hexadecimal(try Randomness.bytes(12))
                salt = try Randomness.bytes(RequestSecrets.saltByteCount)
                if judgement.verdict == .allow {
                    let made = makeSession(start, decisionID: decisionID)
                    session = made
                    prepared.append((start, made, try supervisor.prepare(made)))
                } else {
                    refused.append((start, decisionID))
                }
            } catch {
                if let session { supervisor.discard(session) }
                finish(start) { $0.fail(.storageFailed("Nothing was started: \(error).")) }
                continue
            }
            let decision = Decision(
                id: decisionID, time: start.time, principal: start.principal, request: start.question,
                salt: salt, judgement: judgement, sessionID: session?.record.id)
            let text = String(
                decoding: CanonicalJSON.bytes(of: decision.leaf(sequence: sequence)), as: UTF8.self)
            writes.append(.leaf(LeafRow(decision, sequence: sequence, request: start.request, text: text)))
            sequence += 1
            writes += policySetWrite(judgement, start.time)
            if let session {
                writes += sessionWrites(start, session, ordinal)
                ordinal += 1
            }
        }
        judged = []
        return writes
    }

    private func makeSession(_ start: PendingStart, decisionID: String) -> LiveSession {
        let id = identifiers.next(name: start.request.name, wallMilliseconds: clock.wallMilliseconds())
        let folder = "\(configuration.sessionsFolder)/\(id)"
        // What was granted is what the session is, and what it is held to.
        let granted = start.judgement?.granted
        var record = SessionRecord(
            id: id, request: granted?.applied(to: start.request) ?? start.request,
            workingDirectory: start.launch.workingDirectory.path,
            writeRoots: granted?.writeRoots ?? start.launch.writeRoots.map(\.path),
            args: granted?.args ?? start.launch.args, startedAt: clock.wallMilliseconds(),
            logPath: "\(folder)/stdout.log", stderrPath: "\(folder)/stderr.log", decisionID: decisionID,
            enforcement: .none)
        record.runtimeWriteRoot = start.launch.runtimeWriteRoot?.path
        return LiveSession(
            record: record, principal: start.principal.name, reportSince: clock.fileNanoseconds(), folder: folder,
            isOwnChild: true)
    }

    private func sessionWrites(_ start: PendingStart, _ session: LiveSession, _ ordinal: Int64) -> [StoreWrite] {
        let record = session.record
        let metadata = SessionMetadata(
            id: record.id, request: start.request, workingDirectory: start.request.workingDirectory,
            args: start.launch.args, createdAt: record.startedAt,
            createdBy: start.request.createdBy ?? start.principal.name)
        var writes: [StoreWrite] = [
            .session(
                SessionRow(
                    ordinal: ordinal, record: record, metadata: metadata, principal: session.principal,
                    reportSince: session.reportSince))
        ]
        if let key = start.request.idempotencyKey, let digest = start.digest {
            writes.append(
                .idempotency(
                    principal: start.principal.name, key: key, paramsDigest: digest.whole, openDigest: digest.open,
                    sessionID: record.id))
        }
        return writes
    }

    private func policySetWrite(_ judgement: Judgement, _ time: Int64) -> [StoreWrite] {
        guard let set = judgement.set, !keptPolicySets.contains(set.digest) else { return [] }
        return [.policySet(set, at: time)]
    }

    /// The decisions are kept: what they allowed is launched, what they refused is answered.
    func kept() {
        for (start, decisionID) in refused {
            guard let judgement = start.judgement else { continue }
            count(judgement)
            decided(start, decisionID)
            finish(start) { start in
                start.fail(
                    judgement.verdict == .deny
                        ? .denied(decisionID: decisionID, denials: judgement.denials)
                        : .policyFailed(decisionID: decisionID, failures: judgement.failures))
            }
        }
        refused = []
        for (start, session, state) in prepared {
            if let judgement = start.judgement { count(judgement) }
            decided(start, session.record.decisionID)
            launch(start, session, state)
        }
        prepared = []
    }

    /// Nothing was kept, so nothing may run.
    func notKept(_ failure: StoreFailure) {
        for start in refused.map(\.start) + prepared.map(\.start) {
            finish(start) { $0.fail(.storageFailed("Nothing was started: \(failure.description).")) }
        }
        for (_, session, _) in prepared { supervisor.discard(session) }
        refused = []
        prepared = []
    }

    private func launch(_ start: PendingStart, _ session: LiveSession, _ state: FileDescriptorBox) {
        claim(start, -1)
        supervisor.enter(session)
        supervisor.tell(.created, session)
        session.startReply = { [unowned self] session in
            finish(start) { start in
                if session.record.status == .failed {
                    start.fail(
                        .notStarted(
                            "Failed to start session: \(session.failure ?? "unknown")", sessionID: session.record.id,
                            decisionID: session.record.decisionID))
                } else {
                    start.answer { $0.raw(session.json(nowNanoseconds: clock.monotonicNanoseconds())) }
                }
            }
        }
        if let objection = supervisor.confinement.objection { return supervisor.fail(session, objection) }
        do {
            let launch = try start.launch.narrowed(to: start.judgement?.granted)
            try supervisor.launch(session, launch, state: state)
        } catch {
            let isMissing = start.launch.program == nil
            supervisor.fail(session, isMissing ? "\(start.launch.command): command not found" : error.reason)
        }
    }

    private func finish(_ start: PendingStart, _ answer: (PendingStart) -> Void) {
        if let key = start.request.idempotencyKey {
            underKey[Key(principal: start.principal.name, key: key)] = nil
        }
        if start.isClaimed { claim(start, -1) }
        answer(start)
    }

    private func count(_ judgement: Judgement) {
        decisionCounts[judgement.verdict, default: 0] += 1
        if let set = judgement.set { keptPolicySets.insert(set.digest) }
    }
}
