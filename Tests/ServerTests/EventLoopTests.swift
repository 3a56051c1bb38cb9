import Platform
import TestSupport
import Testing

@testable import SpawngateServer

@Suite struct EventLoopTests {
    init() { BuiltPrograms.prepare() }

    /// A pipe, and how often the loop spoke of its read end.
    private final class Watched {
        let read: FileDescriptorBox
        let write: FileDescriptorBox
        var token: WatchToken?
        var heard = 0

        init() throws {
            let pipe = try Pipe()
            read = FileDescriptorBox(try pipe.readEnd.duplicate())
            write = FileDescriptorBox(try pipe.writeEnd.duplicate())
        }

        func speak() throws { try write.descriptor.writeAll([1]) }
    }

    private static func watch(_ watched: Watched, in loop: EventLoop, _ action: @escaping () -> Void = {}) throws {
        watched.token = try loop.watch(watched.read.number, .readable) { _ in
            watched.heard += 1
            action()
        }
    }

    /// So many turns, without waiting.
    private static func turn(_ loop: EventLoop, times: Int = 1, _ between: (Int) -> Void = { _ in }) throws {
        var turns = 0
        try loop.run {
            between(turns)
            if turns == times { loop.stop() }
            turns += 1
            return true
        }
    }

    // MARK: descriptors

    @Test func anEventForAClosedDescriptorNeverReachesTheNextOne() throws {
        let loop = try EventLoop(clock: ManualClock())
        let quiet = try Watched()
        var both: [Watched?] = [try Watched(), try Watched()]
        // Both are ready in one turn. The one that is heard first closes the other, whose place another one takes.
        for index in 0..<2 {
            let own = try #require(both[index])
            try own.speak()
            try Self.watch(own, in: loop) {
                guard let other = both[1 - index], let token = other.token else { return }
                loop.unwatch(token, other.read.number)
                both[1 - index] = nil
                do { try Self.watch(quiet, in: loop) } catch { Issue.record(error) }
                #expect(quiet.token?.slot == token.slot && quiet.token?.generation != token.generation)
            }
        }
        let watched = both.compactMap { $0 }
        try Self.turn(loop, times: 3) { turns in
            if turns == 1 {
                #expect(watched.map(\.heard).sorted() == [0, 1])
                #expect(quiet.heard == 0)
                #expect(throws: Never.self) { try quiet.speak() }
            }
        }
        #expect(quiet.heard == 2)
    }

    @Test func aHandlerIsNotCalledAfterItTookItselfAway() throws {
        let loop = try EventLoop(clock: ManualClock())
        let watched = try Watched()
        try watched.speak()
        try Self.watch(watched, in: loop) {
            if let token = watched.token { loop.unwatch(token, watched.read.number) }
        }
        try Self.turn(loop, times: 3)
        #expect(watched.heard == 1)
    }

