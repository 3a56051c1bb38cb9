internal import Logging
internal import Platform

/// One cgroup (version 2) for each session, below a folder that was delegated to this server. What is in it can be killed
/// exactly, whatever it has made of itself, and its processes, memory and CPU are bounded as one.
///
/// The kernel's words for what is written here are in Documentation/admin-guide/cgroup-v2.rst.
final class SessionCgroups {
    /// The delegated folder.
    let folder: String
    private let limits: [(file: String, text: String)]
    private let loop: EventLoop
    private let logger: Logger
    private static let suffix = ".session"

    /// Takes hold of the configured folder; nil where none is configured. Throws the reason where it, or a limit that was
    /// asked for, cannot be had: there is no silent middle.
    static func open(_ configuration: Configuration, loop: EventLoop, logger: Logger) throws -> SessionCgroups? {
        let wanted = controllers(configuration.limits)
        guard let folder = configuration.cgroupFolder else {
            if let first = wanted.first {
                throw StartUpError(
                    "\(first.option) needs a cgroup for each session: give --cgroup DIR, a folder of cgroup v2 that is "
                        + "delegated to this server.")
            }
            logger.notice("\(unavailable)")
            return nil
        }
        let cgroups = try SessionCgroups(folder, wanted, loop: loop, logger: logger)
        logger.info("each session gets a cgroup", metadata: ["folder": "\(folder)"])
        return cgroups
    }

    /// Why sessions have no limits of their own, where no folder is configured.
    static var unavailable: String {
        let what = "Limits on a session's processes, memory and CPU are not available here"
        let mounts = (try? File.read("/proc/self/mountinfo", bytesMax: 4 << 20)) ?? []
        return String(decoding: mounts, as: UTF8.self).contains(" - cgroup2 ")
            ? "\(what): no delegated folder of cgroup v2 was given with --cgroup."
            : "\(what): this host mounts no cgroup v2."
    }

    private typealias Controller = (name: String, option: String, file: String, text: String)

    private static func controllers(_ limits: Limits) -> [Controller] {
        // A tenth of a second is the kernel's own period, in microseconds.
        let period = 100_000
        return [
            limits.sessionProcessesMax.map { ("pids", "--max-session-processes", "pids.max", "\($0)") },
            limits.sessionMemoryBytesMax.map { ("memory", "--max-session-memory-bytes", "memory.max", "\($0)") },
            limits.sessionCPUsMax.map {
                ("cpu", "--max-session-cpus", "cpu.max", "\(max(1000, Int($0 * Double(period)))) \(period)")
            },
        ].compactMap { $0 }
    }

    private init(_ folder: String, _ wanted: [Controller], loop: EventLoop, logger: Logger) throws {
        self.folder = folder
        self.loop = loop
        self.logger = logger
        limits = wanted.map { ($0.file, $0.text) }
        guard (try? File.isCgroup2(folder)) == true else {
            throw StartUpError("--cgroup \(folder) is not a folder of cgroup v2.")
        }
        do throws(SystemError) { try enable(wanted.map(\.name)) } catch {
            let option = wanted.first?.option ?? "--cgroup"
            throw StartUpError(
                "\(option) cannot be had in \(folder): \(error). Its controllers are "
                    + "\(Self.words("\(folder)/cgroup.controllers").joined(separator: ", ")), and all of "
                    + "\(wanted.map(\.name).joined(separator: ", ")) must be delegated.")
        }
        try probe()
    }

