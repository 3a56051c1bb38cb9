internal import Platform
internal import SpawngateClient

/// Judging recorded decisions again, alone and while starts come without pause.
extension Bench {
    func replay() throws -> [Figure] {
        let decisions = count(100_000)
        let server = try newServer(policies: policyFolder)
        try record(decisions, on: server)
        let live = LoadClient.frame(
            method: "session.start",
            params: [("name", "bench"), ("working_directory", workFolder), ("command", "/bin/true")])
        let starts = try LoadClient(
            port: server.port, token: server.token, requests: [[UInt8]](repeating: live, count: 8), depth: 1)
        let alone = try nanoseconds(of: try replayCommand(server))
        let pause: Int64 = isQuick ? 3_000_000_000 : 12_000_000_000
        // In turns, so that what slows the machine for a while slows both.
        var (without, with) = (Rate(), Rate())
        var beside: [Int64] = []
        for _ in 0..<(isQuick ? 1 : 2) {
            try without.add(starts) { $0 < pause }
            let replaying = try replayCommand(server)
            try with.add(starts) { taken in
                if try replaying.reap() == nil { return true }
                beside.append(taken)
                return false
            }
            try without.add(starts) { $0 < pause }
        }
        let kept = FigureTable.decimal(Double(decisions), 0)
        func seconds(_ nanoseconds: Int64) -> String { "\(FigureTable.decimal(Double(nanoseconds) / 1e9, 1)) s" }
        func rate(_ nanoseconds: Int64) -> String {
            "\(FigureTable.decimal(Double(decisions) / Double(nanoseconds) * 1e9, 0))/s"
        }
        let slowest = beside.max() ?? 0
        return [
            Figure(name: "replay: \(kept) decisions", value: seconds(alone), beside: "(alone: \(rate(alone)))"),
            Figure(
                name: "replay: under live starts", value: seconds(slowest), beside: "(the slowest: \(rate(slowest)))",
                goal: "below 30 s"),
            Figure(
                name: "replay: starts beside it", value: "\(FigureTable.decimal(with.perSecond, 0))/s",
                beside: "without it: \(FigureTable.decimal(without.perSecond, 0))/s",
                ratio: with.perSecond / without.perSecond, goal: "at least 0.90"),
        ]
    }

    /// Starts that the shipped policies deny are decisions like any other, and leave no session.
    private func record(_ decisions: Int, on server: ServerProcess) throws {
        let denied = LoadClient.frame(
            method: "session.start",
            params: [
                ("name", "bench"), ("working_directory", workFolder), ("command", "/bin/true"),
                ("permission_mode", "auto"),
            ])
        let client = try LoadClient(
            port: server.port, token: server.token, requests: [[UInt8]](repeating: denied, count: 8), depth: 32,
            allowsRefusals: true)
        _ = try client.run(decisions)
    }

    private func replayCommand(_ server: ServerProcess) throws -> ChildProcess {
        let null = try File.open("/dev/null", .readWrite(create: false, truncate: false))
        return try ChildProcess(
            path: File.parent(of: Process.executablePath()) + "/spawngate",
            arguments: [
                "spawngate", "policy", "replay", "--candidate", policyFolder, "--server", "127.0.0.1:\(server.port)",
            ], environment: ["SPAWNGATE_STATE=\(server.state)"],
            descriptors: [null.number, null.number, null.number])
    }

    private func nanoseconds(of process: consuming ChildProcess) throws -> Int64 {
        let began = clock.monotonicNanoseconds()
        guard case .exited(0) = try process.waitForEnd() else { throw BenchFailure("the replay failed") }
        return clock.monotonicNanoseconds() - began
    }
}

/// Starts a second, over several runs: the median of their hundreds, which a machine that stalls for a while leaves alone.
private struct Rate {
    private static let starts = 100
    /// What each hundred took, in nanoseconds.
    private var taken: [Int64] = []

    var perSecond: Double { Double(Self.starts) / Double(taken.sorted()[taken.count / 2]) * 1e9 }

    /// Goes on while the condition, which is told the nanoseconds of this run so far, holds.
    mutating func add(_ client: LoadClient, while goesOn: (Int64) throws -> Bool) throws {
        var run: Int64 = 0
        repeat {
            taken.append(try client.run(Self.starts).nanoseconds)
            run += taken[taken.count - 1]
        } while try goesOn(run)
    }
}
