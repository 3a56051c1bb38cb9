internal import CBench
internal import Platform
internal import SpawngateClient

/// The log: making it, and looking into one of a million decisions.
extension Bench {
    func log() throws -> [Figure] { try [durableDecisions()] + lookups() }

    /// Starts that a policy denies are decisions like any other, and there is nothing in them but the decision.
    private func durableDecisions() throws -> Figure {
        let policies = newFolderName("denying")
        try File.makeFolder(policies, permissions: 0o700)
        let policy = "return function(request) deny(\"no\", \"no\") end\n"
        try File.replace("\(policies)/10-no.lua", with: Array(policy.utf8), permissions: 0o600)
        let server = try newServer(policies: policies)
        let request = LoadClient.frame(
            method: "session.start",
            params: [("name", "bench"), ("working_directory", workFolder), ("command", "/bin/true")])
        let client = try LoadClient(
            port: server.port, token: server.token, requests: [[UInt8]](repeating: request, count: 64), depth: 1,
            allowsRefusals: true)
        let decisions = count(20_000)
        _ = try client.run(decisions / 10)
        let taken = try leastInTurns([{ Double(try client.run(decisions).nanoseconds) }])[0]
        return Figure(
            name: "log: durable decisions", value: "\(FigureTable.decimal(Double(decisions) / taken * 1e9, 0))/s",
            beside: "(64 connections, one request each)", goal: "at least 1,000/s")
    }

    private func lookups() throws -> [Figure] {
        let decisions = count(1_000_000)
        var server = try newServer()
        _ = try server.connect().call("session.start", start("/bin/true"))
        try server.end()
        var words = [CChar](repeating: 0, count: 256)
        guard cb_multiply_decision(server.state + "/spawngate.db", Int32(decisions), &words, 256) == 0 else {
            let text = String(decoding: words.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw BenchFailure("the database cannot be filled: \(text)")
        }
        // The tree and the blocks are made by the first start.
        try ServerProcess.start(state: server.state, policies: openPolicies).end()
        server = try ServerProcess.start(state: server.state, policies: openPolicies)
        let ready = Double(server.readyNanoseconds) / 1e6
        let control = try server.connect()
        let size = try control.call("log.checkpoint")["size"].integer ?? 0
        let times = try [size / 2, size / 2 + 1000].map { number in
            try control.call("decision.get", ["seq": .integer(number)])["decision"]["time"]
        }
        let kept = FigureTable.decimal(Double(decisions), 0)
        func time(_ method: String, _ params: RemoteValue) throws -> Double {
            try (0..<5).reduce(Double.infinity) { least, _ in
                let began = clock.monotonicNanoseconds()
                _ = try control.call(method, params)
                return min(least, Double(clock.monotonicNanoseconds() - began))
            }
        }
        let filters: [(String, RemoteValue)] = [
            ("none", [:]), ("verdict", ["verdict": "deny"]), ("a rare principal", ["principal": "rare"]),
            ("a principal never denied", ["principal": "p3", "verdict": "deny"]),
            ("policy, rule, since", ["policy": "3-policy", "rule": "rule-3", "since": times[0]]),
            ("an hour long ago", ["since": times[0], "until": times[1]]), ("until long ago", ["until": times[0]]),
            ("executive, mission", ["executive": "e3", "mission_id": "m33"]),
            ("nothing found", ["mission_id": "none", "verdict": "deny"]),
        ]
        let slowest = try filters.map { (name: $0.0, taken: try time("decision.list", $0.1)) }.max {
            $0.taken < $1.taken
        }
        func figure(_ name: String, _ nanoseconds: Double, _ beside: String, goal: String) -> Figure {
            Figure(
                name: "log: \(name)", value: "\(FigureTable.decimal(nanoseconds / 1e6, 2)) ms", beside: beside,
                goal: goal)
        }
        return [
            figure("checkpoint", try signing(control), "(of \(kept) leaves, signed anew)", goal: "below 1 ms"),
            figure(
                "inclusion proof", try time("log.inclusion", ["seq": .integer(size / 3), "size": .integer(size)]),
                "(of \(kept) leaves)", goal: "below 1 ms"),
            figure(
                "consistency proof", try time("log.consistency", ["from": .integer(size / 3), "to": .integer(size)]),
                "(of \(kept) leaves)", goal: "below 1 ms"),
            figure(
                "first page of a filter", slowest?.taken ?? 0,
                "(the slowest of \(filters.count): \(slowest?.name ?? ""))", goal: "below 20 ms"),
            figure("restart until ready", ready * 1e6, "(with \(kept) leaves)", goal: ""),
        ]
    }

    /// A checkpoint right after a new leaf: the root is computed and signed. The least of some.
    private func signing(_ control: ServerConnection) throws -> Double {
        try (0..<5).reduce(Double.infinity) { least, number in
            _ = try control.call("token.create", ["name": "bench-\(number)", "roles": ["viewer"]])
            let began = clock.monotonicNanoseconds()
            _ = try control.call("log.checkpoint")
            return min(least, Double(clock.monotonicNanoseconds() - began))
        }
    }
}