    /// Lets the controllers act on the folders below. That needs a folder without processes of its own, so this server,
    /// where it was put there, moves one down, and with it the shims of earlier servers.
    private func enable(_ controllers: [String]) throws(SystemError) {
        if controllers.isEmpty { return }
        // The root of the hierarchy, which alone has no type, may keep its processes.
        if (try? File.status(of: "\(folder)/cgroup.type")) != nil {
            let residents = Self.words("\(folder)/cgroup.procs")
            if residents.contains(String(Process.identifier)) {
                try File.makeFolder("\(folder)/server", permissions: 0o755)
                // One that has ended meanwhile cannot be moved; one that stays is told by the next step.
                for pid in residents { try? Self.write(pid, to: "\(folder)/server/cgroup.procs") }
            }
        }
        let enabled = Self.words("\(folder)/cgroup.subtree_control")
        for name in controllers where !enabled.contains(name) {
            try Self.write("+\(name)", to: "\(folder)/cgroup.subtree_control")
        }
    }

    /// Makes a cgroup as a session's and takes it away again, so that what is wrong is said at start and not at the first
    /// session.
    private func probe() throws {
        let id = "probe-\(Process.identifier)"
        do throws(SystemError) { _ = try make(id) } catch {
            try? File.removeFolder(path(id))
            throw StartUpError("--cgroup \(folder) cannot be used: \(error).")
        }
        let canKill = (try? File.status(of: "\(path(id))/cgroup.kill")) != nil
        try File.removeFolder(path(id))
        if !canKill { throw StartUpError("--cgroup needs a kernel with cgroup.kill, which came with Linux 5.14.") }
    }

    private func path(_ id: String) -> String { "\(folder)/\(id)\(Self.suffix)" }

    /// Makes a session's cgroup, with its limits. The session's first process is born into it.
    func make(_ id: String) throws(SystemError) -> FileDescriptor {
        try File.makeFolder(path(id), permissions: 0o755)
        do throws(SystemError) {
            for limit in limits { try Self.write(limit.text, to: "\(path(id))/\(limit.file)") }
            return try File.open(path(id), .read)
        } catch {
            try? File.removeFolder(path(id))
            throw error
        }
    }

    /// Kills all that is in a session's cgroup; whether something still was.
    func kill(_ id: String) -> Bool {
        guard Self.words("\(path(id))/cgroup.events").starts(with: ["populated", "1"]) else { return false }
        do { try Self.write("1", to: "\(path(id))/cgroup.kill") } catch {
            logger.error("a cgroup cannot be killed: \(error)", metadata: ["session": "\(id)"])
        }
        return true
    }

    /// Removes the cgroup of a session that has ended, and kills what may be in it still: nothing of a session that has
    /// ended may run.
    func remove(_ id: String, attempt: Int = 1) {
        if (try? File.status(of: path(id))) == nil { return }
        _ = kill(id)
        do throws(SystemError) { try Self.removeAll(path(id)) } catch {
            // What is killed leaves a moment later.
            guard attempt < 100 else {
                return logger.error("a cgroup cannot be removed: \(error)", metadata: ["session": "\(id)"])
            }
            loop.after(milliseconds: min(attempt, 50)) { [unowned self] in remove(id, attempt: attempt + 1) }
        }
    }

    /// Removes the cgroups of sessions that are not among these: they ended while no server was there.
    func removeOthers(than isLive: (String) -> Bool) {
        for name in (try? File.list(folder)) ?? [] where name.hasSuffix(Self.suffix) {
            let id = String(name.dropLast(Self.suffix.count))
            if !isLive(id) { remove(id) }
        }
    }

    /// A session may have made cgroups of its own.
    private static func removeAll(_ path: String) throws(SystemError) {
        for name in (try? File.list(path)) ?? [] {
            if let status = try? File.status(of: "\(path)/\(name)"), status.isDirectory {
                try removeAll("\(path)/\(name)")
            }
        }
        try File.removeFolder(path)
    }

    private static func write(_ text: String, to path: String) throws(SystemError) {
        let file = try File.open(path, .readWrite(create: false, truncate: false))
        do throws(SystemError) { try file.writeAll(Array(text.utf8)) } catch {
            throw SystemError("write \(text) to \(path)", code: error.code)
        }
    }

    private static func words(_ path: String) -> [String] {
        String(decoding: (try? File.read(path, bytesMax: 1 << 20)) ?? [], as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
