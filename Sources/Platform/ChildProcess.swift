internal import CLinux
internal import Glibc
internal import Synchronization

/// How a process ended.
package enum ProcessEnd: Equatable, Sendable {
    case exited(code: Int32)
    case signalled(Int32)
}

/// A process that is known by its pidfd, so that a recycled pid can never be taken for it.
package struct ChildProcess: ~Copyable {
    package let pid: Int32
    private let handle: FileDescriptor

    /// The pidfd, readable once the process has ended.
    package var pollable: Int32 { handle.number }

    /// Starts a program with default signals and exactly the given descriptors: `descriptors[i]` becomes number i.
    ///
    /// `blocksTerminate` leaves SIGTERM blocked in the program, which must look for it itself: one that is sent before it
    /// looks is then not lost. Source descriptors must be 16 or more: see `Process.prepare()`.
    package init(
        path: String, arguments: [String], environment: [String], descriptors: [Int32], newSession: Bool = false,
        blocksTerminate: Bool = false
    ) throws(SystemError) {
        let argv = CStrings(arguments)
        let envp = CStrings(environment)
        var pidfd: Int32 = -1
        let outcome = descriptors.withUnsafeBufferPointer { sources in
            path.withCString { path in
                var request = cl_spawn_request(
                    path: path, arguments: argv.pointers, environment: envp.pointers,
                    descriptors: sources.baseAddress, descriptors_count: Int32(sources.count),
                    new_session: newSession ? 1 : 0, block_term: blocksTerminate ? 1 : 0)
                return cl_spawn(&request, &pidfd)
            }
        }
        guard outcome > 0 else { throw SystemError("start \(path)", code: -outcome) }
        guard pidfd >= 0 else {
            // Without a handle it can be neither watched nor ended: it must not be left running unseen.
            kill(outcome, SIGKILL)
            waitpid(outcome, nil, 0)
            throw SystemError("pidfd_open", code: -pidfd)
        }
        pid = outcome
        handle = FileDescriptor(owning: pidfd)
        Self.started.withLock { _ = $0.insert(outcome) }
    }

    // The one piece of state in this room that is nobody's: a process has one set of children. A mutex, because tests
    // start processes on many threads; in the server it is never waited for.
    private static let started = Mutex<Set<Int32>>([])

    /// The children that this process started and has not reaped, to tell them from those that it adopted.
    static var unreaped: Set<Int32> { started.withLock { $0 } }

    /// Takes hold of a process that was not started by this one. Check afterwards that it is the one that was meant.
    package init(attachingTo pid: Int32) throws(SystemError) {
        handle = FileDescriptor(owning: try checked("pidfd_open \(pid)") { cl_pidfd_open(pid) })
        self.pid = pid
    }

    /// Sends a signal; ESRCH (it has ended) is no error.
    package func signal(_ signal: Int32) throws(SystemError) {
        try ignoringEnded("pidfd_send_signal") { cl_pidfd_signal(handle.number, signal) }
    }

    /// Sends a signal to this process and all that it started and that stayed in its group. For a child that was started in
    /// a session of its own and is not reaped yet, so that the number of its group is still its own.
    package func signalGroup(_ signal: Int32) throws(SystemError) {
        try ignoringEnded("kill") { kill(-pid, signal) == 0 ? 0 : -errno }
    }

    /// Sends a signal with a number beside it.
    package func signal(_ signal: Int32, value: Int32) throws(SystemError) {
        try ignoringEnded("pidfd_send_signal") { cl_pidfd_queue(handle.number, signal, value) }
    }

    /// Reaps this child where it has ended; nil while it runs. Throws ECHILD for a process that is not our child.
    package func reap() throws(SystemError) -> ProcessEnd? {
        var exited: Int32 = 0
        var value: Int32 = 0
        let outcome = try checked("waitid") { cl_pidfd_reap(handle.number, &exited, &value) }
        guard outcome == 1 else { return nil }
        Self.started.withLock { _ = $0.remove(pid) }
        return exited == 1 ? .exited(code: value) : .signalled(value)
    }

    /// Waits, blocking, until this child has ended, but no longer than so many milliseconds; whether it has. Does not reap.
    package func waitForEnd(milliseconds: Int) throws(SystemError) -> Bool {
        var waiting = pollfd(fd: handle.number, events: Int16(POLLIN), revents: 0)
        return try checkedErrno("poll") { poll(&waiting, 1, Int32(clamping: milliseconds)) } > 0
    }

    /// Waits, blocking, until this child has ended. For commands and tests, not for the server's loop.
    package func waitForEnd() throws(SystemError) -> ProcessEnd {
        var waiting = pollfd(fd: handle.number, events: Int16(POLLIN), revents: 0)
        while true {
            if let end = try reap() { return end }
            _ = try checkedErrno("poll") { poll(&waiting, 1, -1) }
        }
    }

    private func ignoringEnded(_ operation: String, _ call: () -> Int32) throws(SystemError) {
        let outcome = retrying(call)
        if outcome < 0 && outcome != -ESRCH { throw SystemError(operation, code: -outcome) }
    }
}

/// Facts about, and one-time settings of, the process that calls.
package enum Process {
    package static let terminate = SIGTERM
    package static let kill = SIGKILL
    package static let interrupt = SIGINT
    package static let hangUp = SIGHUP

    /// To be called once, first: a write to a closed peer must be an error and not a signal, as many descriptors may be
    /// open as the host allows, and no descriptor that is handed to a child may collide with its number there.
    package static func prepare() {
        cl_ignore_sigpipe()
        _ = cl_raise_descriptor_limit()
        cl_reserve_low_descriptors()
    }

    /// To be called before anything is opened: no file or socket may get the number of a standard descriptor that the
    /// caller has closed, and with it what is printed. What goes to such a standard output still fails.
    package static func fillStandardDescriptors() { cl_fill_standard_descriptors() }

    /// From now on a process whose parent and further ancestors have ended becomes a child of this one, where it had
    /// descended from this one; see `ProcessSearch`.
    package static func adoptOrphans() throws(SystemError) {
        _ = try checked("prctl PR_SET_CHILD_SUBREAPER") { cl_adopt_orphans() }
    }

    package static var identifier: Int32 { getpid() }
    package static var userIdentifier: UInt32 { getuid() }

    /// The name of this machine, as it calls itself.
    package static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The real path of the running program.
    package static func executablePath() -> String {
        (try? File.readLink("/proc/self/exe")) ?? CommandLine.arguments.first ?? "spawngate"
    }

    /// The whole environment that this process was started with, each "NAME=text".
    package static func environment() throws(SystemError) -> [String] {
        try File.read("/proc/self/environ", bytesMax: 16 << 20).split(separator: 0)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// The text of a variable of the environment.
    package static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// A second descriptor for standard error, to be handed to a child.
    package static func standardError() throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try checkedErrno("fcntl F_DUPFD_CLOEXEC") { fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 16) })
    }

    /// Whether standard output is a terminal.
    package static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    /// Whether standard error is a terminal.
    package static var errorsAreTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Ends the program at once with a status.
    package static func exit(_ status: Int32) -> Never { Glibc.exit(status) }
}

/// A NULL-terminated array of C strings, freed with its owner.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
        pointers[count] = nil
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
