internal import Platform
internal import Policy

/// A policy worker's place in the loop: it is listened to, sent to as it takes things, and has one deadline at a time.
final class PolicySeat {
    let process: PolicyWorkerProcess
    private let loop: EventLoop
    private var watch: WatchToken?
    private var interest = Interest.readable
    private var deadline: TimerToken?
    /// Called when the worker may have said something, until the seat is closed.
    var hear: () -> Void = {}

    /// Starts a worker, which reads the set. To be closed by whoever has it, also where nothing came of it.
    init(_ set: PolicySet, configuration: Configuration, loop: EventLoop) throws(SystemError) {
        process = try PolicyWorkerProcess(
            program: configuration.policyWorkerPath, memoryBytes: configuration.limits.policyMemoryBytes, set: set)
        self.loop = loop
        watch = try loop.watch(process.pollable, interest) { [self] ready in
            if ready.isWritable { process.resumeSending() }
            if ready.isReadable { hear() }
            updateInterest()
        }
        updateInterest()
    }

    /// Whether it has not been closed.
    var isOpen: Bool { watch != nil }

    /// Asks something.
    func ask(_ question: [UInt8]) {
        process.send(question)
        updateInterest()
    }

    /// Asks several things together.
    func ask(batch: some Collection<[UInt8]>) {
        process.send(batch: batch)
        updateInterest()
    }

    /// Calls `body` after that time, unless the deadline is taken away before.
    func setDeadline(milliseconds: Int, _ body: @escaping () -> Void) {
        clearDeadline()
        deadline = loop.after(milliseconds: milliseconds, body)
    }

    func clearDeadline() {
        if let deadline { loop.cancel(deadline) }
        deadline = nil
    }

    /// Stops listening. The worker ends when nobody has the seat any more.
    func close() {
        if let watch { loop.unwatch(watch, process.pollable) }
        watch = nil
        hear = {}
        clearDeadline()
    }

    private func updateInterest() {
        let wanted: Interest = process.wantsToWrite ? [.readable, .writable] : .readable
        guard let watch, wanted != interest else { return }
        interest = wanted
        // EPOLL_CTL_MOD fails only for what is not watched, and then the worker is gone already.
        try? loop.change(watch, process.pollable, wanted)
    }
}
