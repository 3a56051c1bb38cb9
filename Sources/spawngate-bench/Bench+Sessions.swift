internal import CBench
internal import Platform
internal import SpawngateClient

/// Starting, judging, listing sessions.
extension Bench {
    /// Starts of /bin/true from 8 connections, request to durable answer, beside what the kernel alone takes.
    func starts() throws -> [Figure] {
        let starts = count(400)
        let logs = newFolderName("logs")
        try File.makeFolder(logs, permissions: 0o700)
        let request = LoadClient.frame(
            method: "session.start",
            params: [("name", "bench"), ("working_directory", workFolder), ("command", "/bin/true")])
        let server = try newServer()
        let client = try LoadClient(
            port: server.port, token: server.token, requests: [[UInt8]](repeating: request, count: 8), depth: 1)
        _ = try client.run(starts)
        var spawned: Int32 = 0
        func spawn(inFlight: Int32) throws -> Double {
            let taken = cb_spawn_nanoseconds(logs, spawned, Int32(starts), inFlight)
            if taken < 0 { throw BenchFailure("posix_spawn: \(SystemError.reason(of: Int32(-taken)))") }
            spawned += Int32(starts)
            return Double(taken)
        }
        var cost = Double.infinity
        var latencies = LoadResult.none
        let taken = try leastInTurns([
            { [self] in
                let now = try processor(server.pid, starts) {
                    let result = try client.run(starts)
                    if result.nanoseconds < latencies.nanoseconds { latencies = result }
                }
                cost = min(cost, now)
                return Double(latencies.nanoseconds)
            },
            { try spawn(inFlight: 8) },
            { try spawn(inFlight: 1) },
        ])
        let rates = taken.map { Double(starts) / $0 * 1e9 }
        func row(_ beside: String, _ rate: Double, goal: String = "") -> Figure {
            Figure(
                name: "start: durable, 8 connections", value: "\(FigureTable.decimal(rates[0], 0))/s",
                beside: "posix_spawn, \(beside): \(FigureTable.decimal(rate, 0))/s", ratio: rates[0] / rate, goal: goal)
        }
        let (middle, high) = (latencies.microseconds(atPercentile: 50), latencies.microseconds(atPercentile: 99))
        return [
            row("8 in flight", rates[1], goal: "at least 0.40"), row("1 in flight", rates[2]),
            Figure(name: "start: server CPU a start", value: "\(FigureTable.decimal(cost, 0)) µs"),
            Figure(
                name: "start: p50, p99",
                value: "\(FigureTable.decimal(middle / 1000, 1)) ms, \(FigureTable.decimal(high / 1000, 1)) ms"),
        ]
    }

    /// Listing 100 of 100,000 sessions, and being ready again with as many.
    func list() throws -> [Figure] {
        let sessions = count(100_000)
        var server = try newServer()
        let control = try server.connect()
        let first = Session(try control.call("session.start", start("/bin/true")))
        _ = try control.waitForEnd(of: first.id)
        try server.end()
        var words = [CChar](repeating: 0, count: 256)
        guard cb_multiply_session(server.state + "/spawngate.db", Int32(sessions), &words, 256) == 0 else {
            let text = String(decoding: words.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw BenchFailure("the database cannot be filled: \(text)")
        }
        server = try ServerProcess.start(state: server.state, policies: openPolicies)
        let ready = Double(server.readyNanoseconds) / 1e9
        let request = LoadClient.frame(method: "session.list", params: [])
        let client = try LoadClient(port: server.port, token: server.token, requests: [request], depth: 1)
        let calls = count(1000)
        _ = try client.run(calls)
        let cost = try leastInTurns([{ [self] in try processor(server.pid, calls) { _ = try client.run(calls) } }])[0]
        let kept = FigureTable.decimal(Double(sessions), 0)
        return [
            Figure(
                name: "list: server CPU a call", value: "\(FigureTable.decimal(cost, 0)) µs",
                beside: "(100 of \(kept) sessions)", goal: "below 1,000 µs"),
            Figure(
                name: "list: restart until ready", value: "\(FigureTable.decimal(ready, 2)) s",
                beside: "(with \(kept) sessions)", goal: "below 2 s"),
        ]
    }

    /// Memory of a server that has nothing to do, and of one session's shim.
    func idle() throws -> [Figure] {
        let server = try newServer()
        let control = try server.connect()
        let resident = try ProcessStatus.residentKilobytes(server.pid)
        // Several, for what a lone process would not share is shared with the next of its kind.
        let ids = try (0..<4).map { _ in
            Session(try control.call("session.start", start("/bin/sleep", ["3600"]))).id
        }
        defer { for id in ids { _ = try? control.call("session.stop", ["id": .string(id), "grace_ms": 0]) } }
        let shims = try ProcessStatus.children(of: server.pid, named: "spawngate-shim")
        let kilobytes = try shims.map(ProcessStatus.privateKilobytes)
        return [
            Figure(
                name: "idle: resident memory", value: "\(FigureTable.decimal(Double(resident) / 1024, 1)) MB",
                goal: "below 40 MB"),
            Figure(
                name: "idle: private memory of a shim", value: "\(kilobytes.max() ?? 0) kB", goal: "below 300 kB"),
        ]
    }
}
