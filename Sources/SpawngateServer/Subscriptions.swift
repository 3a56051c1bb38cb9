internal import Platform
internal import Sessions
internal import Store

/// All subscriptions of all connections. Sources are asked at the safe point, and only where their client has taken what
/// it was told before: so a slow reader costs the server one frame or two, and the others nothing.
final class Subscriptions {
    private let limits: Limits
    private let supervisor: SessionSupervisor
    private let fileWatch: FileWatch
    private var all: [String: Subscription] = [:]
    private var ready: [Subscription] = []
    /// Who is told of writes to a log, by the number of its watch.
    private var followers: [Int32: [String]] = [:]
    private var watches: [String: SessionWatch] = [:]
    private var lastNumber = 0
    /// Puts a connection on the list of those that are flushed in this turn.
    var mark: (Connection) -> Void = { _ in }
    /// Closes a connection for a reason.
    var close: (Connection, String) -> Void = { _, _ in }

    init(limits: Limits, loop: EventLoop, supervisor: SessionSupervisor) throws(SystemError) {
        self.limits = limits
        self.supervisor = supervisor
        fileWatch = try FileWatch()
        _ = try loop.watch(fileWatch.pollable, .readable) { [unowned self] _ in hearWrites() }
        supervisor.changed = { [unowned self] news, record in hear(news, record) }
    }

    /// Whether a source is to be asked without waiting for an event.
    var isBusy: Bool { !ready.isEmpty }

    // MARK: beginning and ending

    /// Follows a session that runs, or one that has ended with the record `ended`. Answers the subscription's id.
    func follow(
        _ record: SessionRecord, live: LiveSession?, stdoutFrom: Int64, stderrFrom: Int64, for connection: Connection,
        batch: Batch?
    ) throws(SystemError) -> String {
        let id = nextID()
        let follow = try SessionFollow(
            record, stdoutFrom: stdoutFrom, stderrFrom: stderrFrom, chunkBytes: limits.outputChunkBytes,
            watch: { (file) throws(SystemError) in try self.fileWatch.watch(file) },
            closed: { [unowned self] in forget($0, id) })
        for watch in follow.watches { followers[watch, default: []].append(id) }
        let subscription = Subscription(id: id, connection: connection, batch: batch, source: follow)
        if let live {
            let waiter = supervisor.whenEnded(live) { [unowned self] record in
                follow.sessionEnded(record.json)
                wake(subscription)
            }
            follow.cancelWait = { live.endReplies[waiter] = nil }
        } else {
            follow.sessionEnded(record.json)
        }
        enter(subscription)
        return id
    }

    /// Watches sessions that the filter lets through. Answers the subscription's id.
    func watch(_ filter: SessionFilter, for connection: Connection, batch: Batch?) -> String {
        let id = nextID()
        let watch = SessionWatch(filter)
        watches[id] = watch
        supervisor.isWatched = true
        enter(Subscription(id: id, connection: connection, batch: batch, source: watch))
        return id
    }

    /// Whether one more is over a limit, and over which.
    func limitReached(by connection: Connection) -> Int? {
        if connection.subscriptions.count >= limits.subscriptionsPerConnectionMax {
            return limits.subscriptionsPerConnectionMax
        }
        return all.count >= limits.subscriptionsMax ? limits.subscriptionsMax : nil
    }

    /// Ends a subscription of that connection; false where it has no such.
    func cancel(_ id: String, of connection: Connection) -> Bool {
        guard let subscription = all[id], subscription.connection === connection else { return false }
        remove(subscription)
        return true
    }

    /// The connection is gone, and its subscriptions with it.
    func drop(_ connection: Connection) {
        for id in connection.subscriptions { if let subscription = all[id] { remove(subscription) } }
    }

    private func nextID() -> String {
        lastNumber += 1
        return "sub-\(lastNumber)"
    }

    private func enter(_ subscription: Subscription) {
        all[subscription.id] = subscription
        subscription.connection.subscriptions.insert(subscription.id)
        wake(subscription)
    }

    private func remove(_ subscription: Subscription) {
        all[subscription.id] = nil
        subscription.connection.subscriptions.remove(subscription.id)
        subscription.standing = .over
        subscription.source.end()
        if watches.removeValue(forKey: subscription.id) != nil { supervisor.isWatched = !watches.isEmpty }
    }

    private func forget(_ numbers: [Int32], _ id: String) {
        for number in numbers {
            followers[number]?.removeAll { $0 == id }
            guard followers[number]?.isEmpty ?? true else { continue }
            followers[number] = nil
            fileWatch.unwatch(number)
        }
    }

    // MARK: news

    private func hearWrites() {
        let news = fileWatch.news()
        let written = news.isIncomplete ? Array(followers.keys) : Array(news.written)
        for id in written.flatMap({ followers[$0] ?? [] }) { if let subscription = all[id] { wake(subscription) } }
    }

    private func hear(_ news: SessionNews, _ record: SessionRecord) {
        let json = record.json
        for (id, watch) in watches where watch.hear(news, record, json: json) {
            guard let subscription = all[id] else { continue }
            if watch.waitingBytes > limits.eventBytesWaitingMax {
                close(subscription.connection, "it does not read its events")
            } else {
                wake(subscription)
            }
        }
    }

    private func wake(_ subscription: Subscription) {
        guard subscription.standing == .idle else { return }
        subscription.standing = .ready
        ready.append(subscription)
    }

    /// The client has taken all that it was told.
    func resume(_ connection: Connection) {
        for id in connection.subscriptions {
            guard let subscription = all[id], subscription.standing == .blocked else { continue }
            subscription.standing = .idle
            wake(subscription)
        }
    }

    // MARK: the safe point

    /// Asks those who may have something to tell.
    func tell(wallMilliseconds: Int64) {
        let now = ready
        ready = []
        for subscription in now where subscription.standing == .ready {
            subscription.standing = .idle
            guard case .no = subscription.connection.closing else { continue }
            // Who may no longer call may not be told either.
            guard subscription.connection.grant?.holds(wallMilliseconds: wallMilliseconds) == true else {
                close(subscription.connection, "its token has expired or was revoked")
                continue
            }
            tell(subscription)
        }
    }

    private func tell(_ subscription: Subscription) {
        let connection = subscription.connection
        while true {
            if connection.unsentBytes >= limits.toldBytesPause || (subscription.batch?.outstanding ?? 0) > 0 {
                subscription.standing = .blocked
                return
            }
            do throws(SystemError) {
                switch try subscription.source.next(for: subscription.id, into: &connection.out) {
                case .told: mark(connection)
                case .waits: return
                case .isOver:
                    mark(connection)
                    return remove(subscription)
                }
            } catch {
                return close(connection, "what it follows cannot be read: \(error)")
            }
        }
    }
}
