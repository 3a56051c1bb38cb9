import Platform
import TestSupport

/// One run of the built shim, in the place of the server: it opens what the server opens and reads what it reads.
///
/// The agent's standard input is one end of a socket pair. An agent speaks to its test through it, so no test has to
/// sleep; and because every process of the session inherits it, its end is the proof that none of them is left.
final class ShimRun {
    private let owner: TemporaryFolder
    var folder: String { owner.path }
    let shim: ChildProcess
    private let agentSide: FileDescriptor
    private let notices: FileDescriptor

    /// Starts `agent` (its argv; the first is a real path) under the shim.
    ///
    /// - `judged`: the program handle to hand over, where it is not simply the agent's path as it is now.
    /// - `prompt`: becomes the standard input in place of the socket.
    /// - `ruleset`: the descriptor to be confined by, whatever it is; goes with the option `--landlock-abi`.
    /// - `launcher`: a command put before the shim, such as `prlimit`.
    /// - `shim`: another copy of the program, or other options for it.
    init(
        _ agent: [String], by exec: String = "handle", judged: ResolvedPath? = nil, prompt: [UInt8]? = nil,
        environment: [String] = ["PATH=/usr/bin:/bin"], options: [String] = [], ruleset: Int32? = nil,
        launcher: [String] = [],
        program: String = builtShim
    ) throws {
        owner = try TemporaryFolder()
        let folder = owner.path
        let log = File.Mode.readWrite(create: true, truncate: true)
        let out = try File.open("\(folder)/stdout", log)
        let err = try File.open("\(folder)/stderr", log)
        let state = try File.open("\(folder)/state", log)
        try state.writeAt(0, [UInt8](repeating: 0, count: 4096))
        _ = try state.tryLock()
        let directory = try ResolvedPath(opening: folder)
        let judged = try judged ?? ResolvedPath(opening: agent[0])
        let (agentNear, agentFar) = try SocketPair().split()
        let (noticeNear, noticeFar) = try SocketPair().split()
        let input = FileDescriptorBox(
            try prompt.map { try MemoryFile.sealed(name: "prompt", $0) } ?? agentFar.descriptor.duplicate())
        agentSide = try agentNear.descriptor.duplicate()
        notices = try noticeNear.descriptor.duplicate()

        let own = ["--session", "t-1", "--token", "18446744073709551615", "--exec", exec, "--program", agent[0]]
        let command = launcher + [program] + own + options + ["--"] + agent
        shim = try ChildProcess(
            path: command[0], arguments: command, environment: environment,
            descriptors: [
                input.number, out.number, err.number, state.number, directory.handle.number, judged.handle.number,
                noticeFar.number,
            ] + (ruleset.map { [$0] } ?? []),
            newSession: true, blocksTerminate: true)
    }

    /// The next bytes an agent wrote to its standard input; empty once every process of the session is gone.
    func hear() throws -> String {
        try Self.receive(from: agentSide)
    }

    /// Whether no process of the session is left, as of now.
    func everyoneIsGone() throws -> Bool {
        try agentSide.setNonBlocking()
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            switch try buffer.withUnsafeMutableBytes({ try agentSide.read(into: $0) }) {
            case .processed: continue
            case .wouldBlock: return false
            case .endOfFile: return true
            }
        }
    }

    /// The notice's parts, once it is there.
    func notice() throws -> Notice {
        var buffer = [UInt8](repeating: 0, count: 17)
        let outcome = try buffer.withUnsafeMutableBytes { try notices.read(into: $0) }
        guard outcome == .processed(16) else { throw SystemError("read the notice", code: SystemError.noEntry) }
        return buffer.withUnsafeBytes {
            Notice(
                token: $0.load(as: UInt64.self), kind: $0.load(fromByteOffset: 8, as: Int32.self),
                value: $0.load(fromByteOffset: 12, as: Int32.self))
        }
    }

    /// Waits for the shim's end and answers how the agent ended, without the time.
    func end() throws -> String? {
        _ = try shim.waitForEnd()
        return try slot(192, 128)
    }

    func startSlot() throws -> String? { try slot(64, 128) }

    /// Where the kept part of the stdout log begins.
    func stdoutDropped() throws -> Int {
        try slot(320, 64).flatMap { $0.split(separator: "=").last }.flatMap { Int($0) } ?? 0
    }

    func stdout() throws -> [UInt8] { try File.read("\(folder)/stdout", bytesMax: 64 << 20) }
    func stderr() throws -> [UInt8] { try File.read("\(folder)/stderr", bytesMax: 64 << 20) }

    /// Whether the lock that stands for the session's life is held.
    func lockIsHeld() throws -> Bool {
        try !File.open("\(folder)/state", .read).tryLock()
    }

    private func slot(_ offset: Int, _ length: Int) throws -> String? {
        let bytes = try File.open("\(folder)/state", .read).readAt(offset, count: length)
        guard bytes.last == UInt8(ascii: "\n") else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        return words.filter { !$0.hasPrefix("at_ms=") }.joined(separator: " ")
    }

    private static func receive(from descriptor: borrowing FileDescriptor) throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        guard case .processed(let count) = try buffer.withUnsafeMutableBytes({ try descriptor.read(into: $0) }) else {
            return ""
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}

/// What the shim tells the server through the pipe that all shims share.
struct Notice: Equatable {
    let token: UInt64
    let kind: Int32
    let value: Int32

    static func failed(_ code: Int32) -> Notice { Notice(token: .max, kind: 2, value: code) }
}

/// The program stands beside the test program in the build folder.
let builtShim: String = {
    Process.prepare()
    return File.parent(of: Process.executablePath()) + "/spawngate-shim"
}()

func shell(_ script: String) throws -> [String] {
    // bash for its patience with fork; `--norc` because with a socket for its input it takes itself for a remote shell.
    [try File.realPath("/bin/bash"), "--norc", "-c", script]
}

/// A new program file; ETXTBSY cannot strike, since it is closed before anyone runs it.
func writeProgram(_ path: String, _ bytes: [UInt8]) throws {
    let file = try File.open(path, .createNew, permissions: 0o755)
    try file.writeAll(bytes)
}
