import Platform

/// A clock that a test sets.
final class ManualClock: Platform.Clock {
    var nanoseconds: Int64 = 1_000_000_000

    func monotonicNanoseconds() -> Int64 { nanoseconds }
    func wallMilliseconds() -> Int64 { 1_764_000_000_000 + nanoseconds / 1_000_000 }
    func fileNanoseconds() -> Int64 { wallMilliseconds() * 1_000_000 }
}
