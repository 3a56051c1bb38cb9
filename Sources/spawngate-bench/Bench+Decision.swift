internal import CBench
internal import Platform
internal import SpawngateClient

/// Judging a start, without starting it.
extension Bench {
    func decision() throws -> [Figure] {
        var figures = [try latency("one empty policy", openPolicies)]
        guard (try? File.status(of: policyFolder))?.isDirectory == true else { return figures }
        figures.append(try latency(policyFolder, policyFolder))
        return figures + (try cost())
    }

    private var check: [UInt8] {
        LoadClient.frame(
            method: "policy.check",
            params: [
                ("name", "bench"), ("working_directory", workFolder), ("command", "/bin/true"),
                ("permission_mode", "plan"),
            ])
    }

    /// The same as a policy sees it.
    private var request: String {
        """
        return { name = "bench", executive = "Unassigned", expects_report = false, labels = {}, command = "/bin/true",
          executable = "/usr/bin/true", args = {}, working_directory = "\(workFolder)", write_roots = {},
          permission_mode = "plan", allowed_tools = {}, repository_write_allowed = true, environment = {},
          principal = { name = "admin", roles = { "admin" }, address = "127.0.0.1:1" },
          time = { unix = 1795518000, iso = "2026-11-24T11:00:00.000Z" },
          running = { total = 0, by_principal = {}, by_executive = {}, by_mission = {} },
          enforcement = { available = true } }
        """
    }

    /// One policy.check after the other.
    private func latency(_ name: String, _ policies: String) throws -> Figure {
        let server = try judging(policies)
        let client = try LoadClient(port: server.port, token: server.token, requests: [check], depth: 1)
        _ = try client.run(count(1000))
        let result = try client.run(count(10_000))
        let (middle, high) = (result.microseconds(atPercentile: 50), result.microseconds(atPercentile: 99))
        return Figure(
            name: "decision: p50, p99",
            value: "\(FigureTable.decimal(middle, 0)) µs, \(FigureTable.decimal(high, 0)) µs",
            beside: "policy.check, \(name)")
    }

    /// What the policies cost in their worker beyond the same functions in a plain Lua state, and how many starts a
    /// server and its workers judge that share one processor.
    private func cost() throws -> [Figure] {
        let server = try judging(policyFolder)
        let workers = try ProcessStatus.children(of: server.pid, named: "spawngate-policy")
        let requests = count(40_000)
        defer { cb_unpin() }
        for pid in [server.pid] + workers { try pin(pid, 1) }
        try pin(0, 0)
        let client = try LoadClient(
            port: server.port, token: server.token, requests: [[UInt8]](repeating: check, count: 8), depth: 32)
        _ = try client.run(requests)
        var rate = 0.0
        let least = try leastInTurns([
            {
                let before = workers.reduce(0) { $0 + cb_cpu_nanoseconds($1) }
                let result = try client.run(requests)
                rate = max(rate, Double(requests) / Double(result.nanoseconds) * 1e9)
                let used = workers.reduce(0) { $0 + cb_cpu_nanoseconds($1) } - before
                return Double(used) / Double(requests) / 1000
            },
            { [self] in
                let used = cb_lua_nanoseconds(policyFolder, request, Int32(requests))
                if used < 0 { throw BenchFailure("the policies do not run in a plain Lua") }
                return Double(used) / Double(requests) / 1000
            },
        ])
        let (worker, bare) = (FigureTable.decimal(least[0], 1), FigureTable.decimal(least[1], 1))
        return [
            Figure(
                name: "decision: CPU beyond bare Lua", value: "\(FigureTable.decimal(least[0] - least[1], 1)) µs",
                beside: "worker \(worker) µs, the functions alone \(bare) µs", goal: "at most 60 µs"),
            Figure(
                name: "decision: judged on one core", value: "\(FigureTable.decimal(rate, 0))/s",
                beside: "policy.check, server and workers", goal: "at least 5,000/s"),
        ]
    }

    /// A server whose policies say something of the request.
    private func judging(_ policies: String) throws -> ServerProcess {
        let server = try newServer(policies: policies)
        let checked = try server.connect().call("policy.check", start("/bin/true"))
        if checked["verdict"] == "error" {
            let reason = checked["failure"].string ?? "one of them does"
            throw BenchFailure("the policies in \(policies) fail: \(reason)")
        }
        return server
    }

    private func pin(_ pid: Int32, _ last: Int32) throws {
        let outcome = cb_pin(pid, last)
        if outcome < 0 { throw SystemError("sched_setaffinity", code: -outcome) }
    }
}
