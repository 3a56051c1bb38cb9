import Glibc
import Platform
import TestSupport
import Testing

/// A child that gives back what it is sent. Once it has done so, it is past its own start and waits.
private final class EchoingChild {
    let process: ChildProcess
    private var near: FileDescriptorBox?

    init(
        more: [Int32] = [], arguments: [String] = ["cat"], environment: [String] = [], newSession: Bool = false,
        blocksTerminate: Bool = false
    ) throws {
        BuiltPrograms.prepare()
        let (near, far) = try SocketPair().split()
        let end = try far.descriptor.duplicate()
        process = try ChildProcess(
            path: "/bin/cat", arguments: arguments, environment: environment,
            descriptors: [end.number, end.number] + more, newSession: newSession, blocksTerminate: blocksTerminate)
        near.descriptor.setTimeout(milliseconds: Waiting.milliseconds)
        self.near = near
        guard try near.write("x") == .processed(1), try near.read().text == "x" else { throw TimedOut("the echo") }
    }

    var facts: ProcessFacts { ProcessFacts(pid: process.pid) }

    /// Ends its input, and so the child.
    func end() throws -> ProcessEnd {
        near = nil
        return try process.waitForEnd()
    }
}

@Suite struct ChildProcessTests {
    init() { BuiltPrograms.prepare() }

    private static func shell(_ script: String) throws -> ProcessEnd {
        let null = try File.open("/dev/null", .readWrite(create: false, truncate: false)).duplicate()
        return try ChildProcess(
            path: "/bin/sh", arguments: ["sh", "-c", script], environment: ["PATH=/usr/bin:/bin"],
            descriptors: [null.number, null.number, null.number]
        ).waitForEnd()
    }

    @Test(
        arguments: [
            ("exit 0", .exited(code: 0)), ("exit 1", .exited(code: 1)), ("exit 143", .exited(code: 143)),
            ("exit 255", .exited(code: 255)), ("kill -TERM $$", .signalled(15)), ("kill -KILL $$", .signalled(9)),
            ("kill -HUP $$", .signalled(1)), ("kill -USR1 $$", .signalled(10)), ("no-such-command", .exited(code: 127)),
        ] as [(String, ProcessEnd)])
    func theEndIsWhatTheKernelSays(script: String, end: ProcessEnd) throws {
        #expect(try Self.shell(script) == end)
    }

    @Test func aChildHasExactlyTheDescriptorsThatItIsGiven() throws {
        // One that exec would not close by itself: it must not be there all the same.
        let leaking = FileDescriptor(owning: dup(2))
        let pipe = try PipeEnds()
        let reader = try #require(pipe.read)
        let name = try OpenDescriptors.name(of: reader.number)
        let child = try EchoingChild(more: [reader.number, reader.number, reader.number])
        #expect(child.facts.descriptors == ["0", "1", "2", "3", "4"])
        let links = try [2, 3, 4].map { try File.readLink("/proc/\(child.process.pid)/fd/\($0)") }
        #expect(links == [name, name, name])
        #expect(leaking.number > 2)
        #expect(try child.end() == .exited(code: 0))
    }

    @Test func aChildHasTheArgumentsAndTheEnvironmentThatItIsGiven() throws {
        let (arguments, environment) = (["a name", "-", "-"], ["A=1", "B=", "C=é \n"])
        let child = try EchoingChild(arguments: arguments, environment: environment)
        #expect(child.facts.arguments == arguments)
        #expect(child.facts.environment == environment)
        #expect(try child.end() == .exited(code: 0))
    }

    private static func ignored(by process: ProcessFacts) throws -> Int {
        try #require(process.status("SigIgn").flatMap { Int($0, radix: 16) })
    }

    @Test(arguments: [(false, "0000000000000000"), (true, "0000000000004000")])
    func aChildHasDefaultSignals(blocksTerminate: Bool, mask: String) throws {
        // This process ignores SIGPIPE, which a child would otherwise inherit.
        #expect(try Self.ignored(by: ProcessFacts(pid: Process.identifier)) & 1 << (SIGPIPE - 1) != 0)
        let child = try EchoingChild(blocksTerminate: blocksTerminate)
        // 32 and 33 are glibc's own, which posix_spawn sets to be ignored.
        #expect(try Self.ignored(by: child.facts) & 0x7FFF_FFFF == 0)
        #expect(child.facts.status("SigBlk") == mask)
        #expect(try child.end() == .exited(code: 0))
    }

    @Test(arguments: [false, true])
    func aChildHasASessionOfItsOwnWhereThatIsAskedFor(newSession: Bool) throws {
        let child = try EchoingChild(newSession: newSession)
        #expect((child.facts.session == child.process.pid) == newSession)
        #expect(child.facts.parent == Process.identifier)
        #expect(try child.end() == .exited(code: 0))
    }

    @Test func aChildIsReapedOnceAndNotBeforeItsEnd() throws {
        let child = try EchoingChild()
        #expect(try child.process.reap() == nil)
        #expect(try !Waiting.untilReadable(child.process.pollable, milliseconds: 0))
        try child.process.signal(Process.kill)
        #expect(try Waiting.untilReadable(child.process.pollable, milliseconds: Waiting.milliseconds))
        // Until it is reaped it is there to be asked, and its pid is nobody else's.
        #expect(child.facts.state == "Z")
        #expect(try child.process.reap() == .signalled(9))
        #expect(throws: SystemError("waitid", code: ECHILD)) { try child.process.reap() }
        try child.process.signal(Process.terminate)
        try child.process.signal(Process.terminate, value: 1)
    }

    @Test func aProcessThatIsNotOurChildIsNotReaped() throws {
        let parent = try ChildProcess(attachingTo: getppid())
        #expect(throws: SystemError("waitid", code: ECHILD)) { try parent.reap() }
    }

    @Test func aProcessThatIsGoneCannotBeAttachedTo() throws {
        let child = try EchoingChild()
        let pid = child.process.pid
        #expect(throws: Never.self) { _ = try ChildProcess(attachingTo: pid) }
        _ = try child.end()
        #expect(throws: SystemError("pidfd_open \(pid)", code: ESRCH)) { _ = try ChildProcess(attachingTo: pid) }
    }

    @Test(arguments: [("none", ENOENT), ("plain", EACCES), ("folder", EACCES), ("plain/x", ENOTDIR)])
    func aProgramThatCannotRunIsAnErrorWithItsErrno(name: String, code: Int32) throws {
        let folder = try TemporaryFolder()
        try folder.write("plain", "#!/bin/sh\n")
        _ = try folder.makeFolder("folder")
        let path = "\(folder.path)/\(name)"
        #expect(throws: SystemError("start \(path)", code: code)) {
            _ = try ChildProcess(path: path, arguments: [path], environment: [], descriptors: [])
        }
    }
}
