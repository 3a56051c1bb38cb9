import Glibc
import Platform
import TestSupport
import Testing

@Suite struct PollerTests {
    init() { BuiltPrograms.prepare() }

    private struct Seen: Equatable {
        let token: UInt64
        var readable = false
        var writable = false
        var hungUp = false
    }

    private static func look(_ poller: inout Poller) throws -> [Seen] {
        var seen: [Seen] = []
        try poller.wait(milliseconds: 0) { event in
            seen.append(
                Seen(
                    token: event.token, readable: event.isReadable, writable: event.isWritable, hungUp: event.isHungUp))
        }
        return seen
    }

    @Test(arguments: [Interest.readable, .writable, []])
    func closingTheWriteEndSignalsHangUp(interest: Interest) throws {
        var poller = try Poller()
        var ends = try PipeEnds()
        let reader = try #require(ends.read)
        try poller.add(reader.number, interest, token: 7)
        #expect(try Self.look(&poller) == [])
        ends.write = nil
        #expect(try reader.isLeftAlone())
        #expect(try Self.look(&poller) == [Seen(token: 7, readable: true, writable: true, hungUp: true)])
        #expect(try reader.read().outcome == .endOfFile)
    }

    @Test func whatIsNotReadIsToldAgain() throws {
        var poller = try Poller()
        let ends = try PipeEnds()
        let reader = try #require(ends.read)
        try poller.add(reader.number, .readable, token: .max)
        _ = try ends.write?.write("ab")
        for _ in 0..<2 { #expect(try Self.look(&poller) == [Seen(token: .max, readable: true)]) }
        _ = try reader.read()
        #expect(try Self.look(&poller) == [])
    }

    @Test func aDescriptorHearsOnlyWhatItWaitsFor() throws {
        var poller = try Poller()
        let pair = try SocketPair()
        try poller.add(pair.near.number, [], token: 1)
        try pair.far.writeAll([1])
        #expect(try Self.look(&poller) == [])
        try poller.modify(pair.near.number, .writable, token: 2)
        #expect(try Self.look(&poller) == [Seen(token: 2, writable: true)])
        try poller.modify(pair.near.number, [.readable, .writable], token: 3)
        #expect(try Self.look(&poller) == [Seen(token: 3, readable: true, writable: true)])
    }

    @Test func aRemovedOrClosedDescriptorIsSilent() throws {
        var poller = try Poller()
        let ends = try PipeEnds()
        let reader = try #require(ends.read)
        _ = try ends.write?.write("a")
        try poller.add(reader.number, .readable, token: 1)
        #expect(try Self.look(&poller).count == 1)
        try poller.remove(reader.number)
        #expect(try Self.look(&poller) == [])
        #expect(throws: SystemError("epoll_ctl DEL", code: ENOENT)) { try poller.remove(reader.number) }
        do {
            let other = try Pipe()
            try poller.add(other.writeEnd.number, .writable, token: 2)
            #expect(try Self.look(&poller).count == 1)
        }
        // A process that another test is just starting has a copy of it until it execs.
        try Waiting.until("silence") { try Self.look(&poller).isEmpty }
        #expect(try reader.read().text == "a")
    }

    @Test func moreThanOneWaitCanTellAreAllTold() throws {
        var poller = try Poller()
        let pipe = try Pipe()
        let writers = try (0..<300).map { _ in FileDescriptorBox(try pipe.writeEnd.duplicate()) }
        for (index, writer) in writers.enumerated() { try poller.add(writer.number, .writable, token: UInt64(index)) }
        let tokens = try Self.look(&poller).map(\.token) + Self.look(&poller).map(\.token)
        #expect(Set(tokens) == Set((0..<300).map(UInt64.init)))
        withExtendedLifetime(writers) {}
    }

    @Test func whatCannotBeWatchedIsAnErrorWithItsErrno() throws {
        let poller = try Poller()
        let pipe = try Pipe()
        let folder = try TemporaryFolder()
        let file = try File.open(try folder.write("a", ""), .read)
        try poller.add(pipe.readEnd.number, .readable, token: 1)
        #expect(throws: SystemError("epoll_ctl ADD", code: SystemError.exists)) {
            try poller.add(pipe.readEnd.number, .readable, token: 2)
        }
        #expect(throws: SystemError("epoll_ctl ADD", code: EPERM)) {
            try poller.add(file.number, .readable, token: 3)
        }
    }
}
