internal import ArgumentParser
internal import SpawngateServer

/// What one session may have of the host, its descendants together.
struct SessionLimitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A folder of cgroup v2 that is delegated to this server; each session gets a cgroup below it, in which it is "
                + "bounded and by which it is killed. The server must run below it, or as root. Under systemd: "
                + "Delegate=yes, DelegateSubgroup=server (systemd 254), KillMode=process, and "
                + "/sys/fs/cgroup/system.slice/NAME.service.",
            valueName: "dir"))
    var cgroup: String?

    @Option(
        help: ArgumentHelp("How many processes and threads a session may have; needs --cgroup.", valueName: "count"))
    var maxSessionProcesses: Int?

    @Option(
        help: ArgumentHelp(
            "How much memory a session may use, swap not counted; needs --cgroup. One that needs more is killed by the "
                + "kernel, process by process.", valueName: "bytes"))
    var maxSessionMemoryBytes: Int?

    @Option(
        help: ArgumentHelp("How many processors' time a session may use, such as 1.5; needs --cgroup.", valueName: "n"))
    var maxSessionCpus: Double?

    func validate() throws {
        let bounds: [(String, Int?, ClosedRange<Int>)] = [
            ("--max-session-processes", maxSessionProcesses, 1...4_194_304),
            ("--max-session-memory-bytes", maxSessionMemoryBytes, 1 << 20...1 << 50),
        ]
        for (option, value, range) in bounds {
            guard let value, !range.contains(value) else { continue }
            throw ValidationError("\(option) must be from \(range.lowerBound) to \(range.upperBound).")
        }
        if let cpus = maxSessionCpus, !(0.01...4096).contains(cpus) {
            throw ValidationError("--max-session-cpus must be from 0.01 to 4096.")
        }
    }

    func apply(to limits: inout Limits) {
        limits.sessionProcessesMax = maxSessionProcesses
        limits.sessionMemoryBytesMax = maxSessionMemoryBytes
        limits.sessionCPUsMax = maxSessionCpus
    }
}
