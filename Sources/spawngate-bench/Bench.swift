internal import CBench
internal import Platform
internal import SpawngateClient

/// What all figures share: the programs, a folder of their own, how much is measured.
final class Bench {
    let isQuick: Bool
    let policyFolder: String
    let folder: String
    let clock = SystemClock()
    private var servers = 0

    init(isQuick: Bool, policyFolder: String) throws {
        self.isQuick = isQuick
        self.policyFolder = policyFolder
        folder = "\(Process.environment("TMPDIR") ?? "/tmp")/spawngate-bench-\(Process.identifier)"
        try File.makeFolder(folder, permissions: 0o700)
        cb_spread_folders(folder)
        try File.makeFolder(workFolder, permissions: 0o700)
        try File.makeFolder(openPolicies, permissions: 0o700)
        let policy = "return function(request) end\n"
        try File.replace("\(openPolicies)/10-allow.lua", with: Array(policy.utf8), permissions: 0o600)
    }

    /// The working directory of all sessions.
    var workFolder: String { folder + "/work" }
    /// Policies that allow everything, in as little time as a policy can take.
    var openPolicies: String { folder + "/policies" }

    func measure(_ name: FigureName) throws -> [Figure] {
        switch name {
        case .idle: try idle()
        case .get1: try getOne()
        case .get32: try getMany()
        case .start: try starts()
        case .enforcement: try enforcement()
        case .decision: try decision()
        case .replay: try replay()
        case .list: try list()
        case .log: try log()
        case .verify: try verify()
        case .export: try export()
        case .tls: try tls()
        }
    }

    /// The full count, or a twentieth of it for a quick look.
    func count(_ full: Int) -> Int { isQuick ? max(1, full / 20) : full }

    /// A path that no earlier run has used either: see `cb_spread_folders`.
    func newFolderName(_ name: String) -> String { "\(folder)/\(name)-\(Process.identifier)" }

    /// A server with a new state.
    func newServer(
        policies: String? = nil, arguments: [String] = [], tls: TLSOptions? = nil
    ) throws -> ServerProcess {
        servers += 1
        return try ServerProcess.start(
            state: newFolderName("state-\(servers)"), policies: policies ?? openPolicies, arguments: arguments,
            tls: tls)
    }

    /// The params of a start.
    func start(_ command: String, _ args: [String] = []) -> RemoteValue {
        // With an end of its own: a session outlives the server, and so also a bench that was broken off.
        [
            "name": "bench", "working_directory": .string(workFolder), "command": .string(command),
            "args": .array(args.map { .string($0) }), "timeout_ms": 600_000,
        ]
    }

    /// Measures several things in turns, and answers the least of each: what disturbs a measurement only ever makes it
    /// worse, and what slows the machine for a while slows all of them.
    func leastInTurns(_ measure: [() throws -> Double]) throws -> [Double] {
        var least = [Double](repeating: .infinity, count: measure.count)
        for _ in 0..<(isQuick ? 3 : 10) {
            for (index, one) in measure.enumerated() { least[index] = min(least[index], try one()) }
        }
        return least
    }

    func removeFiles() { _ = try? Tool.run("/bin/rm", ["-rf", folder]) }
}

/// Other programs.
enum Tool {
    /// The file behind a name in PATH, or nil.
    static func find(_ name: String) -> String? {
        (Process.environment("PATH") ?? "").split(separator: ":").map { "\($0)/\(name)" }
            .first { (try? File.status(of: $0))?.isExecutable == true }
    }

    /// Waits for a server that says nothing when it is ready.
    static func waitUntilListening(_ port: UInt16) throws {
        // A poller without descriptors only waits.
        var pause = try Poller()
        for _ in 0..<1000 {
            if (try? Socket.connect(host: "127.0.0.1", port: port)) != nil { return }
            try pause.wait(milliseconds: 5) { _ in }
        }
        throw BenchFailure("nobody listens on port \(port)")
    }

    /// Runs a program to its end and answers what it wrote.
    static func run(_ path: String, _ arguments: [String]) throws -> String {
        let output = try MemoryFile.shared(name: "output", count: 0)
        let null = try File.open("/dev/null", .readWrite(create: false, truncate: false))
        let process = try ChildProcess(
            path: path, arguments: [path] + arguments, environment: [],
            descriptors: [null.number, output.number, null.number])
        guard case .exited(0) = try process.waitForEnd() else { throw BenchFailure("\(path) failed") }
        return String(decoding: try output.readAt(0, count: try output.status().size), as: UTF8.self)
    }
}
