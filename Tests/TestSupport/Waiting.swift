internal import Platform

/// Something that did not come in the time that a test gives it.
package struct TimedOut: Error, CustomStringConvertible {
    package let description: String

    /// "Waited in vain for …"
    package init(_ what: String) { description = "waited in vain for \(what)" }
}

/// Ways to wait for an event. Each has an end, so that a failure is a failed test and not a hanging one.
package enum Waiting {
    /// What a test gives an event that should come at once, on a machine that is busy with other tests.
    package static let milliseconds = 20_000

    /// Whether the descriptor becomes readable in time.
    package static func untilReadable(_ descriptor: Int32, milliseconds: Int) throws -> Bool {
        var poller = try Poller()
        try poller.add(descriptor, .readable, token: 0)
        return try wait(&poller, milliseconds)
    }

    private static func wait(_ poller: inout Poller, _ milliseconds: Int) throws -> Bool {
        let deadline = now + Int64(milliseconds) * 1_000_000
        while true {
            var isReady = false
            let left = max(0, (deadline - now + 999_999) / 1_000_000)
            try poller.wait(milliseconds: Int(left)) { _ in isReady = true }
            if isReady || left == 0 { return isReady }
        }
    }

    /// Waits until a condition holds of which the kernel gives no event, looking every few milliseconds.
    package static func until(
        _ what: String, milliseconds: Int = Waiting.milliseconds, _ condition: () throws -> Bool
    ) throws {
        let deadline = now + Int64(milliseconds) * 1_000_000
        var poller = try Poller()
        while try !condition() {
            if now > deadline { throw TimedOut(what) }
            try poller.wait(milliseconds: 3) { _ in }
        }
    }

    /// Waits until no process has the pid any more, or it is a zombie, which runs no more.
    package static func untilGone(pid: Int32, milliseconds: Int = Waiting.milliseconds) throws {
        guard let process = try? ChildProcess(attachingTo: pid) else { return }
        guard try untilReadable(process.pollable, milliseconds: milliseconds) else {
            throw TimedOut("the end of process \(pid)")
        }
    }

    /// Nanoseconds by a clock that never goes back.
    package static var now: Int64 { SystemClock().monotonicNanoseconds() }
}

/// Signals to processes that are not children of the test.
package enum Signals {
    /// Sends SIGKILL and waits until the process is gone.
    package static func kill(_ pid: Int32) throws {
        let process = try ChildProcess(attachingTo: pid)
        try process.signal(Process.kill)
        guard try Waiting.untilReadable(process.pollable, milliseconds: Waiting.milliseconds) else {
            throw TimedOut("the end of process \(pid)")
        }
    }
}
