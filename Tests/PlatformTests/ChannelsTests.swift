import Glibc
import Platform
import TestSupport
import Testing

@Suite struct ChannelsTests {
    init() { BuiltPrograms.prepare() }

    @Test func aSocketPairSpeaksBothWaysUntilOneSideIsClosed() throws {
        let (near, far) = try SocketPair().split()
        var closing: FileDescriptorBox? = far
        #expect(try near.write("to far") == .processed(6))
        #expect(try closing?.read().text == "to far")
        #expect(try closing?.write("to near") == .processed(7))
        closing?.descriptor.shutdownWrite()
        #expect(try near.read().text == "to near")
        #expect(try near.read().outcome == .endOfFile)
        #expect(try near.write("still") == .processed(5))
        #expect(try closing?.read().text == "still")
        closing = nil
    }

    @Test func aSocketWaitsUntilItIsToldNotTo() throws {
        let (near, far) = try SocketPair().split()
        #expect(try OpenDescriptors.flags(of: near.number) & UInt32(O_NONBLOCK) == 0)
        try near.descriptor.setNonBlocking()
        #expect(try near.read().outcome == .wouldBlock)
        #expect(try OpenDescriptors.flags(of: far.number) & UInt32(O_NONBLOCK) == 0)
    }

    @Test func aSealedFileCannotBeChanged() throws {
        let file = try MemoryFile.sealed(name: "sealed", Array("what was written".utf8))
        #expect(throws: SystemError("pwrite", code: EPERM)) { try file.writeAt(0, [1]) }
        #expect(throws: SystemError("pwrite", code: EPERM)) { try file.writeAt(16, [1]) }
        #expect(ftruncate(file.number, 0) == -1 && ftruncate(file.number, 99) == -1)
        let again = try File.open("/proc/self/fd/\(file.number)", .readWrite(create: false, truncate: false))
        #expect(throws: SystemError("pwrite", code: EPERM)) { try again.writeAt(0, [1]) }
        #expect(throws: SystemError.self) { _ = try SharedMemory(mapping: file, count: 16) }
        // It stands at its beginning, so that a child reads all of it.
        let box = FileDescriptorBox(file)
        #expect(try box.read().text == "what was written")
    }

    @Test func sharedMemoryIsSeenByEveryMapping() throws {
        let file = try MemoryFile.shared(name: "shared", count: 4096)
        let (one, other) = (try SharedMemory(mapping: file, count: 4096), try SharedMemory(mapping: file, count: 4096))
        #expect(one.bytes.allSatisfy { $0 == 0 } && one.bytes.baseAddress != other.bytes.baseAddress)
        one.bytes[4095] = 42
        #expect(other.bytes[4095] == 42)
    }

    /// The signal is one that nobody minds, and goes to this thread alone, which blocks it: other tests hear nothing.
    @Test func aSignalArrivesAsAValue() throws {
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let source = try SignalSource([SIGWINCH, SIGURG])
        var poller = try Poller()
        try poller.add(source.pollable, .readable, token: 1)
        #expect(source.next() == nil)
        raise(SIGURG)
        raise(SIGWINCH)
        raise(SIGWINCH)
        var isReady = false
        try poller.wait(milliseconds: 0) { _ in isReady = true }
        #expect(isReady)
        // Signals of one number are one signal, and the lower number comes first.
        #expect([source.next(), source.next(), source.next()] == [SIGURG, SIGWINCH, nil])
    }

    @Test(arguments: ["made", "written", "renamed", "removed", "given other rights"])
    func aWatchedFolderTellsThatSomethingWas(changed: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a", "old")
        let watch = try FolderWatch()
        try watch.watch(folder.path)
        func isTold() throws -> Bool { try Waiting.untilReadable(watch.pollable, milliseconds: 0) }
        #expect(try !isTold())
        switch changed {
        case "made": _ = try File.open("\(folder.path)/b", .createNew)
        case "written": try File.open(path, .append).writeAll([1])
        case "renamed": rename(path, "\(folder.path)/b")
        case "removed": try File.remove(path)
        default: chmod(path, 0o640)
        }
        #expect(try isTold())
        watch.drain()
        #expect(try !isTold())
    }

    @Test func randomnessIsOfTheLengthAskedForAndNotTwiceTheSame() throws {
        #expect(try Randomness.bytes(0) == [])
        #expect(try Set((0..<100).map { _ in try Randomness.bytes(16) }).count == 100)
        #expect(try Randomness.bytes(33).count == 33)
    }
}
