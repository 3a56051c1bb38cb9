internal import CBench
internal import Platform
internal import SpawngateClient

/// Checking a whole log.
extension Bench {
    /// `log verify` of a database and of an export, its start included, beside sha256sum of the same file.
    func verify() throws -> [Figure] {
        let records = count(200_000)
        let (database, export) = try log(records)
        let program = File.parent(of: Process.executablePath()) + "/spawngate"
        func seconds(_ program: String, _ arguments: [String]) throws -> Double {
            let begin = clock.monotonicNanoseconds()
            _ = try Tool.run(program, arguments)
            return Double(clock.monotonicNanoseconds() - begin) / 1e9
        }
        return try [("a database", database), ("an export", export)].map { name, path in
            var work = [{ try seconds(program, ["log", "verify", path]) }]
            if let tool = Tool.find("sha256sum") { work.append { try seconds(tool, [path]) } }
            let rates = try leastInTurns(work).map { Double(records) / $0 }
            return Figure(
                name: "verify: \(FigureTable.decimal(Double(records), 0)) in \(name)",
                value: "\(FigureTable.decimal(rates[0], 0))/s",
                beside: rates.count > 1 ? "sha256sum: as many in \(FigureTable.decimal(rates[1], 0))/s" : "",
                ratio: rates.count > 1 ? rates[0] / rates[1] : nil, goal: "at least 200,000/s")
        }
    }

    /// A database with a log of that many records, and its export.
    private func log(_ records: Int) throws -> (database: String, export: String) {
        let server = try filledServer(records)
        let export = server.state + "/log.jsonl"
        _ = try Tool.run(
            File.parent(of: Process.executablePath()) + "/spawngate",
            ["log", "export", "--output", export] + server.clientArguments)
        try server.end()
        return (server.state + "/spawngate.db", export)
    }

    /// A server with a log of that many records: decisions as a real server makes them, allowed and denied, with prompts and
    /// environment, copied.
    func filledServer(_ records: Int) throws -> ServerProcess {
        let policies = (try? File.status(of: policyFolder))?.isDirectory == true ? policyFolder : openPolicies
        let server = try newServer(policies: policies)
        let control = try server.connect()
        for number in 0..<24 {
            let params: RemoteValue = [
                "name": .string("bench-\(number)"), "working_directory": .string(workFolder), "command": "/bin/true",
                "permission_mode": number % 4 == 3 ? "bypassPermissions" : "acceptEdits",
                "allowed_tools": ["Read", "Write"], "mission_id": "bench", "executive": .string("e-\(number % 5)"),
                "environment": number % 2 == 0 ? ["MODE": "fast"] : [:],
                "labels": ["n": .string("\(number)")], "timeout_ms": 600_000,
            ]
            do { _ = try control.call("session.start", params) } catch is RemoteError {
                // Denied, as some shall be.
            }
        }
        try server.end()
        var words = [CChar](repeating: 0, count: 256)
        guard cb_multiply_decisions(server.state + "/spawngate.db", Int32(records), &words, 256) == 0 else {
            let text = String(decoding: words.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw BenchFailure("the database cannot be filled: \(text)")
        }
        // The first start computes the tree and the blocks.
        try ServerProcess.start(state: server.state, policies: policies).end()
        return try ServerProcess.start(state: server.state, policies: policies)
    }
}
