internal import Crypto
package import Logging
package import Platform
internal import Policy
internal import Sessions
internal import Store
internal import Wire

/// The whole server: one thread, one loop, and the only owner of everything that has an effect.
package final class Server {
    package static let version = "0.1.0"

    let configuration: Configuration
    let logger: Logger
    let clock: any Clock
    let loop: EventLoop
    let store: Store
    let notary: LogNotary
    let recorder: EventRecorder
    let publisher: CheckpointPublisher
    let access: AccessControl
    /// Nil where TLS is not spoken.
    let certificates: CertificateSource?
    let gate: PolicyGate
    let watcher: PolicyWatcher
    let supervisor: SessionSupervisor
    let subscriptions: Subscriptions
    let starts: StartPipeline
    let shadow: ShadowGate
    private(set) lazy var eraser = SecretEraser(configuration: configuration, loop: loop, logger: logger, store: store)
    {
        [unowned self] (erasure) throws(RPCError) in
        let now = clock.wallMilliseconds()
        try keep([.eraseSecrets(sequences: erasure.sequences, at: now)], .secretsErased(erasure, at: now))
    }
    /// Replays under way: of many decisions, and of single ones.
    var replays: [ObjectIdentifier: ReplayJob] = [:]
    var panels: [ObjectIdentifier: PolicyPanel] = [:]
    // Unchecked, because they are one thread's, and written for every request.
    @exclusivity(unchecked) var metrics = Metrics()
    /// When the last answer was done, which is when the next request of the same turn is taken up.
    @exclusivity(unchecked) var answeredAt: Int64 = 0
    let startedAt: Int64

    private let stateLock: FileDescriptor
    private var signals: SignalSource
    private var commitRetry: TimerToken?
    /// Sessions to be told to stop, once that it was asked for has been kept or could not be.
    private var stopping: [(session: LiveSession, graceMilliseconds: Int64)] = []
    /// The set of the last `policy.loaded` in the log.
    private var recordedPolicySet: String?

    // Connections: see Server+Connections.swift.
    var listener: FileDescriptor
    var listenerWatch: WatchToken?
    var isAccepting = true
    var hasWaitingPeers = false
    var connections: [ObjectIdentifier: Connection] = [:]
    /// Connections with something to send or to close in this turn.
    var marked: [Connection] = []
    /// Where what is sealed by TLS is received, for all connections: it is opened at once.
    let sealedInput = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    var handshakesLeft = 0
    let reader = JSONReader()
    /// For texts that come from the store, while a request is still being read.
    let storedReader = JSONReader()
    /// Records of ended sessions, as JSON.
    var recentlyRead: [String: [UInt8]] = [:]

    /// The port that the server listens on.
    package var port: UInt16 { (try? listener.localPort()) ?? configuration.port }

    /// Takes hold of the state folder, finds the sessions of an earlier server again, reads the policies, listens.
    package init(
        configuration: Configuration, logger: Logger, clock: any Clock = SystemClock()
    ) throws(StartUpError) {
        self.configuration = configuration
        self.logger = logger
        self.clock = clock
        startedAt = clock.monotonicNanoseconds()
        guard configuration.tls != nil || Socket.isLoopback(configuration.host) == true else {
            throw StartUpError(
                "\(configuration.host) can be reached from other machines, where tokens must not travel in the clear: give "
                    + "--tls-certificate and --tls-key, so that TLS is spoken, or listen on 127.0.0.1.")
        }
        do {
            loop = try EventLoop(clock: clock)
            let (loop, logger) = (loop, logger)
            certificates = try configuration.tls.map { try CertificateSource($0, loop: loop, logger: logger) }
            stateLock = try StateLock.take(configuration)
            // What a shim that is killed leaves behind becomes this server's, which ends it.
            try Process.adoptOrphans()
            signals = try SignalSource([Process.terminate, Process.interrupt])
            store = try Self.openStore(configuration.stateFolder + "/spawngate.db")
            notary = try LogNotary(configuration: configuration, store: store)
            recorder = EventRecorder(limits: configuration.limits, loop: loop)
            publisher = CheckpointPublisher(
                configuration: configuration, loop: loop, clock: clock, logger: logger, notary: notary)
            access = AccessControl(try store.tokens())
            supervisor = try SessionSupervisor(
                configuration: configuration, confinement: try Confinement(configuration), loop: loop, clock: clock,
                logger: logger, cgroups: try SessionCgroups.open(configuration, loop: loop, logger: logger))
            subscriptions = try Subscriptions(limits: configuration.limits, loop: loop, supervisor: supervisor)
            gate = PolicyGate(configuration: configuration, loop: loop, clock: clock)
            watcher = try PolicyWatcher(
                configuration: configuration, loop: loop, gate: gate, logger: logger,
                obstacle: try PolicyPromotion.recover(store, configuration: configuration, logger: logger))
            starts = try StartPipeline(
                configuration: configuration, loop: loop, clock: clock, logger: logger, gate: gate, store: store,
                supervisor: supervisor)
            shadow = try ShadowGate(
                configuration: configuration, loop: loop, clock: clock, logger: logger, store: store)
            listener = try Socket.listen(host: configuration.host, port: configuration.port)
            watcher.loaded = { [unowned self] inForce in record(inForce) }
            starts.decided = { [unowned self] start, decisionID in shadow.judge(start, decisionID: decisionID) }
            subscriptions.mark = { [unowned self] in mark($0) }
            subscriptions.close = { [unowned self] in close($0, $1) }
            try recordStart()
            tellEnforcement()
            try adoptSessions()
            supervisor.cgroups?.removeOthers { [unowned self] in supervisor[$0] != nil }
            listenerWatch = try loop.watch(listener.number, .readable) { [unowned self] _ in hasWaitingPeers = true }
            _ = try loop.watch(signals.pollable, .readable) { [unowned self] _ in hearSignal() }
            eraser.begin()
            // After the first turn, in which the start itself comes into the log.
            loop.after(milliseconds: 0) { [unowned self] in publisher.begin() }
        } catch let error as StartUpError {
            throw error
        } catch {
            throw StartUpError("\(error).")
        }
    }

    /// Serves until SIGTERM or SIGINT. Sessions go on without the server.
    package func run() throws(StartUpError) {
        do {
            try loop.run { beforeSleep() }
        } catch {
            throw StartUpError("\(error).")
        }
        recorder.endWindow()
        recorder.add(.serverStopped(at: clock.wallMilliseconds()))
        commit()
        publisher.finish()
        for connection in connections.values { connection.finish() }
    }

    // MARK: the safe point

    /// Acts on what the handlers of this turn have marked. The order is the promise: what has ended is known before a
    /// policy is asked, a decision is on the disk before its process exists, and no answer leaves before what it says
    /// is kept.
    ///
    ///     reap → ask → commit → launch, stop → tell → flush → close → accept → copy the journal
    private func beforeSleep() -> Bool {
        handshakesLeft = configuration.limits.handshakesPerTurn
        supervisor.reap()
        gate.dispatch()
        commit()
        stopSessions()
        subscriptions.tell(wallMilliseconds: loop.wallMilliseconds)
        flushAndClose()
        if hasWaitingPeers { accept() }
        do throws(StoreFailure) { try store.copyJournal() } catch { logger.error("\(error.description)") }
        return !marked.isEmpty || subscriptions.isBusy || recorder.hasNew
    }

    /// One transaction, and at most one wait for the disk, for everything of the turn.
    private func commit() {
        // What failed is tried again after a while, or with what is new.
        guard recorder.hasNew || starts.hasJudged || commitRetry == nil else { return }
        let (eventCount, events) = recorder.writes(from: store.nextSequence)
        let starting = starts.writes(from: store.nextSequence + Int64(eventCount))
        let (changing, endsSomething) = supervisor.changes()
        guard !events.isEmpty || !starting.isEmpty || !changing.isEmpty else { return }
        do throws(StoreFailure) {
            try store.commit(events + starting + changing, durably: !starting.isEmpty || endsSomething)
            metrics.commits += 1
            if let commitRetry { loop.cancel(commitRetry) }
            commitRetry = nil
            recorder.kept(eventCount)
            supervisor.changesAreKept()
            starts.kept()
            // A launch that failed at once has changed its session: that is of the next turn.
            if !supervisor.changes().writes.isEmpty { commit() }
        } catch {
            logger.error("\(error.description)")
            metrics.failedCommits += 1
            starts.notKept(error)
            supervisor.changesAreNotKept()
            if commitRetry == nil {
                commitRetry = loop.after(milliseconds: 1000) { [unowned self] in commitRetry = nil }
            }
        }
    }

    /// Keeps what a method changes, with the event that tells of it, now: its answer says that it is kept. What cannot be
    /// recorded is not changed.
    func keep(_ writes: [StoreWrite], _ event: LogEvent) throws(RPCError) {
        let (count, earlier) = recorder.writes(from: store.nextSequence)
        let leaf = event.row(sequence: store.nextSequence + Int64(count))
        do throws(StoreFailure) {
            try store.commit(earlier + [.leaf(leaf)] + writes, durably: true)
        } catch {
            metrics.failedCommits += 1
            throw RPCError.storageFailed("Nothing was changed: \(error.description).")
        }
        metrics.commits += 1
        recorder.kept(count)
    }

    /// Stops a session in this turn, once that is recorded, and also where it cannot be: the full disk of the server is no
    /// reason to let anything run on. The record then follows when there is room.
    func stop(_ session: LiveSession, graceMilliseconds: Int64, for principal: Principal) {
        recorder.add(
            .stopRequested(
                session.record.id, graceMilliseconds: graceMilliseconds, by: principal, at: loop.wallMilliseconds))
        stopping.append((session, graceMilliseconds))
    }

    private func stopSessions() {
        for (session, grace) in stopping { supervisor.stop(session, graceMilliseconds: grace) }
        stopping = []
    }

    /// A set that comes into force is recorded, and kept, before or with the first decision by it.
    private func record(_ inForce: PolicySetInForce) {
        guard inForce.set.digest != recordedPolicySet else { return }
        recorder.add(
            .policyLoaded(inForce, previous: recordedPolicySet), with: [.policySet(inForce.set, at: inForce.loadedAt)])
        recordedPolicySet = inForce.set.digest
    }

    // MARK: starting up and ending

    /// Prompts and values of environments stand in the database, so it is its owner's alone, whatever the folder allows;
    /// SQLite makes the files beside it in its likeness.
    private static func openStore(_ path: String) throws -> Store {
        _ = try File.open(path, .readWrite(create: true, truncate: false))
        for suffix in ["", "-wal", "-shm"] { try File.closeToOthers(path + suffix) }
        return try Store(path: path)
    }

    /// What the log must know of this start comes before anything else that it will tell.
    private func recordStart() throws {
        let now = clock.wallMilliseconds()
        if let event = try notary.unrecordedKey(at: now) { recorder.add(event) }
        recorder.add(.serverStarted(version: Self.version, at: now))
        let loaded = try store.latestEvent("policy.loaded")
        recordedPolicySet = try loaded.flatMap { try storedReader.value(of: Array($0.text.utf8))["policy_set"]?.string }
        if access.all.isEmpty { try mintFirstToken() }
    }

    private func mintFirstToken() throws {
        let path = configuration.stateFolder + "/admin.token"
        let (row, text) = try AccessControl.mint(
            name: "admin", principal: "admin", roles: [.admin], createdAt: clock.wallMilliseconds(), expiresAt: nil)
        // The file first: a token that is kept and was never written could not be used, nor minted again.
        try File.replace(path, with: Array("\(text)\n".utf8), permissions: 0o600)
        try keep([.token(row)], .tokenCreated(row, by: nil, at: row.createdAt))
        access.add(row)
        logger.info("the admin token is in \(path)")
    }

    private func tellEnforcement() {
        let confinement = supervisor.confinement
        switch (confinement.setting, confinement.objection) {
        case (.off, _): logger.warning("--enforcement off: sessions may write wherever this server may")
        case (.required, let objection?): logger.error("nothing can be started: \(objection)")
        case (.required, nil):
            logger.info(
                "sessions are held to their write roots", metadata: ["landlock": "\(confinement.abi ?? 0)"])
        }
    }

    private func adoptSessions() throws {
        let stored = try store.unfinishedSessions()
        for row in stored {
            let record = try Array(row.record.utf8).withUnsafeBytes { bytes in
                try reader.read(bytes) { SessionRecord(json: $0) }
            }
            guard let record else { throw StartUpError("The record of session \(row.id) cannot be read.") }
            supervisor.adopt(
                LiveSession(
                    record: record, principal: row.principal, reportSince: row.reportSince,
                    folder: "\(configuration.sessionsFolder)/\(row.id)", isOwnChild: false))
        }
        if !stored.isEmpty {
            logger.info("sessions of an earlier server looked at", metadata: ["count": "\(stored.count)"])
        }
    }

    private func hearSignal() {
        guard let signal = signals.next() else { return }
        logger.info(
            "stopping; sessions go on", metadata: ["signal": "\(signal)", "running": "\(supervisor.counts.total)"])
        loop.stop()
    }
}
