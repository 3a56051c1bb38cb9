internal import Platform

/// A redis server of this machine's, with one value in it, and its own benchmark. It ends with its owner.
final class Redis {
    let valueBytes: Int
    private let connections: Int
    private let port: String
    private let benchmark: String
    private let process: ChildProcess

    var pid: Int32 { process.pid }

    /// Starts it; nil where redis is not installed.
    convenience init?(connections: Int, valueBytes: Int) throws {
        guard let server = Tool.find("redis-server"), let benchmark = Tool.find("redis-benchmark") else { return nil }
        let port = try Socket.listen(host: "127.0.0.1", port: 0).localPort()
        self.init(
            connections: connections, valueBytes: valueBytes, port: String(port), benchmark: benchmark,
            process: try Self.start(server, port: port))
        // The value that the GETs read.
        _ = try rate(of: "SET", 1)
    }

    private init(
        connections: Int, valueBytes: Int, port: String, benchmark: String, process: consuming ChildProcess
    ) {
        self.connections = connections
        self.valueBytes = valueBytes
        self.port = port
        self.benchmark = benchmark
        self.process = process
    }

    deinit {
        try? process.signal(Process.kill)
        _ = try? process.waitForEnd()
    }

    /// GETs a second, with 32 in flight on each connection.
    func getRate(_ requests: Int) throws -> Double { try rate(of: "GET", requests) }

    private func rate(of command: String, _ requests: Int) throws -> Double {
        let output = try Tool.run(
            benchmark,
            [
                "-p", port, "-c", String(connections), "-P", "32", "-n", String(requests), "-d", String(valueBytes),
                "-t", command.lowercased(), "--csv",
            ])
        let row = output.split(separator: "\n").first { $0.hasPrefix("\"\(command)\"") }
        guard let fields = row?.split(separator: ","), fields.count > 1,
            let rate = Double(fields[1].filter { $0 != "\"" })
        else { throw BenchFailure("redis-benchmark says what is not understood: \(output)") }
        return rate
    }

    private static func start(_ server: String, port: UInt16) throws -> ChildProcess {
        let null = try File.open("/dev/null", .readWrite(create: false, truncate: false))
        let process = try ChildProcess(
            path: server,
            arguments: [
                "redis-server", "--bind", "127.0.0.1", "--port", String(port), "--save", "", "--appendonly", "no",
            ], environment: [], descriptors: [null.number, null.number, null.number])
        try Tool.waitUntilListening(port)
        return process
    }
}
