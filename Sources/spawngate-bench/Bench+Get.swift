internal import CBench
internal import Platform
internal import SpawngateClient
internal import TLS

/// Reading one session's record, the most frequent request, with 50 connections.
extension Bench {
    fileprivate static let connections = 50

    /// One request in flight on each connection: what a request costs, beside the barest server of the same sizes.
    func getOne() throws -> [Figure] {
        let server = try newServer()
        let load = try GetLoad(self, server, depth: 1)
        defer { load.endSessions() }
        try pin(server.pid)
        defer { cb_unpin() }
        let requests = count(40_000)
        let answerBytes = try load.client.run(requests).answerBytes
        let echo = try Echo(answerBytes: answerBytes)
        try pin(echo.pid)
        let echoClient = try LoadClient(port: echo.port, token: nil, requests: load.requests, depth: 1)
        _ = try echoClient.run(requests)
        let least = try leastInTurns([
            { [self] in try processor(server.pid, requests) { _ = try load.client.run(requests) } },
            { [self] in try processor(echo.pid, requests) { _ = try echoClient.run(requests) } },
        ])
        return [
            Figure(
                name: "get-1: server CPU a request", value: "\(FigureTable.decimal(least[0], 2)) µs",
                beside: "epoll echo in C, same sizes: \(FigureTable.decimal(least[1], 2)) µs",
                ratio: least[0] / least[1], goal: "at most 1.50")
        ]
    }

    /// 32 in flight: how many a second, beside redis under its own benchmark.
    func getMany() throws -> [Figure] {
        let server = try newServer()
        let load = try GetLoad(self, server, depth: 32)
        defer { load.endSessions() }
        try pin(server.pid)
        defer { cb_unpin() }
        let requests = count(200_000)
        let answerBytes = try load.client.run(requests).answerBytes
        let echo = try Echo(answerBytes: answerBytes)
        try pin(echo.pid)
        let echoClient = try LoadClient(port: echo.port, token: nil, requests: load.requests, depth: 32)
        let redis = try [3, answerBytes].map { try Redis(connections: Self.connections, valueBytes: $0) }
        for case let redis? in redis { try pin(redis.pid) }
        var cost = Double.infinity
        var redisCost = Double.infinity
        var measures: [() throws -> Double] = [
            { [self] in
                var taken = 0.0
                let now = try processor(server.pid, requests) {
                    taken = Double(try load.client.run(requests).nanoseconds) / Double(requests)
                }
                cost = min(cost, now)
                return taken
            },
            { Double(try echoClient.run(requests).nanoseconds) / Double(requests) },
        ]
        for case let redis? in redis {
            measures.append { [self] in
                var rate = 0.0
                let now = try processor(redis.pid, requests) { rate = try redis.getRate(requests) }
                if redis.valueBytes == answerBytes { redisCost = min(redisCost, now) }
                return 1e9 / rate
            }
        }
        let rates = try leastInTurns(measures).map { 1e9 / $0 }
        let value = "\(FigureTable.decimal(rates[0], 0))/s"
        func row(_ beside: String, _ rate: Double, goal: String = "") -> Figure {
            Figure(
                name: "get-32: requests", value: value, beside: "\(beside): \(FigureTable.decimal(rate, 0))/s",
                ratio: rates[0] / rate, goal: goal)
        }
        var figures = [row("epoll echo in C, \(answerBytes) bytes", rates[1])]
        for (redis, rate) in zip(redis.compactMap { $0 }, rates.dropFirst(2)) {
            figures.append(row("redis GET, \(redis.valueBytes) bytes", rate, goal: "at least 0.50"))
        }
        var costs = Figure(
            name: "get-32: server CPU a request", value: "\(FigureTable.decimal(cost, 2)) µs",
            beside: "redis is not installed")
        if redisCost < .infinity {
            costs.beside = "redis GET, \(answerBytes) bytes: \(FigureTable.decimal(redisCost, 2)) µs"
            costs.ratio = cost / redisCost
        }
        return figures + [costs]
    }

    /// Keeps a server on one processor, and the clients of this program on another.
    func pin(_ server: Int32) throws {
        for (pid, last) in [(server, 1), (0, 0)] as [(Int32, Int32)] {
            let outcome = cb_pin(pid, last)
            if outcome < 0 { throw SystemError("sched_setaffinity", code: -outcome) }
        }
    }

    /// The processor time of a process for each of so many requests, in microseconds.
    func processor(_ pid: Int32, _ requests: Int, _ body: () throws -> Void) throws -> Double {
        let before = cb_cpu_nanoseconds(pid)
        try body()
        return Double(cb_cpu_nanoseconds(pid) - before) / Double(requests) / 1000
    }

    /// 50 connections, each asking for a running session of its own: a record that must be true now is the harder one.
    final class GetLoad {
        let client: LoadClient
        let requests: [[UInt8]]
        private let control: ServerConnection
        private var ids: [String] = []

        init(_ bench: Bench, _ server: ServerProcess, depth: Int) throws {
            control = try server.connect()
            for _ in 0..<Bench.connections {
                ids.append(Session(try control.call("session.start", bench.start("/bin/sleep", ["3600"]))).id)
            }
            requests = ids.map { LoadClient.frame(method: "session.get", params: [("id", $0)]) }
            client = try LoadClient(
                port: server.port, tls: try server.tls.map { try .client(authorities: $0.authorities) },
                token: server.token, requests: requests, depth: depth)
        }

        func endSessions() {
            for id in ids { _ = try? control.call("session.stop", ["id": .string(id), "grace_ms": 0]) }
        }
    }
}

/// The bare server: a child process that ends with its owner.
private final class Echo {
    let pid: Int32
    let port: UInt16

    init(answerBytes: Int) throws {
        var port: Int32 = 0
        pid = cb_echo_start(Int32(answerBytes), &port)
        guard pid > 0 else { throw BenchFailure("the echo does not start: \(SystemError.reason(of: -pid))") }
        self.port = UInt16(port)
    }

    deinit { cb_end(pid) }
}
