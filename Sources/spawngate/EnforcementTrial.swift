internal import Platform
internal import SpawngateClient

/// What one attempt came to, in the words of `spawngate-probe`.
enum AttemptOutcome: String {
    case allowed, denied
    /// This machine has not what it takes to try.
    case absent
    /// It went wrong in a way that is neither.
    case failed
}

/// One attempt of the probe.
struct Attempt: Equatable {
    let name: String
    let outcome: AttemptOutcome
    /// The name of the errno; empty where there was none.
    let reason: String
}

/// A server of its own, one session in it, and in that session the probe: what the kernel really lets a session do.
struct EnforcementTrial {
    /// Nil: whoever runs this.
    let user: UInt32?
    let isEnforced: Bool

    /// A user without rights, for root to try as: Debian's `nobody`.
    static let ordinaryUser: UInt32 = 65534

    /// Runs the trial in a folder of its own, which is removed again.
    func attempts() throws -> [Attempt] {
        let place = Process.environment("TMPDIR") ?? "/tmp"
        let name = try Randomness.bytes(6).map { String($0, radix: 16) }.joined()
        let folder = "\(try File.realPath(place))/spawngate-doctor-\(name)"
        try File.makeFolder(folder, permissions: 0o700)
        defer { _ = try? run("/bin/rm", ["-rf", folder]) }
        for inner in ["policies", "programs"] { try File.makeFolder("\(folder)/\(inner)", permissions: 0o700) }
        let policy = Array("return function(request) end\n".utf8)
        try File.replace("\(folder)/policies/10-allow.lua", with: policy, permissions: 0o600)
        if let user {
            // Where the programs are, another user may not be allowed to look.
            let names = ["spawngate", "spawngate-shim", "spawngate-policy", "spawngate-probe"]
            _ = try run("/bin/cp", names.map(Self.program) + ["\(folder)/programs/"])
            _ = try run("/bin/chown", ["-R", "\(user)", folder])
        }
        return try attempts(in: folder)
    }

    private func attempts(in folder: String) throws -> [Attempt] {
        let programs = user == nil ? File.parent(of: Process.executablePath()) : "\(folder)/programs"
        let outside = try Companion(
            as: user, ["\(programs)/spawngate-probe", "outside", "\(folder)/world"], log: "\(folder)/outside.log")
        let server = try Companion(
            as: user,
            [
                "\(programs)/spawngate", "serve", "--listen", "127.0.0.1:0", "--state", "\(folder)/state",
                "--policies", "\(folder)/policies", "--enforcement", isEnforced ? "required" : "off",
            ], log: "\(folder)/server.log")
        guard let port = server.line.split(separator: ":").last.flatMap({ UInt16($0) }),
            let outsider = outside.line.split(separator: " ").last
        else { throw CommandFailure("The trial's server did not start: it said \(server.line).") }
        let connection = try ServerConnection(host: "127.0.0.1", port: port)
        let token = try File.read("\(folder)/state/admin.token", bytesMax: 4096).split(separator: 10).first ?? []
        _ = try connection.authenticate(token: String(decoding: token, as: UTF8.self))
        let session = Session(
            try connection.call(
                "session.start",
                [
                    "name": "doctor", "working_directory": "\(folder)/world/in",
                    "command": "\(programs)/spawngate-probe",
                    "args": ["inside", "\(folder)/world", .string(String(outsider))], "timeout_ms": 60_000,
                ]))
        let ended = try connection.waitForEnd(of: session.id)
        let logs = SessionLogs(
            try connection.call(
                "session.logs", ["id": .string(session.id), "max_bytes": 1_000_000, "encoding": "base64"]))
        guard ended.succeeded, let logs else { throw CommandFailure("The probe ended as \(ended.record.json).") }
        return String(decoding: logs.stdout, as: UTF8.self).split(separator: "\n").compactMap(Self.attempt)
    }

    private static func attempt(_ line: Substring) -> Attempt? {
        let words = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard words.count == 3, let outcome = AttemptOutcome(rawValue: String(words[1])) else { return nil }
        return Attempt(name: String(words[0]), outcome: outcome, reason: String(words[2]))
    }

    static func program(_ name: String) -> String { File.parent(of: Process.executablePath()) + "/\(name)" }

    private func run(_ path: String, _ arguments: [String]) throws -> ProcessEnd {
        let null = try File.open("/dev/null", .readWrite(create: false, truncate: false))
        return try ChildProcess(
            path: path, arguments: [path] + arguments, environment: [],
            descriptors: [null.number, null.number, null.number]
        ).waitForEnd()
    }
}

/// A program that prints one line when it is ready, and ends with its owner.
private final class Companion {
    let line: String
    private let process: ChildProcess
    // Its standard input: for as long as it is open, the program goes on.
    private let input: FileDescriptorBox

    init(as user: UInt32?, _ command: [String], log: String) throws {
        let command = (user.map { [EnforcementTrial.program("spawngate-probe"), "as", "\($0)"] } ?? []) + command
        let (near, far) = try SocketPair().split()
        process = try Self.start(command, far, log: log)
        var line: [UInt8] = []
        var byte: [UInt8] = [0]
        near.descriptor.setTimeout(milliseconds: 30_000)
        while case .processed = try byte.withUnsafeMutableBytes({ try near.descriptor.receive(into: $0) }),
            byte[0] != 10
        {
            line += byte
        }
        self.line = String(decoding: line, as: UTF8.self)
        input = near
    }

    // Takes the far end, so that it is closed here once the program has it.
    private static func start(
        _ command: [String], _ far: consuming FileDescriptorBox, log: String
    ) throws -> ChildProcess {
        let errors = try File.open(log, .append)
        return try ChildProcess(
            path: command[0], arguments: command, environment: ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/"],
            descriptors: [far.number, far.number, errors.number])
    }

    deinit {
        try? process.signal(Process.terminate)
        _ = try? process.waitForEnd()
    }
}
