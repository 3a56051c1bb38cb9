internal import Platform
package import Wire

/// Sessions of a server under test.
extension RunningServer {
    /// The params that start `/bin/sh -c SCRIPT` in the work folder.
    package func shell(_ script: String, _ more: JSONValue = [:]) -> JSONValue {
        let params: JSONValue = [
            "name": "test", "working_directory": .string(workFolder), "command": "/bin/sh",
            "args": ["-c", .string(script)],
        ]
        return params.with(more)
    }

    /// A script that waits for `tellToGoOn`.
    package static let untilToldToGoOn = "while [ ! -e go ]; do sleep 0.01; done"

    /// Lets every session go on that waits for it.
    package func tellToGoOn() throws { try folder.write("work/go", "") }

    /// Starts `/bin/sh -c SCRIPT` and answers the record of the started session.
    package func start(_ script: String, _ more: JSONValue = [:]) throws -> JSONValue {
        try call("session.start", shell(script, more))
    }

    /// Starts `/bin/sh -c SCRIPT`, waits for its end and answers the record.
    package func run(_ script: String, _ more: JSONValue = [:]) throws -> JSONValue {
        try wait(start(script, more))
    }

    /// Waits for the end of a session and answers its record.
    package func wait(_ record: JSONValue) throws -> JSONValue {
        try call("session.wait", ["id": record["id"] ?? .null])
    }

    /// The whole of what a session has written to its standard output so far, as far as it is kept.
    package func output(of record: JSONValue) throws -> String {
        let logs = try call("session.logs", ["id": record["id"] ?? .null, "max_bytes": 4_194_304])
        return logs["stdout"]?.string ?? ""
    }

    /// Waits until a session has written a line that says so.
    package func waitForOutput(_ text: String, of record: JSONValue) throws {
        try Waiting.until("\"\(text)\" in the output of \(record["id"]?.string ?? "?")") {
            try output(of: record).contains(text)
        }
    }

    /// The pid of the shim above a session; nil where it has never run.
    package func shim(of record: JSONValue) -> Int32? {
        record["id"]?.string.flatMap { Self.shim(stateFile: "\(stateFolder)/sessions/\($0)/state") }
    }

    private static func shim(stateFile: String) -> Int32? {
        let text = String(decoding: (try? File.read(stateFile, bytesMax: 4096)) ?? [], as: UTF8.self)
        return text.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("shim=") }
            .flatMap { Int32($0.dropFirst("shim=".count)) }
    }

    /// Ends every session that still runs, without the server, which may be gone.
    func endSessions() {
        let sessions = "\(stateFolder)/sessions"
        for name in (try? File.list(sessions)) ?? [] { Self.end(stateFile: "\(sessions)/\(name)/state") }
    }

    private static func end(stateFile: String) {
        guard let state = try? File.open(stateFile, .read) else { return }
        // The shim holds the lock as long as it lives; it may not have said its pid yet.
        let isOver = { (try? state.tryLock()) ?? true }
        if isOver() { return }
        try? Waiting.until("a shim's word") { shim(stateFile: stateFile) != nil || isOver() }
        if let shim = shim(stateFile: stateFile), let process = try? ChildProcess(attachingTo: shim), !isOver() {
            try? process.signal(Process.terminate, value: 0)
            _ = try? Waiting.untilReadable(process.pollable, milliseconds: Waiting.milliseconds)
        }
    }
}
