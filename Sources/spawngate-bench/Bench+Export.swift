internal import Platform
internal import SpawngateClient

/// Reading a whole log out of a server, which answers others meanwhile.
extension Bench {
    func export() throws -> [Figure] {
        let leaves = count(1_000_000)
        let server = try filledServer(leaves)
        let alone = try pings(server) { count in count == 2000 }
        let commands = [
            ("log export", ["log", "export", "--output", newFolderName("log.jsonl")]),
            ("decision report", ["decision", "report", "--output", newFolderName("report.html")]),
        ]
        return try commands.flatMap { name, arguments in
            let null = try File.open("/dev/null", .readWrite(create: false, truncate: false))
            let began = clock.monotonicNanoseconds()
            let client = try ChildProcess(
                path: File.parent(of: Process.executablePath()) + "/spawngate",
                arguments: ["spawngate"] + arguments + server.clientArguments, environment: [],
                descriptors: [null.number, null.number, null.number])
            var clientMemory = 0
            let meanwhile = try pings(server) { _ in
                clientMemory = max(clientMemory, try ProcessStatus.residentKilobytesMax(client.pid))
                return try client.waitForEnd(milliseconds: 5)
            }
            let taken = Double(clock.monotonicNanoseconds() - began) / 1e9
            guard case .exited(0)? = try client.reap() else { throw BenchFailure("\(name) failed") }
            let memory = [clientMemory, try ProcessStatus.residentKilobytesMax(server.pid)]
                .map { FigureTable.decimal(Double($0) / 1024, 0) }
            return [
                Figure(
                    name: "\(name): \(FigureTable.decimal(Double(leaves), 0)) leaves",
                    value: "\(FigureTable.decimal(taken, 1)) s",
                    beside: "(at most \(memory[0]) MB in the client, \(memory[1]) in the server)"),
                Figure(
                    name: "\(name): a ping meanwhile, p99",
                    value: "\(FigureTable.decimal(meanwhile / 1e6, 2)) ms",
                    beside: "alone: \(FigureTable.decimal(alone / 1e6, 2)) ms", ratio: meanwhile / alone,
                    goal: "below 10 ms"),
            ]
        }
    }

    /// Pings one after the other until it is enough, and answers what 99 of 100 took at most, in nanoseconds.
    private func pings(_ server: ServerProcess, until isEnough: (_ count: Int) throws -> Bool) throws -> Double {
        let connection = try server.connect()
        var times: [Int64] = []
        repeat {
            let began = clock.monotonicNanoseconds()
            _ = try connection.call("server.ping")
            times.append(clock.monotonicNanoseconds() - began)
        } while try !isEnough(times.count)
        return Double(times.sorted()[times.count * 99 / 100])
    }
}
