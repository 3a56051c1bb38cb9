package import DecisionLog
internal import GRDBSQLite
package import Policy

/// The log in a copy of a server's database, or in the database itself, to be checked by whoever believes nothing. It is
/// opened for reading alone and not changed.
package final class LogCopy {
    private let connection: OpaquePointer
    private let path: String

    /// What lies beside a database.
    package enum Surroundings {
        /// Neither `PATH-shm`, nor a `PATH-wal` that is not empty.
        case nothing
        /// A `PATH-wal` and no `PATH-shm`, in a folder where none can be made.
        case journalForReadingOnly
        case other
    }

    /// Opens it.
    package init(path: String, beside surroundings: Surroundings) throws(StoreFailure) {
        let how =
            switch surroundings {
            // Without this SQLite would make both.
            case .nothing: "&immutable=1"
            // Without locks and alone, SQLite keeps its index of the journal in memory.
            case .journalForReadingOnly: "&vfs=unix-none"
            case .other: ""
            }
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2("file:\(Self.escaped(path))?mode=ro\(how)", &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            let message = String(cString: sqlite3_errmsg(opened))
            sqlite3_close_v2(opened)
            throw StoreFailure(description: "\(path) cannot be opened: \(message)")
        }
        connection = opened
        self.path = path
        sqlite3_busy_timeout(opened, 5000)
        if surroundings == .journalForReadingOnly {
            sqlite3_exec(opened, "PRAGMA locking_mode = EXCLUSIVE", nil, nil, nil)
        }
        // All that is read is of one moment.
        sqlite3_exec(opened, "BEGIN", nil, nil, nil)
    }

    deinit { sqlite3_close_v2(connection) }

    private static func escaped(_ path: String) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/".utf8)
        let digits = Array("0123456789ABCDEF")
        return path.utf8.map { byte in
            plain.contains(byte)
                ? String(Unicode.Scalar(byte)) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
    }

    // MARK: reading

    /// The rows of the table of denials, sorted.
    package func denials() throws -> RecordedDenials {
        var denials = RecordedDenials()
        try reading("the table of denials") { () throws(RawFailure) in
            var rows = try RawStatement(connection, "SELECT seq, policy, rule FROM denial")
            while try rows.next() {
                denials.add(
                    sequence: rows.integer(0) ?? -1, policy: rows.bytes(1).map { Array($0) } ?? [],
                    rule: rows.bytes(2).map { Array($0) } ?? [])
            }
        }
        denials.sort()
        return denials
    }

    /// Calls `body` for each kept policy set; nil: its files have not the digest by which it is kept.
    package func forEachPolicySet(_ body: (_ digest: [UInt8], PolicySet?) throws -> Void) throws {
        var sets: [([UInt8], PolicySet?)] = []
        try reading("the table of policy sets") { () throws(RawFailure) in
            var rows = try RawStatement(connection, "SELECT digest, files FROM policy_set")
            while try rows.next() {
                let digest = rows.bytes(0).map { Array($0) } ?? []
                let text = rows.bytes(1).flatMap { String(validating: $0, as: UTF8.self) }
                let set = text.flatMap { try? PolicySet(filesText: $0) }
                sets.append((digest, set.flatMap { $0.digest.utf8.elementsEqual(digest) ? $0 : nil }))
            }
        }
        for (digest, set) in sets { try body(digest, set) }
    }

    /// The leaves, from the first on.
    package func records() throws -> Records {
        do { return Records(copy: self, rows: try RawStatement(connection, Self.recordsSQL)) } catch {
            throw failure(error, at: 0)
        }
    }

    /// Leaves that are being read.
    package struct Records: ~Copyable {
        fileprivate let copy: LogCopy
        fileprivate var rows: RawStatement
        private var count: Int64 = 0

        fileprivate init(copy: LogCopy, rows: consuming RawStatement) {
            self.copy = copy
            self.rows = rows
        }

        /// The next leaf; nil after the last. Its bytes are valid until the one after it is asked for.
        package mutating func next() throws -> LogRecord? {
            do { if try !rows.next() { return nil } } catch { throw copy.failure(error, at: count) }
            guard let record = LogCopy.record(rows) else {
                throw LogFault(count, "it is not kept in the form of a record")
            }
            count += 1
            return record
        }
    }

    /// Whether rows are kept that belong to records which are not among the first `count`.
    package func hasMore(than count: Int64) throws -> Bool {
        var hasMore = false
        try reading("the tree") { () throws(RawFailure) in
            var rows = try RawStatement(
                connection,
                """
                SELECT EXISTS (SELECT 1 FROM tree WHERE seq < 0 OR seq >= ?1)
                    OR EXISTS (SELECT 1 FROM secret WHERE seq < 0 OR seq >= ?1)
                """)
            rows.bind(count, at: 1)
            hasMore = try rows.next() && rows.integer(0) == 1
        }
        return hasMore
    }

    private static let recordsSQL = """
        SELECT leaf.seq, leaf.text, leaf.id, leaf.kind, leaf.time, leaf.verdict, leaf.principal, leaf.session_id,
            leaf.executive, leaf.mission_id, tree.hashes, secret.seq, secret.session_id, secret.time, secret.salt,
            secret.text, secret.erased_at
        FROM leaf LEFT JOIN tree ON tree.seq = leaf.seq LEFT JOIN secret ON secret.seq = leaf.seq ORDER BY leaf.seq
        """

    private static func record(_ row: borrowing RawStatement) -> LogRecord? {
        var isRight = true
        guard let sequence = row.integer(0), let text = row.bytes(1), let kind = row.bytes(3),
            let time = row.integer(4), let principal = row.bytes(6)
        else { return nil }
        let columns = LogRecord.Columns(
            id: row.bytesOrNull(2, &isRight), kind: kind, time: time, verdict: row.bytesOrNull(5, &isRight),
            principal: principal, sessionID: row.bytesOrNull(7, &isRight), executive: row.bytesOrNull(8, &isRight),
            missionID: row.bytesOrNull(9, &isRight), nodes: row.bytesOrNull(10, &isRight))
        guard isRight, let secrets = secrets(row, session: columns.sessionID, time: time) else { return nil }
        return LogRecord(sequence: sequence, text: text, columns: columns, secrets: secrets)
    }

    /// Nil where the row is of another session or time than its leaf, or neither kept nor erased.
    private static func secrets(
        _ row: borrowing RawStatement, session: UnsafeRawBufferPointer?, time: Int64
    ) -> RecordSecrets? {
        if row.isNull(11) { return RecordSecrets.none }
        let isSameSession =
            switch (session, row.bytes(12)) {
            case (nil, nil): row.isNull(12)
            case (let leaf?, let own?): leaf.elementsEqual(own)
            default: false
            }
        guard isSameSession, row.integer(13) == time else { return nil }
        if let salt = row.bytes(14), let text = row.bytes(15), row.isNull(16) { return .kept(salt: salt, text: text) }
        return row.isNull(14) && row.isNull(15) && row.integer(16) != nil ? .erased : nil
    }

    // MARK: failing

    private func reading(_ what: String, _ body: () throws(RawFailure) -> Void) throws {
        do { try body() } catch {
            if error.isOfForm { throw unusable(error) }
            throw LogFault(records: nil, "\(what) cannot be read: \(error.message)")
        }
    }

    private func failure(_ error: RawFailure, at record: Int64) -> any Error {
        error.isOfForm ? unusable(error) : LogFault(record, "it cannot be read: \(error.message)")
    }

    private func unusable(_ error: RawFailure) -> StoreFailure {
        StoreFailure(description: "\(path) is no database of this version of Spawngate: \(error.message)")
    }
}
