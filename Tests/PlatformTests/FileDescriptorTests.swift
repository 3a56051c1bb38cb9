import Glibc
import Platform
import TestSupport
import Testing

@Suite struct FileDescriptorTests {
    init() { BuiltPrograms.prepare() }

    @Test func aDescriptorIsClosedWhenItsOwnerGoes() throws {
        let name: String
        do {
            let pipe = try Pipe()
            name = try OpenDescriptors.name(of: pipe.readEnd.number)
            // The count can tell: it is not nought while the pipe is open.
            #expect(try OpenDescriptors.count(of: name) == 2)
            #expect(pipe.readEnd.number != pipe.writeEnd.number)
        }
        #expect(try OpenDescriptors.count(of: name) == 0)
    }

    @Test func aBoxAndADuplicateCloseTheirOwnAlone() throws {
        var ends = try PipeEnds()
        let reader = try #require(ends.read)
        let name = try OpenDescriptors.name(of: reader.number)
        var box: FileDescriptorBox? = FileDescriptorBox(try reader.descriptor.duplicate())
        #expect(try #require(box).number >= 16)
        #expect(try OpenDescriptors.count(of: name) == 3)
        box = nil
        #expect(try OpenDescriptors.count(of: name) == 2)
        ends.write = nil
        #expect(try OpenDescriptors.count(of: name) == 1)
        #expect(try reader.isLeftAlone())
        #expect(try reader.read().outcome == .endOfFile)
    }

    @Test func aReleasedNumberIsTheCallersToClose() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a", "x")
        let number = try File.open(path, .read).release()
        #expect(try OpenDescriptors.count(of: path) == 1)
        do {
            let owner = FileDescriptor(owning: number)
            #expect(try owner.readAt(0, count: 9) == Array("x".utf8))
        }
        #expect(try OpenDescriptors.count(of: path) == 0)
    }

    @Test func whatFailsHalfwayLeavesNothingOpen() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a", "four")
        #expect(throws: SystemError("read \(path)", code: EFBIG)) { try File.read(path, bytesMax: 3) }
        #expect(try OpenDescriptors.count(of: path) == 0)
        #expect(try File.read(path, bytesMax: 4) == Array("four".utf8))
    }

    @Test func everyDescriptorIsBornToBeClosedByExec() throws {
        let folder = try TemporaryFolder()
        let file = try File.open(try folder.write("a", ""), .read)
        let pipe = try Pipe()
        let pair = try SocketPair()
        let memory = try MemoryFile.sealed(name: "m", [1])
        let listener = try Socket.listen(host: "127.0.0.1", port: 0)
        let client = try Socket.connect(host: "127.0.0.1", port: try listener.localPort())
        let copy = try file.duplicate()
        let handle = try ResolvedPath(opening: folder.path)
        let beneath = try handle.openBeneath("a")
        let numbers = [
            file.number, pipe.readEnd.number, pipe.writeEnd.number, pair.near.number, pair.far.number, memory.number,
            listener.number, client.number, copy.number, handle.handle.number, beneath.number,
        ]
        for number in numbers {
            #expect(try OpenDescriptors.flags(of: number) & UInt32(O_CLOEXEC) != 0)
        }
        let nonBlocking = try numbers.filter { try OpenDescriptors.flags(of: $0) & UInt32(O_NONBLOCK) != 0 }
        #expect(nonBlocking == [pipe.readEnd.number, pipe.writeEnd.number, listener.number, beneath.number])
    }

    @Test func waitingIsAValueAndSoIsTheEnd() throws {
        var ends = try PipeEnds()
        let reader = try #require(ends.read)
        #expect(try reader.read().outcome == .wouldBlock)
        #expect(try ends.write?.write("abc") == .processed(3))
        #expect(try reader.read(atMost: 2).text == "ab")
        #expect(try reader.read().text == "c")
        ends.write = nil
        #expect(try reader.isLeftAlone())
        #expect(try reader.read().outcome == .endOfFile)
    }

    @Test func aFullPipeWouldBlockAndAClosedOneIsAnError() throws {
        var ends = try PipeEnds()
        let writer = try #require(ends.write)
        let block = String(repeating: "x", count: 65_536)
        while case .processed = try writer.write(block) {}
        #expect(try writer.write("x") == .wouldBlock)
        #expect(throws: SystemError("write", code: EAGAIN)) { try writer.descriptor.writeAll([1]) }
        ends.read = nil
        #expect(try writer.isLeftAlone())
        #expect(throws: SystemError("write", code: EPIPE)) { try writer.write("x") }
    }

    @Test func theLockIsHeldByOneOpenFile() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a", "")
        let second = try File.open(path, .read)
        do {
            let first = try File.open(path, .read)
            #expect(try first.tryLock())
            #expect(try first.tryLock())
            #expect(try !second.tryLock())
        }
        // A process that another test is just starting has a copy of the first until it execs.
        try Waiting.until("the lock") { try second.tryLock() }
    }

    @Test func waitingForReadinessHasAnEnd() throws {
        let pipe = try Pipe()
        #expect(try !pipe.readEnd.wait(for: .readable, milliseconds: 0))
        #expect(try pipe.writeEnd.wait(for: .writable, milliseconds: 0))
        try pipe.writeEnd.writeAll([1])
        #expect(try pipe.readEnd.wait(for: .readable, milliseconds: 0))
    }
}
