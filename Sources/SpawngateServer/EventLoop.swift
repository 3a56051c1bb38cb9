internal import HeapModule
internal import Platform

/// Names a watched descriptor: a slot and the generation of its use, so that an event for one that was closed never
/// reaches the one that came into its place.
struct WatchToken: Equatable {
    let slot: Int
    let generation: UInt32
    var word: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}

/// A timer that can be taken back.
struct TimerToken: Hashable {
    fileprivate let number: UInt64
}

/// One thread, epoll, timers. Handlers read and mark; `beforeSleep` acts, once a turn.
final class EventLoop {
    private struct Slot {
        var generation: UInt32 = 0
        var handler: ((Readiness) -> Void)?
    }

    private struct Timer: Comparable {
        let deadline: Int64
        let number: UInt64
        static func < (left: Timer, right: Timer) -> Bool {
            (left.deadline, left.number) < (right.deadline, right.number)
        }
    }

    private var poller: Poller
    private let clock: any Clock
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var ready: [Readiness] = []
    private var timers = Heap<Timer>()
    private var timerActions: [UInt64: () -> Void] = [:]
    private var nextTimer: UInt64 = 0
    private var isStopping = false
    /// The time at which this turn began, so that a turn asks the clock once.
    private(set) var nowNanoseconds: Int64
    /// The same by the wall clock.
    private(set) var wallMilliseconds: Int64

    init(clock: any Clock) throws(SystemError) {
        poller = try Poller()
        self.clock = clock
        nowNanoseconds = clock.monotonicNanoseconds()
        wallMilliseconds = clock.wallMilliseconds()
    }

    // MARK: descriptors

    /// Begins to watch; the handler is called at most once a turn, and never after `unwatch`.
    func watch(
        _ descriptor: Int32, _ interest: Interest, _ handler: @escaping (Readiness) -> Void
    ) throws(SystemError) -> WatchToken {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = slots.count
            slots.append(Slot())
        }
        let token = WatchToken(slot: slot, generation: slots[slot].generation)
        do {
            try poller.add(descriptor, interest, token: token.word)
        } catch {
            freeSlots.append(slot)
            throw error
        }
        slots[slot].handler = handler
        return token
    }

    func change(_ token: WatchToken, _ descriptor: Int32, _ interest: Interest) throws(SystemError) {
        try poller.modify(descriptor, interest, token: token.word)
    }

    /// Must come before the descriptor is closed.
    func unwatch(_ token: WatchToken, _ descriptor: Int32) {
        // A descriptor that cannot be removed was never added, which is a mistake of ours and not of the moment.
        do { try poller.remove(descriptor) } catch { preconditionFailure("unwatch: \(error)") }
        slots[token.slot].generation &+= 1
        slots[token.slot].handler = nil
        freeSlots.append(token.slot)
    }

    // MARK: timers

    @discardableResult
    func after(milliseconds: Int, _ action: @escaping () -> Void) -> TimerToken {
        nextTimer += 1
        // A timer is never early: the turn's time is in the past already.
        timers.insert(
            Timer(deadline: clock.monotonicNanoseconds() + Int64(milliseconds) * 1_000_000, number: nextTimer))
        timerActions[nextTimer] = action
        return TimerToken(number: nextTimer)
    }

    func cancel(_ token: TimerToken) {
        timerActions[token.number] = nil
        // A cancelled timer leaves its entry behind; when most are such, they are swept out.
        if timers.count > 1024, timers.count > 2 * timerActions.count {
            timers = Heap(timers.unordered.filter { timerActions[$0.number] != nil })
        }
    }

    // MARK: running

    /// Turns until `stop`. `beforeSleep` answers whether something is left that must not wait for an event.
    func run(beforeSleep: () -> Bool) throws(SystemError) {
        // What was found at start is acted on before anything is waited for.
        var mustTurn = beforeSleep()
        while !isStopping {
            try turn(waitMillisecondsMax: mustTurn ? 0 : nil)
            mustTurn = beforeSleep()
        }
    }

    func stop() { isStopping = true }

    private func turn(waitMillisecondsMax: Int?) throws(SystemError) {
        let wait = [waitMillisecondsMax, millisecondsToNextTimer()].compactMap { $0 }.min()
        ready.removeAll(keepingCapacity: true)
        var found: [Readiness] = []
        swap(&found, &ready)
        try poller.wait(milliseconds: wait) { found.append($0) }
        nowNanoseconds = clock.monotonicNanoseconds()
        wallMilliseconds = clock.wallMilliseconds()
        for event in found {
            let slot = Int(event.token & 0xFFFF_FFFF)
            guard slots[slot].generation == UInt32(event.token >> 32), let handler = slots[slot].handler else {
                continue
            }
            handler(event)
        }
        swap(&found, &ready)
        fireTimers()
    }

    private func millisecondsToNextTimer() -> Int? {
        while let next = timers.min, timerActions[next.number] == nil { timers.removeMin() }
        guard let next = timers.min else { return nil }
        let left = next.deadline - clock.monotonicNanoseconds()
        return left <= 0 ? 0 : Int((left + 999_999) / 1_000_000)
    }

    private func fireTimers() {
        while let next = timers.min, next.deadline <= nowNanoseconds {
            timers.removeMin()
            timerActions.removeValue(forKey: next.number)?()
        }
    }
}
