internal import Glibc

/// Finding the processes of a session that its supervisor no longer leads: it was killed, and they are nobody's children
/// now, or this process's where it had started that supervisor (see `Process.adoptOrphans`).
///
/// A stray is known by what it cannot shed: that it was adopted here and may gain no privileges, which every agent and all
/// that it starts is bound to. Where this process did not start the supervisor, because it is a later server, strays are
/// known by the environment that they were started with. One that put another environment over its own,
/// and left its family as well, is then not found; only a cgroup holds that.
package enum ProcessSearch {
    private static let freezePassesMax = 16

    /// One round against all strays: halts them first, so that none makes another meanwhile, then kills them, and reaps
    /// those that have ended. Answers how many it dealt with; to be repeated until that is 0.
    ///
    /// `isStrays` looks at the variables of a process, each `NAME=text`.
    package static func killStrays(_ isStrays: (_ environment: [ArraySlice<UInt8>]) -> Bool) -> Int {
        var frozen: Set<Int32> = []
        var found: [ProcessEntry] = []
        for _ in 0..<freezePassesMax {
            found = strays(ProcessEntry.all(), isStrays)
            let fresh = found.filter { !$0.hasEnded && frozen.insert($0.pid).inserted }
            if fresh.isEmpty { break }
            for entry in fresh { signal(entry, SIGSTOP) }
        }
        for entry in found { if entry.hasEnded { reap(entry) } else { signal(entry, SIGKILL) } }
        return found.count
    }

    /// Takes note of the ends of adopted children: else they would keep their pids for ever. Those are mostly what a helper
    /// of the server's own left in the background.
    package static func reapAdopted() {
        let pids = (try? File.read("/proc/self/task/\(getpid())/children", bytesMax: 1 << 20)) ?? []
        let own = ChildProcess.unreaped
        for word in pids.split(separator: UInt8(ascii: " ")) {
            guard let pid = Int32(String(decoding: word, as: UTF8.self)), !own.contains(pid),
                let entry = ProcessEntry(pid), entry.hasEnded
            else { continue }
            reap(entry)
        }
    }

    /// The strays and all that descends from them. An ended process counts where it is ours to reap.
    private static func strays(
        _ all: [ProcessEntry], _ isStrays: ([ArraySlice<UInt8>]) -> Bool
    ) -> [ProcessEntry] {
        let own = ChildProcess.unreaped
        var members: Set<Int32> = []
        for entry in all where isStray(entry, own, isStrays) { members.insert(entry.pid) }
        // Children may stand before their parents in the list.
        var grew = !members.isEmpty
        while grew {
            grew = false
            for entry in all where members.contains(entry.parent) && members.insert(entry.pid).inserted { grew = true }
        }
        return all.filter { members.contains($0.pid) && (!$0.hasEnded || $0.parent == getpid()) }
    }

    private static func isStray(
        _ entry: ProcessEntry, _ own: Set<Int32>, _ isStrays: ([ArraySlice<UInt8>]) -> Bool
    ) -> Bool {
        // What a helper of the server's own left behind is adopted as well, and is none of a session's.
        let isAdopted = entry.parent == getpid() && !own.contains(entry.pid)
        if isAdopted, entry.hasEnded || entry.mayGainNoPrivileges { return true }
        return !entry.hasEnded && isStrays(entry.environment)
    }

    /// The handle is taken first, and then the pid must still be the same process: it may have gone to another.
    private static func signal(_ entry: ProcessEntry, _ number: Int32) {
        guard let process = try? ChildProcess(attachingTo: entry.pid),
            ProcessEntry(entry.pid)?.startTicks == entry.startTicks
        else { return }
        try? process.signal(number)
    }

    private static func reap(_ entry: ProcessEntry) {
        // An adopted child that has ended keeps its pid until this.
        if let process = try? ChildProcess(attachingTo: entry.pid) { _ = try? process.reap() }
    }
}

/// What /proc says of one process.
private struct ProcessEntry {
    let pid: Int32
    let parent: Int32
    /// From boot to its start: with the pid, hard to mistake for another.
    let startTicks: UInt64
    /// It runs no more, and waits for its parent to take note.
    let hasEnded: Bool

    static func all() -> [ProcessEntry] {
        ((try? File.list("/proc")) ?? []).compactMap { Int32($0) }.compactMap { ProcessEntry($0) }
    }

    init?(_ pid: Int32) {
        guard let line = try? File.read("/proc/\(pid)/stat", bytesMax: 4096),
            // The second field is the program's name in parentheses, and may itself hold spaces and parentheses.
            let nameEnd = line.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = line[(nameEnd + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let state = fields[0].first,
            let parent = Int32(String(decoding: fields[1], as: UTF8.self)),
            let startTicks = UInt64(String(decoding: fields[19], as: UTF8.self))
        else { return nil }
        self.pid = pid
        self.parent = parent
        self.startTicks = startTicks
        hasEnded = state == UInt8(ascii: "Z") || state == UInt8(ascii: "X")
    }

    var environment: [ArraySlice<UInt8>] {
        ((try? File.read("/proc/\(pid)/environ", bytesMax: 4 << 20)) ?? []).split(separator: 0)
    }

    var mayGainNoPrivileges: Bool {
        guard let status = try? File.read("/proc/\(pid)/status", bytesMax: 64 << 10) else { return false }
        return String(decoding: status, as: UTF8.self).contains("\nNoNewPrivs:\t1\n")
    }
}
