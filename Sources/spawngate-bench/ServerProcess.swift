internal import CBench
internal import Platform
internal import SpawngateClient

/// A server of the bench's own, from the folder that the bench lies in. It ends with its owner.
final class ServerProcess {
    let state: String
    let port: UInt16
    let token: String
    /// By what its clients know it, where it speaks TLS.
    let tls: TLSOptions?
    /// From its start until it listened.
    let readyNanoseconds: Int64
    private let process: ChildProcess

    var pid: Int32 { process.pid }

    private init(
        state: String, port: UInt16, token: String, tls: TLSOptions?, readyNanoseconds: Int64,
        process: consuming ChildProcess
    ) {
        self.tls = tls
        self.state = state
        self.port = port
        self.token = token
        self.readyNanoseconds = readyNanoseconds
        self.process = process
    }

    /// Starts a server, and waits until it listens.
    static func start(
        state: String, policies: String, arguments: [String] = [], tls: TLSOptions? = nil
    ) throws -> ServerProcess {
        let clock = SystemClock()
        let began = clock.monotonicNanoseconds()
        let (near, far) = try SocketPair().split()
        let process = try spawn(state: state, policies: policies, arguments: arguments, output: far)
        let port = try port(in: try line(from: near), log: logPath(state))
        let ready = clock.monotonicNanoseconds() - began
        let text = String(decoding: try File.read("\(state)/admin.token", bytesMax: 4096), as: UTF8.self)
        return ServerProcess(
            state: state, port: port, token: text.filter { $0 != "\n" }, tls: tls, readyNanoseconds: ready,
            process: process)
    }

    // Takes the box, so that the end is closed here once the server has it: then its silence can be heard.
    private static func spawn(
        state: String, policies: String, arguments: [String], output: consuming FileDescriptorBox
    ) throws -> ChildProcess {
        let null = try File.open("/dev/null", .readWrite(create: false, truncate: false))
        let log = try File.open(logPath(state), .append)
        return try ChildProcess(
            path: File.parent(of: Process.executablePath()) + "/spawngate",
            arguments: ["spawngate", "serve", "--listen", "127.0.0.1:0", "--state", state, "--policies", policies]
                + arguments,
            environment: ["PATH=/usr/bin:/bin"], descriptors: [null.number, output.number, log.number])
    }

    private static func logPath(_ state: String) -> String { state + ".log" }

    deinit { try? end() }

    /// Ends it, as an administrator would.
    func end() throws {
        try process.signal(Process.terminate)
        _ = try process.waitForEnd()
    }

    /// A connection that has authenticated.
    func connect() throws -> ServerConnection {
        let connection = try ServerConnection(
            to: ServerAddress(host: "127.0.0.1", port: port, usesTLS: tls != nil), tls: tls ?? TLSOptions())
        try connection.authenticate(token: token)
        return connection
    }

    /// What tells a command where the server is.
    var clientArguments: [String] { ["--server", "127.0.0.1:\(port)", "--token-file", state + "/admin.token"] }

    /// The processor time that the server itself has used, in nanoseconds.
    func processorNanoseconds() -> Int64 { cb_cpu_nanoseconds(pid) }

    private static func line(from end: FileDescriptorBox) throws -> String {
        var line: [UInt8] = []
        var byte: [UInt8] = [0]
        while case .processed = try byte.withUnsafeMutableBytes({ try end.descriptor.read(into: $0) }), byte[0] != 10 {
            line += byte
        }
        return String(decoding: line, as: UTF8.self)
    }

    private static func port(in line: String, log: String) throws -> UInt16 {
        guard line.hasPrefix("spawngate listens on "), let colon = line.lastIndex(of: ":"),
            let port = UInt16(line[line.index(after: colon)...])
        else {
            let said = (try? File.read(log, bytesMax: 1 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            throw BenchFailure("the server does not listen: \(said)")
        }
        return port
    }
}

/// What /proc says of a process.
enum ProcessStatus {
    /// Resident memory in kB.
    static func residentKilobytes(_ pid: Int32) throws -> Int { try sum(["VmRSS:"], "/proc/\(pid)/status") }

    /// The most that it was so far, in kB.
    static func residentKilobytesMax(_ pid: Int32) throws -> Int { try sum(["VmHWM:"], "/proc/\(pid)/status") }

    /// Memory that the process shares with no other, in kB.
    static func privateKilobytes(_ pid: Int32) throws -> Int {
        try sum(["Private_Clean:", "Private_Dirty:"], "/proc/\(pid)/smaps_rollup")
    }

    /// The children of a process that run a program of that name.
    static func children(of pid: Int32, named name: String) throws -> [Int32] {
        let pids = text("/proc/\(pid)/task/\(pid)/children").split(separator: " ").compactMap { Int32($0) }
        // The kernel keeps 15 bytes of a name.
        return pids.filter { text("/proc/\($0)/comm") == "\(name.prefix(15))\n" }
    }

    private static func sum(_ fields: [String], _ path: String) throws -> Int {
        text(path).split(separator: "\n").reduce(0) { sum, line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 2, fields.contains(String(words[0])), let value = Int(words[1]) else { return sum }
            return sum + value
        }
    }

    private static func text(_ path: String) -> String {
        (try? File.read(path, bytesMax: 1 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
