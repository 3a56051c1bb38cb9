internal import Glibc

/// Where the server learns the time. A simulation puts its own in this place.
package protocol Clock {
    /// Nanoseconds that never go back, from an arbitrary start.
    func monotonicNanoseconds() -> Int64
    /// Milliseconds since 1970, UTC.
    func wallMilliseconds() -> Int64
    /// Nanoseconds since 1970 by the coarse clock that the kernel stamps files with.
    func fileNanoseconds() -> Int64
}

/// The kernel's clocks.
package struct SystemClock: Clock {
    package init() {}

    package func monotonicNanoseconds() -> Int64 { read(CLOCK_MONOTONIC) }
    package func wallMilliseconds() -> Int64 { read(CLOCK_REALTIME) / 1_000_000 }
    package func fileNanoseconds() -> Int64 { read(CLOCK_REALTIME_COARSE) }

    private func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
