internal import SpawngateClient

/// What a session may do, as measured: the promise, row by row.
enum EnforcementTable {
    /// Who tries, and whether the session is held.
    enum Column: String, CaseIterable {
        case root
        case rootFree = "root, not held"
        case user
        case userFree = "user, not held"

        var isRoot: Bool { self == .root || self == .rootFree }
        var isEnforced: Bool { self == .root || self == .user }
    }

    /// A row's name, and what is expected in each column: nil where the row is not known.
    static func expected(_ name: String, _ column: Column) -> AttemptOutcome? {
        guard let index = Column.allCases.firstIndex(of: column) else { return nil }
        return rows[name].map { $0[index] }
    }

    /// Allowed (+) or denied (-), in the order of the columns: root and root not held, user and user not held. Measured on
    /// 2026-11-28, Linux 6.18, Landlock ABI 7.
    private static let measured = """
        in a root: create a file                    + + + +
        in a root: append                           + + + +
        in a root: open with O_TRUNC                + + + +
        in a root: truncate by name                 + + + +
        in a root: truncate an open file            + + + +
        in a root: fallocate                        + + + +
        in a root: make a folder                    + + + +
        in a root: remove a folder                  + + + +
        in a root: remove a file                    + + + +
        in a root: rename to another folder         + + + +
        in a root: hard link to another folder      + + + +
        in a root: make a symbolic link             + + + +
        in a root: make a FIFO                      + + + +
        in a root: a UNIX socket, and connect to it + + + +
        in a root: O_TMPFILE, then a name for it    + + + +
        in a root: write through a shared mapping   + + + +
        in a root: copy_file_range from outside     + + + +
        in a root: sendfile from outside            + + + +
        in a root: chmod                            + + + +
        in a root: set an extended attribute        + + + +
        in a root: create by /proc/self/cwd         + + + +
        TMPDIR: create a file                       + + + +
        TMPDIR: rename from a root                  + + + +
        outside: read a file                        + + + +
        outside: write to a file                    - + - +
        outside: append                             - + - +
        outside: open with O_TRUNC, only reading    - + - +
        outside: truncate by name                   - + - +
        outside: create a file                      - + - +
        outside: make a folder                      - + - +
        outside: remove a folder                    - + - +
        outside: remove a file                      - + - +
        outside: rename                             - + - +
        outside: make a symbolic link               - + - +
        outside: make a FIFO                        - + - +
        outside: write to a FIFO                    - + - +
        outside: O_TMPFILE                          - + - +
        outside: bind a UNIX socket                 - + - +
        outside: make a device                      - + - -
        across: rename out of a root                - + - +
        across: rename into a root                  - + - +
        across: exchange two files                  - + - +
        across: hard link into a root               - + - +
        across: hard link out of a root             - + - +
        across: through a symbolic link in a root   - + - +
        across: by ../                              - + - +
        across: by /proc/self/root                  - + - +
        across: from a handle of the folder         - + - +
        across: reopen by /proc/self/fd             - + - +
        across: open_by_handle_at                   - + - -
        across: io_uring openat                     - + - +
        across: io_uring renameat                   - + - +
        across: a descriptor beyond 2 was inherited - - - -
        outside: chmod                              + + + +
        outside: fchmodat2                          + + + +
        outside: set times                          + + + +
        outside: set an extended attribute          + + + +
        outside: chown                              + + - -
        outside: flock a file open for reading      + + + +
        across: a hard link that was there before   + + + +
        across: a descriptor handed over by a socket+ + + +
        outside: connect to a UNIX socket by path   + + + +
        outside: connect to an abstract socket      - + - +
        within: an abstract socket of its own       + + + +
        devices: write to /dev/null                 + + + +
        devices: write to /dev/zero                 + + + +
        devices: write to /dev/full                 + + + +
        devices: a terminal of its own              + + + +
        devices: write to its terminal as /dev/tty  + + + +
        devices: push input into its terminal       + + + +
        devices: share memory in /dev/shm           - + - +
        devices: open a disk for writing            - + - -
        devices: open /dev/kmsg for writing         - + - -
        devices: make a disk's device in a root     - + - -
        devices: make another device in a root      - + - -
        others: kill                                - + - +
        others: kill its own supervisor             - + - +
        others: kill a group                        - + - +
        others: tgkill                              - + - +
        others: sigqueue                            - + - +
        others: pidfd_send_signal                   - + - +
        others: pidfd_getfd                         - + - +
        others: ptrace                              - + - +
        others: open /proc/PID/mem                  - + - +
        others: process_vm_writev                   - + - +
        others: read /proc/PID/environ              - + - +
        others: read /proc/PID/fd                   - + - +
        others: set /proc/PID/oom_score_adj         - + - +
        others: perf_event_open                     - + - -
        others: setpriority                         - + - +
        others: setpriority of a whole user         - + - +
        others: sched_setscheduler                  - + - +
        others: sched_setaffinity                   - + - +
        others: ioprio_set                          - + - +
        others: prlimit                             - + - +
        its own: kill a child                       + + + +
        its own: ptrace a child                     + + + +
        its own: setpriority                        + + + +
        its own: setpriority by its pid             - + - +
        its own: setrlimit                          + + + +
        its own: sched_setaffinity                  + + + +
        kernel: mount                               - + - -
        kernel: mount in a user namespace           - + - +
        kernel: bind mount of outside into a root   - + - -
        kernel: umount                              - + - -
        kernel: open_tree of outside                - + - -
        kernel: enter the mounts of process 1       - - - -
        kernel: a user namespace                    + + + +
        kernel: chroot                              + + - -
        kernel: setuid to another user              + + - -
        kernel: CAP_SYS_ADMIN                       - + - -
        kernel: bpf                                 - + - -
        kernel: userfaultfd                         - + - -
        kernel: load a module                       - + - -
        kernel: swapon                              - + - -
        kernel: sethostname                         - + - -
        kernel: run a program from memory           + + + +
        """

