internal import Logging
internal import Platform
internal import Policy
internal import Sessions
internal import Store

/// Starts, watches, finds again and stops the shims of sessions. The shim alone touches the agent.
final class SessionSupervisor {
    let configuration: Configuration
    let confinement: Confinement
    let loop: EventLoop
    let clock: any Clock
    let logger: Logger
    let cgroups: SessionCgroups?
    /// Every shim of this server writes one word here when its program runs, or could not be executed.
    private let words: Pipe
    // Unchecked, because it is one thread's, and every request looks here.
    @exclusivity(unchecked) private var bySessionID: [String: LiveSession] = [:]
    private var byToken: [UInt64: LiveSession] = [:]
    private var nextToken: UInt64 = 1
    private var nextWaiter: UInt64 = 0
    /// Shims that have ended and are to be read at the safe point.
    private var endedShims: [LiveSession] = []
    /// Records that differ from what is stored.
    private var unsaved: [LiveSession] = []
    private(set) var counts = RunningCounts()
    /// What runs, and every start that is being judged: no two of them may be judged as if the other were not there.
    var claims = RunningCounts()
    /// Called for each change, once it is kept; only while `isWatched`.
    var changed: (SessionNews, SessionRecord) -> Void = { _, _ in }
    var isWatched = false
    private var untold: [(SessionNews, SessionRecord)] = []

    init(
        configuration: Configuration, confinement: Confinement, loop: EventLoop, clock: any Clock, logger: Logger,
        cgroups: SessionCgroups?
    ) throws(SystemError) {
        self.cgroups = cgroups
        self.configuration = configuration
        self.confinement = confinement
        self.loop = loop
        self.clock = clock
        self.logger = logger
        words = try Pipe()
        _ = try loop.watch(words.readEnd.number, .readable) { [unowned self] _ in hearWords() }
        reapAdopted()
    }

    subscript(id: String) -> LiveSession? { bySessionID[id] }

    // MARK: starting

    /// Makes the session's folder and files, and takes the lock that its shim will hold as long as it lives.
    func prepare(_ session: LiveSession) throws(SystemError) -> FileDescriptorBox {
        try File.makeFolder(session.folder, permissions: 0o700)
        try File.makeFolder(session.temporaryFolder, permissions: 0o700)
        let state = try File.open(session.statePath, .createNew)
        try state.writeAt(0, StateFile.blank())
        guard try state.tryLock() else { throw SystemError("lock \(session.statePath)", code: SystemError.exists) }
        return FileDescriptorBox(state)
    }

    /// Starts the shim. The session is in the books from now on; throws the reason where there is no shim.
    func launch(_ session: LiveSession, _ launch: SessionLaunch, state: FileDescriptorBox) throws(SystemError) {
        guard let program = launch.program else {
            throw SystemError("find \(launch.command)", code: SystemError.noEntry)
        }
        let record = session.record
        let stdout = try File.open(record.logPath, .createNew)
        let stderr = try File.open(record.stderrPath, .createNew)
        let input = try standardInput(launch.prompt)
        let ruleset = try confinement.ruleset(of: launch, temporaryFolder: session.temporaryFolder)
        session.enforcement = ruleset == nil ? .none : confinement.enforcement
        let token = nextToken
        nextToken += 1
        let cgroup = try cgroups.map { (cgroups) throws(SystemError) in
            FileDescriptorBox(try cgroups.make(record.id))
        }
        let descriptors =
            [
                input.number, stdout.number, stderr.number, state.number, launch.workingDirectory.handle.number,
                program.handle.number, words.writeEnd.number,
            ] + [ruleset, cgroup].compactMap { $0?.number }
        session.shim = try ChildProcess(
            path: configuration.shimPath,
            arguments: [
                "spawngate-shim", "--session", record.id, "--token", String(token),
                "--timeout-ms", String(launch.timeoutMilliseconds ?? 0),
                "--grace-ms", String(configuration.limits.stopGraceMillisecondsDefault),
                "--log-max-bytes", String(configuration.limits.logBytesMax),
                "--cgroup", cgroup == nil ? "0" : String(descriptors.count - 1),
                "--exec", program.isScript() ? "path" : "handle", "--program", program.path,
            ] + (session.enforcement.abi.map { ["--landlock-abi", String($0)] } ?? []) + ["--", launch.command]
                + launch.args,
            environment: environment(of: session, launch.environment),
            descriptors: descriptors,
            newSession: true, blocksTerminate: true)
        // Their numbers alone do not keep them open.
        withExtendedLifetime((ruleset, cgroup)) {}
        session.token = token
        byToken[token] = session
        try follow(session)
        if let grace = session.stopGrace { signalStop(session, grace: grace) }
    }

