internal import Store

/// Events on their way into the log: they are kept in the transaction of their turn, before any start of that turn and
/// before any answer of it leaves.
///
/// While the log cannot be written they wait here, for what they tell of has happened all the same: a refusal, or a stop,
/// which is never refused for want of a record. Starts and changes that the log must know first are refused meanwhile.
final class EventRecorder {
    private struct Budget {
        var left: Int
        var suppressed = 0
        var last: LogEvent?
    }

    private let limits: Limits
    private let loop: EventLoop
    private var waiting: [(event: LogEvent, writes: [StoreWrite])] = []
    private var lost = 0
    /// Something came since the last attempt to keep.
    private(set) var hasNew = false
    private var budgets: [String: Budget] = [:]
    private var window: TimerToken?
    private var windowMilliseconds: Int

    init(limits: Limits, loop: EventLoop) {
        self.limits = limits
        self.loop = loop
        windowMilliseconds = limits.eventWindowMillisecondsMin
    }

    var isEmpty: Bool { waiting.isEmpty }

    /// Takes up an event, with what is to be kept with it.
    func add(_ event: LogEvent, with writes: [StoreWrite] = []) {
        hasNew = true
        if waiting.count < limits.eventsWaitingMax {
            waiting.append((event, writes))
        } else {
            lost += 1
        }
    }

    /// Takes up an event that a peer can cause at will. Of those of one source (all strangers together are one) some are
    /// kept in a window of time, and one at its end that stands for the rest; while there is a rest, windows get longer. So
    /// nobody can make the log grow fast, nor make the server wait for the disk for each refusal.
    func addBounded(_ event: LogEvent, from source: String) {
        let known = budgets[source] != nil || budgets.count < limits.eventSourcesMax
        let source = known ? source : ""
        var budget = budgets[source] ?? Budget(left: limits.eventsPerWindow)
        if budget.left > 0 {
            budget.left -= 1
            add(event)
        } else {
            budget.suppressed += 1
            budget.last = event
        }
        budgets[source] = budget
        if window == nil {
            window = loop.after(milliseconds: windowMilliseconds) { [unowned self] in endWindow() }
        }
    }

    /// Takes up what stands for the suppressed ones.
    func endWindow() {
        if let window { loop.cancel(window) }
        window = nil
        let crowded = budgets.values.filter { $0.suppressed > 0 }
        budgets = [:]
        for budget in crowded {
            if let last = budget.last { add(budget.suppressed > 1 ? last.standing(for: budget.suppressed - 1) : last) }
        }
        windowMilliseconds =
            crowded.isEmpty
            ? limits.eventWindowMillisecondsMin : min(windowMilliseconds * 2, limits.eventWindowMillisecondsMax)
    }

    /// What is to be kept, numbered from the next number of the log on: so many leaves, and what goes with them.
    func writes(from sequence: Int64) -> (leaves: Int, writes: [StoreWrite]) {
        hasNew = false
        if lost > 0, waiting.count <= limits.eventsWaitingMax {
            waiting.append((.eventsLost(lost, at: loop.wallMilliseconds), []))
            lost = 0
        }
        var writes: [StoreWrite] = []
        for (offset, entry) in waiting.enumerated() {
            writes.append(.leaf(entry.event.row(sequence: sequence + Int64(offset))))
            writes += entry.writes
        }
        return (waiting.count, writes)
    }

    /// To be called once what `writes` told is kept.
    func kept(_ leaves: Int) { waiting.removeFirst(leaves) }
}