    private static let rows: [String: [AttemptOutcome]] = {
        var rows: [String: [AttemptOutcome]] = [:]
        for line in measured.split(separator: "\n") {
            let signs = line.suffix(7).split(separator: " ")
            let name = line.dropLast(7).trimmed
            rows[name] = signs.map { $0 == "+" ? .allowed : .denied }
        }
        return rows
    }()

    /// Names of all rows, for whoever checks that none was left out.
    static var names: [String] { measured.split(separator: "\n").map { $0.dropLast(7).trimmed } }

    /// What was found beside what was expected.
    struct Comparison {
        let columns: [Column]
        let attempts: [[Attempt]]

        fileprivate func isAsExpected(_ attempt: Attempt, _ column: Column) -> Bool {
            attempt.outcome == .absent || attempt.outcome == expected(attempt.name, column)
        }

        /// Attempts that came out otherwise, and rows that were not tried.
        var differences: Int {
            zip(columns, attempts).reduce(0) { sum, found in
                let names = Set(found.1.map(\.name))
                return sum + found.1.count { !isAsExpected($0, found.0) }
                    + EnforcementTable.names.count { !names.contains($0) }
            }
        }
    }

    static func compare(columns: [Column], attempts: [[Attempt]]) -> Comparison {
        Comparison(columns: columns, attempts: attempts)
    }
}

extension EnforcementTable.Comparison {
    /// For people.
    var text: String {
        var table = TextTable(titles: ["attempt"] + columns.map(\.rawValue))
        for row in attempts[0].indices {
            let cells = zip(columns, attempts).map { column, attempts in
                guard row < attempts.count else { return TextTable.Cell("not tried", .bad) }
                return cell(attempts[row], column)
            }
            table.add([TextTable.Cell(attempts[0][row].name)] + cells)
        }
        let sentence =
            differences == 0
            ? "As the table of this version has it, in all \(attempts[0].count) rows."
            : "\(differences) came out otherwise than in the table of this version (marked with !)."
        return table.rendered(coloured: Output.isColoured) + "\n" + sentence
    }

    private func cell(_ attempt: Attempt, _ column: EnforcementTable.Column) -> TextTable.Cell {
        let words = attempt.outcome.rawValue + (attempt.outcome == .failed ? " \(attempt.reason)" : "")
        if !isAsExpected(attempt, column) { return TextTable.Cell("! \(words)", .bad) }
        switch attempt.outcome {
        case .denied: return TextTable.Cell(words, .warning)
        case .allowed: return TextTable.Cell(words, .good)
        case .absent, .failed: return TextTable.Cell(words, .faint)
        }
    }

    /// For programs.
    var json: RemoteValue {
        let rows = zip(columns, attempts).flatMap { column, attempts in
            attempts.map { attempt in
                RemoteValue.params(
                    ("attempt", .string(attempt.name)), ("as", .string(column.isRoot ? "root" : "user")),
                    ("held", .bool(column.isEnforced)), ("outcome", .string(attempt.outcome.rawValue)),
                    ("errno", attempt.reason.isEmpty ? .null : .string(attempt.reason)),
                    ("expected", EnforcementTable.expected(attempt.name, column).map { .string($0.rawValue) } ?? .null))
            }
        }
        return ["differences": .integer(Int64(differences)), "attempts": .array(rows)]
    }
}

extension Substring {
    fileprivate var trimmed: String { String(split(separator: " ").joined(separator: " ")) }
}