    @Test func aHandlerIsCalledOnceATurnForAsLongAsItIsReady() throws {
        let loop = try EventLoop(clock: ManualClock())
        let (ready, quiet, changed) = (try Watched(), try Watched(), try Watched())
        try ready.speak()
        try changed.speak()
        for watched in [ready, quiet, changed] { try Self.watch(watched, in: loop) }
        try loop.change(try #require(changed.token), changed.read.number, [])
        try Self.turn(loop, times: 4)
        #expect([ready.heard, quiet.heard, changed.heard] == [4, 0, 0])
    }

    @Test func everyUseOfASlotHasATokenOfItsOwn() throws {
        let loop = try EventLoop(clock: ManualClock())
        let watched = try Watched()
        var words: Set<UInt64> = []
        for _ in 0..<10 {
            try Self.watch(watched, in: loop)
            let token = try #require(watched.token)
            #expect(token.slot == 0)
            words.insert(token.word)
            loop.unwatch(token, watched.read.number)
        }
        #expect(words.count == 10)
    }

    @Test func aDescriptorThatCannotBeWatchedTakesNoSlot() throws {
        let folder = try TemporaryFolder()
        let file = try File.open(try folder.write("a", ""), .read)
        let loop = try EventLoop(clock: ManualClock())
        #expect(throws: SystemError.self) { _ = try loop.watch(file.number, .readable) { _ in } }
        let watched = try Watched()
        try Self.watch(watched, in: loop)
        #expect(watched.token?.slot == 0)
    }

    @Test func nothingIsWaitedForBeforeTheFirstSafePoint() throws {
        let loop = try EventLoop(clock: ManualClock())
        let watched = try Watched()
        try watched.speak()
        try Self.watch(watched, in: loop)
        var safePoints = 0
        try loop.run {
            safePoints += 1
            loop.stop()
            return false
        }
        #expect(safePoints == 1 && watched.heard == 0)
    }

    // MARK: timers

    @Test func timersFireInTheirOrderAndNeverEarly() throws {
        let clock = ManualClock()
        let loop = try EventLoop(clock: clock)
        let start = clock.nanoseconds
        var fired: [String] = []
        for (name, delay) in [("late", 10), ("first", 5), ("second", 5), ("at once", 0), ("never", 1000)] {
            loop.after(milliseconds: delay) { fired.append(name) }
        }
        // What each turn sees, by its time in nanoseconds since the start.
        let times: [Int64] = [0, 4_999_999, 5_000_000, 9_999_999, 12_000_000]
        var seen: [[String]] = []
        try Self.turn(loop, times: times.count) { turns in
            if turns > 0 { seen.append(fired) }
            fired = []
            if turns < times.count { clock.nanoseconds = start + times[turns] }
        }
        #expect(seen == [["at once"], [], ["first", "second"], [], ["late"]])
    }

    @Test func aTimerCountsFromNowAndNotFromTheBeginningOfTheTurn() throws {
        let clock = ManualClock()
        let loop = try EventLoop(clock: clock)
        let start = clock.nanoseconds
        var firedAt: Int64?
        loop.after(milliseconds: 1) {
            // The turn's work takes a second.
            clock.nanoseconds += 1_000_000_000
            loop.after(milliseconds: 5) { firedAt = loop.nowNanoseconds }
        }
        try Self.turn(loop, times: 4) { _ in clock.nanoseconds += 3_000_000 }
        #expect(firedAt.map { $0 - start } == 1_009_000_000)
        #expect(loop.wallMilliseconds == clock.wallMilliseconds() - 3)
    }

    @Test func aTimerThatIsTakenBackDoesNotFireAlsoInTheTurnOfItsTime() throws {
        let clock = ManualClock()
        let loop = try EventLoop(clock: clock)
        var fired: [String] = []
        var later: TimerToken?
        let before = loop.after(milliseconds: 1) { fired.append("taken back before") }
        let first = loop.after(milliseconds: 1) {
            fired.append("first")
            if let later { loop.cancel(later) }
        }
        later = loop.after(milliseconds: 1) { fired.append("taken back by the first") }
        loop.cancel(before)
        loop.cancel(before)
        try Self.turn(loop, times: 2) { _ in clock.nanoseconds += 1_000_000 }
        loop.cancel(first)
        #expect(fired == ["first"])
    }

    @Test func thousandsThatAreTakenBackLeaveTheOthersInTheirOrder() throws {
        let clock = ManualClock()
        let loop = try EventLoop(clock: clock)
        var fired: [Int] = []
        let tokens = (0..<5000).map { index in loop.after(milliseconds: 5000 - index) { fired.append(index) } }
        for (index, token) in tokens.enumerated() where index % 1000 != 999 { loop.cancel(token) }
        try Self.turn(loop) { _ in clock.nanoseconds += 10_000_000_000 }
        #expect(fired == [4999, 3999, 2999, 1999, 999])
    }
}
