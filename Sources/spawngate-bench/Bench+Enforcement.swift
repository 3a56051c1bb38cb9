internal import Platform
internal import SpawngateClient

/// What it costs to hold a session to its write roots.
extension Bench {
    /// The processor time of a whole start, with its shim and its program, held and not held.
    func enforcement() throws -> [Figure] {
        let starts = count(200)
        let servers = try ["required", "off"].map { try newServer(arguments: ["--enforcement", $0]) }
        let controls = try servers.map { try $0.connect() }
        let roots: RemoteValue = .array((0..<4).map { .string("\(workFolder)/\($0)") })
        for root in 0..<4 { try File.makeFolder("\(workFolder)/\(root)", permissions: 0o700) }
        var params = start("/bin/true").members
        params.append(.init("write_roots", roots))
        let costs = try leastInTurns(
            zip(servers, controls).map { server, control in
                {
                    let before = try ProcessStatus.familyMicroseconds(server.pid)
                    for _ in 0..<starts {
                        let session = Session(try control.call("session.start", .object(params)))
                        _ = try control.waitForEnd(of: session.id)
                    }
                    return Double(try ProcessStatus.familyMicroseconds(server.pid) - before) / Double(starts)
                }
            })
        return [
            Figure(
                name: "enforcement: CPU a start", value: "\(FigureTable.decimal(costs[0], 0)) µs",
                beside: "not held: \(FigureTable.decimal(costs[1], 0)) µs", goal: "at most 1,500 µs more")
        ]
    }
}

extension ProcessStatus {
    /// The processor time of a process and of its children that have ended, in microseconds, by the kernel's ticks.
    static func familyMicroseconds(_ pid: Int32) throws -> Int64 {
        let line = String(decoding: try File.read("/proc/\(pid)/stat", bytesMax: 4096), as: UTF8.self)
        // From the state on, past the name and its parentheses: utime, stime, cutime, cstime are the 12th to 15th.
        let fields = line[(line.lastIndex(of: ")") ?? line.startIndex)...].split(separator: " ").dropFirst()
        let ticks = fields.dropFirst(11).prefix(4).compactMap { Int64($0) }
        let microsecondsPerTick: Int64 = 10_000
        return ticks.reduce(0, +) * microsecondsPerTick
    }
}
