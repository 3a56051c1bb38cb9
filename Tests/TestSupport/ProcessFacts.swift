internal import Platform

/// What /proc says of a process.
package struct ProcessFacts {
    package let pid: Int32

    package init(pid: Int32) { self.pid = pid }

    /// Whether it runs; a zombie does not.
    package var isRunning: Bool { state.map { $0 != "Z" && $0 != "X" } ?? false }

    /// The letter of its state; nil where there is no such process.
    package var state: Character? { stat?.first?.first }

    /// The pid of its parent.
    package var parent: Int32? { stat.flatMap { $0.count > 1 ? Int32($0[1]) : nil } }

    /// The id of its session.
    package var session: Int32? { stat.flatMap { $0.count > 3 ? Int32($0[3]) : nil } }

    /// The processor time that it has used, in ticks of 10 ms; nil where there is no such process.
    package var processorTicks: Int64? {
        guard let stat, stat.count > 12, let user = Int64(stat[11]), let system = Int64(stat[12]) else { return nil }
        return user + system
    }

    /// Its open descriptors, by number.
    package var descriptors: [String] { (try? File.list("/proc/\(pid)/fd")) ?? [] }

    /// Its children, zombies among them.
    package var children: [Int32] {
        text("task/\(pid)/children").split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
    }

    /// A line of /proc/PID/status, such as "VmRSS", without its name.
    package func status(_ name: String) -> String? {
        text("status").split(separator: "\n").first { $0.hasPrefix("\(name):") }
            .map { $0.dropFirst(name.count + 1).trimmed }
    }

    /// Memory in use, in kB.
    package var residentKilobytes: Int { status("VmRSS").flatMap { Int($0.prefix { $0.isNumber }) } ?? 0 }

    /// Memory that is its own, in kB.
    package var privateKilobytes: Int {
        text("smaps_rollup").split(separator: "\n").filter { $0.hasPrefix("Private_") }
            .compactMap { $0.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } }
            .reduce(0, +)
    }

    /// Its arguments.
    package var arguments: [String] { nulTerminated("cmdline") }

    /// Its environment as "name=value".
    package var environment: [String] { nulTerminated("environ") }

    private func nulTerminated(_ file: String) -> [String] {
        text(file).split(separator: "\0", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    // The fields from the state on: the name before it may hold anything, but its last ")" ends it.
    private var stat: [Substring]? {
        let line = text("stat")
        guard let end = line.lastIndex(of: ")") else { return nil }
        return line[line.index(after: end)...].split(separator: " ")
    }

    private func text(_ file: String) -> String {
        String(decoding: (try? File.read("/proc/\(pid)/\(file)", bytesMax: 4 << 20)) ?? [], as: UTF8.self)
    }

    /// Every process of the machine.
    package static var all: [ProcessFacts] {
        ((try? File.list("/proc")) ?? []).compactMap { Int32($0) }.map(ProcessFacts.init(pid:))
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