    /// Takes back what `prepare` made, for a session that was not kept.
    func discard(_ session: LiveSession) {
        try? File.remove(session.statePath)
        try? File.removeFolder(session.temporaryFolder)
        try? File.removeFolder(session.folder)
    }

    /// Puts a session into the books.
    func enter(_ session: LiveSession) {
        bySessionID[session.record.id] = session
        count(session, 1)
    }

    func follow(_ session: LiveSession) throws(SystemError) {
        guard let pollable = session.shim?.pollable else { return }
        session.watch = try loop.watch(pollable, .readable) { [unowned self] _ in
            // The pidfd stays readable for ever; once is enough.
            unwatch(session)
            endedShims.append(session)
        }
    }

    private func standardInput(_ prompt: String?) throws(SystemError) -> FileDescriptor {
        guard let prompt else { return try File.open("/dev/null", .read) }
        // In memory and sealed: of any length, readable at once, and there also when the server is not.
        return try MemoryFile.sealed(name: "prompt", Array(prompt.utf8))
    }

    private func environment(of session: LiveSession, _ asked: [NamedText]) -> [String] {
        asked.map { "\($0.name)=\($0.text)" } + [
            "SPAWNGATE_SESSION_ID=\(session.record.id)", "TMPDIR=\(session.temporaryFolder)",
        ]
    }

    // MARK: words of the shims

