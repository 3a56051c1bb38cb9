import Platform
import TestSupport
import Wire

/// One run of the built policy worker, in the place of the server: it gives the worker what the server gives it.
final class WorkerRun {
    private static let pageBytes = 1 << 20

    private let process: ChildProcess
    private let pipe: FileDescriptorBox
    private let page: SharedMemory
    private let reader = JSONReader()
    /// What the worker said of the set; nil where it said nothing in time.
    private(set) var load: JSONValue?

    /// Starts a worker with a set: names such as `10-x.lua`, `lib/y.lua`, `tests/z_test.lua` to texts.
    init(_ files: [String: String], memoryBytes: Int = 16 << 20, loadMilliseconds: Int = 5000) throws {
        let program = BuiltPrograms.path("spawngate-policy")
        let (near, far) = try SocketPair().split()
        let file = try MemoryFile.shared(name: "answer", count: Self.pageBytes)
        page = try SharedMemory(mapping: file, count: Self.pageBytes)
        pipe = near
        let null = try File.open("/dev/null", .readWrite(create: false, truncate: false))
        process = try ChildProcess(
            path: program, arguments: ["spawngate-policy", "--memory-bytes", "\(memoryBytes)"], environment: [],
            descriptors: [far.number, far.number, null.number, file.number])
        try send(Self.payload(files))
        load = try answer(milliseconds: loadMilliseconds).map { try value($0) }
    }

    deinit {
        try? process.signal(Process.kill)
        _ = try? process.waitForEnd()
    }

    private static func payload(_ files: [String: String]) -> [UInt8] {
        var payload: [UInt8] = []
        func append(_ text: String) {
            withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { payload.append(contentsOf: $0) }
            payload += text.utf8
        }
        for (name, text) in files.sorted(by: { $0.key < $1.key }) {
            let kind = name.hasPrefix("lib/") ? "L" : name.hasPrefix("tests/") ? "T" : "P"
            payload += kind.utf8
            append(name)
            append(text)
        }
        return payload
    }

    private func send(_ body: [UInt8]) throws {
        var frame: [UInt8] = []
        withUnsafeBytes(of: UInt32(body.count).littleEndian) { frame.append(contentsOf: $0) }
        try pipe.descriptor.writeAll(frame + body)
    }

    // The bytes that the worker has answered; nil where none came in time, or it died.
    private func answer(milliseconds: Int) throws -> [UInt8]? {
        guard try Waiting.untilReadable(pipe.number, milliseconds: milliseconds) else { return nil }
        var word = [UInt8](repeating: 0, count: 8)
        guard case .processed(8)? = try? word.withUnsafeMutableBytes({ try pipe.descriptor.receive(into: $0) }) else {
            return nil
        }
        return body
    }

    private var body: [UInt8] {
        let length = UInt32(littleEndian: page.bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        return Array(page.bytes[16..<16 + Int(length)])
    }

    private func value(_ text: [UInt8]) throws -> JSONValue { try reader.value(of: text) }

    /// Asks every policy about one request. Nil where no answer came in time.
    func ask(_ request: JSONValue = plainRequest, milliseconds: Int = 5000) throws -> [JSONValue]? {
        try send(Array(request.text.utf8))
        return try answer(milliseconds: milliseconds).flatMap { try value([0x5B] + $0 + [0x5D]).array }
    }

    /// The policy that the worker is at, and the answers of those before it.
    func partial() throws -> (policy: Int, answers: [JSONValue]) {
        let policy = UInt32(littleEndian: page.bytes.loadUnaligned(as: UInt32.self))
        return (Int(policy), try value([0x5B] + body + [0x5D]).array ?? [])
    }

    /// Ends the conversation as a server that died does; answers the worker's exit code.
    func endAfterHangUp() throws -> Int32? {
        pipe.descriptor.shutdownWrite()
        guard try Waiting.untilReadable(process.pollable, milliseconds: Waiting.milliseconds) else {
            throw TimedOut("the worker's end")
        }
        if case .exited(let code) = try process.waitForEnd() { return code }
        return nil
    }

    /// Whether the process still runs.
    var isRunning: Bool { (try? process.reap()) == .some(nil) }
}

/// A start of the Claude CLI, such as the server asks about.
let plainRequest: JSONValue = [
    "agent": [
        "add_dirs": [], "allowed_tools": ["Read", "Bash(git diff:*)"], "disallowed_tools": [],
        "loads_settings": false, "name": "claude", "permission_mode": "plan", "skips_permissions": false,
        "tools": ["Read", "Bash"], "unknown_options": [],
    ],
    "allowed_tools": ["Read", "Bash(git diff:*)"], "args": ["--print", "--verbose", "--permission-mode", "plan"],
    "assignment_id": "A-1", "branch": "main", "command": "claude", "enforcement": ["available": true],
    "environment": ["FOO": "bar"], "executable": "/usr/local/bin/claude", "executive": "CTO", "expects_report": true,
    "labels": ["team": "core", "tier": "1"], "mission_id": "M-7", "name": "Nightly review", "permission_mode": "plan",
    "principal": ["address": "127.0.0.1:5", "name": "admin", "roles": ["admin"]], "prompt": "Review the \"diff\".\n",
    "repository_write_allowed": true,
    "running": ["by_executive": ["CTO": 2], "by_mission": [:], "by_principal": ["admin": 3], "total": 3],
    "runtime_write_root": "/tmp/run/out", "time": ["iso": "2026-11-24T11:00:00.000Z", "unix": 1_795_518_000],
    "timeout_ms": 600_000, "working_directory": "/tmp/repo", "write_roots": ["/tmp/repo", "/tmp/run/out"],
]

/// The project's own files that these tests read, found beside this one.
enum ProjectFiles {
    private static let tests = File.parent(of: #filePath)
    static let hostile = "\(tests)/Hostile"

    static func text(_ path: String) throws -> String {
        String(decoding: try File.read(path, bytesMax: 1 << 20), as: UTF8.self)
    }

    /// A file of this folder.
    static func test(_ name: String) throws -> String { try text("\(tests)/\(name)") }

    /// The shipped set.
    static func shippedPolicies() throws -> [String: String] {
        let root = File.parent(of: File.parent(of: tests)) + "/policies"
        var files: [String: String] = [:]
        for folder in ["", "lib/", "tests/"] {
            for name in try File.list("\(root)/\(folder)") where name.hasSuffix(".lua") {
                files[folder + name] = try text("\(root)/\(folder)\(name)")
            }
        }
        return files
    }
}