    private func hearWords() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case .processed(let count) = buffer.withUnsafeMutableBytes({ try? words.readEnd.read(into: $0) }) {
            // Each word is 16 bytes, written at once, which a pipe does not tear.
            for start in stride(from: 0, to: count - 15, by: 16) {
                buffer.withUnsafeBytes { bytes in
                    hear(
                        token: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self),
                        kind: bytes.loadUnaligned(fromByteOffset: start + 8, as: Int32.self),
                        value: bytes.loadUnaligned(fromByteOffset: start + 12, as: Int32.self))
                }
            }
            if count < buffer.count { return }
        }
    }

    private func hear(token: UInt64, kind: Int32, value: Int32) {
        guard let session = byToken.removeValue(forKey: token) else { return }
        // A failure to execute is told when the shim has ended, with all that it wrote.
        // That it has executed its program is the shim's word that it was confined before, where that was asked of it.
        if kind == 1 { started(session, pid: value, session.enforcement) }
    }

    func started(_ session: LiveSession, pid: Int32, _ enforcement: Enforcement) {
        guard apply(.started(pid: pid), to: session) else { return }
        session.record.pid = pid
        session.record.enforcement = enforcement
        tell(.started, session)
    }

    /// Takes note of a change for those who watch; it is told once it is kept.
    func tell(_ news: SessionNews, _ session: LiveSession) {
        if isWatched { untold.append((news, session.record)) }
    }

    /// Moves the session on where the event says something new.
    private func apply(_ event: SessionEvent, to session: LiveSession) -> Bool {
        switch session.record.status.after(event, expectsReport: session.record.expectsReport) {
        case .nothing: return false
        case .becomes(let status):
            session.record.status = status
            session.touch()
            unsaved.append(session)
            return true
        }
    }

    // MARK: ends

    /// Reads what the shims that ended have left.
    func reap() {
        let ended = endedShims
        endedShims = []
        for session in ended {
            if session.isOwnChild { _ = try? session.shim?.reap() }
            conclude(session, StateFile.read(session.statePath))
        }
    }

    /// Brings a session whose shim is gone to its end.
    func conclude(_ session: LiveSession, _ state: StateFile?) {
        if let token = session.token { byToken[token] = nil }
        if case .started(let pid, _, let enforcement)? = state?.start { started(session, pid: pid, enforcement) }
        let now = clock.wallMilliseconds()
        let event: SessionEvent
        if let end = state?.end {
            session.record.exitCode = end.exitCode
            session.record.exitSignal = end.exitSignal
            session.record.stoppedAt = end.time
            let hasReport =
                session.record.expectsReport && ReportFile.exists(session.record, since: session.reportSince)
            event = .ended(
                exitCode: end.exitCode, exitSignal: end.exitSignal, wasStopped: end.wasStopped, hasReport: hasReport)
        } else if case .failed(let code, let isUnconfined)? = state?.start {
            session.failure =
                (isUnconfined ? "it could not be held to its write roots: " : "") + SystemError.reason(of: code)
            session.record.stoppedAt = now
            event = .couldNotStart
        } else {
            return lose(session)
        }
        session.record.lastActivity = LogFiles.lastActivity(session.record)
        end(session, event)
    }

    /// Brings a session to its end, where it has not come there yet.
    func end(_ session: LiveSession, _ event: SessionEvent) {
        if apply(event, to: session) { tell(.ended, session) }
    }

    /// A session for which there never was a shim.
    func fail(_ session: LiveSession, _ reason: String) {
        session.failure = reason
        session.record.stoppedAt = clock.wallMilliseconds()
        end(session, .couldNotStart)
    }

    // MARK: keeping

    /// The records to be written, and whether one of them says something that will be acknowledged.
    func changes() -> (writes: [StoreWrite], mustBeDurable: Bool) {
        let writes = unsaved.flatMap { session -> [StoreWrite] in
            [.change(session.record)] + (session.neverRan ? [.forgetIdempotency(sessionID: session.record.id)] : [])
        }
        return (writes, unsaved.contains { $0.record.status.hasEnded })
    }

    /// What `changes` told is kept: whoever waited for it is answered, and what has ended leaves the books.
    func changesAreKept() {
        let kept = unsaved
        unsaved = []
        tellKept()
        for session in kept {
            if session.record.status.hasEnded, bySessionID.removeValue(forKey: session.record.id) != nil {
                cgroups?.remove(session.record.id)
                count(session, -1)
                unwatch(session)
                session.shim = nil
            }
            answer(session)
        }
    }

    /// What is noted by now is kept.
    private func tellKept() {
        let news = untold
        untold = []
        for (news, record) in news { changed(news, record) }
    }

    /// The store refused the changes, and will be asked again. Callers need not wait for that: the decision to start is
    /// kept already, and how a session ended stands in its state file, which was allocated before it ran and is now
    /// brought to the disk.
    func changesAreNotKept() {
        for session in unsaved {
            if session.record.status.hasEnded, !session.endReplies.isEmpty {
                try? File.open(session.statePath, .readWrite(create: false, truncate: false)).synchronize()
            }
            answer(session)
        }
    }

    private func answer(_ session: LiveSession) {
        if let reply = session.startReply {
            session.startReply = nil
            reply(session)
        }
        guard session.record.status.hasEnded else { return }
        let replies = session.endReplies.sorted { $0.key < $1.key }
        session.endReplies = [:]
        for (_, reply) in replies { reply(session.record) }
    }

    /// Calls back once, when the session has ended and that is kept.
    func whenEnded(_ session: LiveSession, _ body: @escaping (SessionRecord) -> Void) -> UInt64 {
        nextWaiter += 1
        session.endReplies[nextWaiter] = body
        return nextWaiter
    }

    private func unwatch(_ session: LiveSession) {
        guard let watch = session.watch, let pollable = session.shim?.pollable else { return }
        loop.unwatch(watch, pollable)
        session.watch = nil
    }

    func count(_ session: LiveSession, _ change: Int) {
        let (record, principal) = (session.record, session.principal)
        counts.add(change, principal: principal, executive: record.executive, mission: record.missionID)
        claims.add(change, principal: principal, executive: record.executive, mission: record.missionID)
    }
}
