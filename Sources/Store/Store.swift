// Room: Store. What is kept, in SQLite through one connection. Decides nothing, starts nothing, reads no clock.
package import DecisionLog
internal import GRDB
internal import GRDBSQLite

/// Storage did not do what was asked; nothing of the turn was kept.
package struct StoreFailure: Error, CustomStringConvertible {
    package let description: String
}

/// The server's memory on disk: one SQLite database, one connection, WAL.
///
/// One connection only: it makes the order of all writes plain, and SQLite's WAL-reset race (3.7.0 to 3.51.2), which
/// needs two, cannot happen.
package final class Store {
    let queue: DatabaseQueue
    /// The tree of all leaves that are kept.
    package private(set) var tree = MerkleTree()
    /// The number that the next leaf of the log gets.
    package var nextSequence: Int64 { tree.size }
    /// The number that the next session gets: sessions are listed by it.
    package private(set) var nextOrdinal: Int64 = 1
    private var isDurable: Bool?
    /// The disk has failed, and what was written without waiting for it may be lost though it can still be read.
    private var isInDoubt = false
    private let journal = Journal()
    /// Once the write-ahead log has so many pages they are copied into the database, as SQLite would do by itself.
    private static let journalPagesMax: Int32 = 1000

    /// The write-ahead log.
    private final class Journal {
        /// Its length, as SQLite tells of it with each commit.
        var pages: Int32 = 0
        /// The length at which it is next to be copied into the database.
        var pagesDue = Store.journalPagesMax
    }

    /// Opens or makes the database. Throws where it cannot be read, or was made by a newer version.
    package init(path: String) throws(StoreFailure) {
        do {
            var configuration = Configuration()
            configuration.label = "spawngate.store"
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA journal_mode = WAL")
                // What is erased is overwritten, in pages that were split and in free ones too: it must be on from the
                // first write, for what a split leaves behind is not found later.
                try database.execute(sql: "PRAGMA secure_delete = ON")
                // Answers are not sorted into files; a listing of any size stays in memory.
                try database.execute(sql: "PRAGMA temp_store = MEMORY")
            }
            queue = try DatabaseQueue(path: path, configuration: configuration)
            guard try !queue.read(Schema.migrator.hasBeenSuperseded) else {
                throw StoreFailure(description: "it was made by a newer version")
            }
            queue.writeWithoutTransaction(takeOverJournal)
            try Schema.migrator.migrate(queue)
            // What an earlier server has written without waiting may be in doubt as well.
            _ = try queue.writeWithoutTransaction { try checkpoint(.truncate, in: $0) }
            (tree, nextOrdinal) = try queue.read { database in
                (
                    try TreeRow.tree(in: database),
                    try Int64.fetchOne(database, sql: "SELECT ifnull(max(ordinal), 0) + 1 FROM session") ?? 1
                )
            }
        } catch {
            throw StoreFailure(description: "the database \(path) cannot be used: \(error)")
        }
    }

    /// Writes everything of one turn in one transaction.
    ///
    /// `durably`: it is on the disk when this returns, for what will be acknowledged. Otherwise it outlives the process
    /// but perhaps not the machine, which is enough for what the sessions' own files tell again. A leaf is always durable:
    /// a checkpoint may name it.
    package func commit(_ writes: [StoreWrite], durably: Bool) throws(StoreFailure) {
        if writes.isEmpty { return }
        let durably = durably || writes.contains { if case .leaf = $0 { true } else { false } }
        var tree = tree
        do {
            try queue.writeWithoutTransaction { database in
                if isInDoubt { try settleDoubt(database) }
                if isDurable != durably {
                    isDurable = nil
                    try database.execute(sql: durably ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
                    isDurable = durably
                }
                try database.inTransaction(.immediate) {
                    for write in writes { try write.apply(to: database, &tree) }
                    for block in self.tree.size / LeafSet.leaves..<tree.size / LeafSet.leaves {
                        try LeafBlock.seal(block, in: database)
                    }
                    return .commit
                }
            }
        } catch {
            if (error as? DatabaseError)?.resultCode == .SQLITE_IOERR { isInDoubt = true }
            throw StoreFailure(description: "storage failed: \(error)")
        }
        self.tree = tree
        for case .session(let session) in writes { nextOrdinal = max(nextOrdinal, session.ordinal + 1) }
    }

    // MARK: the write-ahead log

    /// SQLite copies the write-ahead log into the database by itself, within a commit, and tells nobody when that fails.
    private func takeOverJournal(_ database: Database) {
        sqlite3_wal_hook(
            database.sqliteConnection,
            { journal, _, _, pages in
                if let journal { Unmanaged<Journal>.fromOpaque(journal).takeUnretainedValue().pages = pages }
                return SQLITE_OK
            }, Unmanaged.passUnretained(journal).toOpaque())
    }

    /// Copies the write-ahead log into the database where it has grown long, and waits for the disk: some milliseconds, for
    /// when no answer waits. Where the disk fails, nothing more is acknowledged before all is known to be there.
    package func copyJournal() throws(StoreFailure) {
        if journal.pages < journal.pagesDue { return }
        // One that fails is tried again when as much has come again.
        journal.pagesDue = journal.pages + Self.journalPagesMax
        do {
            _ = try queue.writeWithoutTransaction { try checkpoint(.passive, in: $0) }
        } catch {
            throw StoreFailure(description: "storage failed: \(error)")
        }
    }

    /// Answers false where another program reads the database and must first end, so that not all could be copied.
    func checkpoint(_ mode: Database.CheckpointMode, in database: Database) throws -> Bool {
        do {
            let (pages, copied) = try database.checkpoint(mode)
            // The next commit begins it anew.
            if pages == copied { (journal.pages, journal.pagesDue) = (0, Self.journalPagesMax) }
            return pages == copied
        } catch let error as DatabaseError {
            if error.resultCode == .SQLITE_BUSY { return false }
            if error.resultCode == .SQLITE_IOERR { isInDoubt = true }
            throw error
        }
    }

    /// After a failed fsync the kernel may have dropped what it could not write, and the next fsync succeeds without it.
    /// What had been waited for is on the disk, and the failed transaction is written anew. But what was written between
    /// without waiting may be gone from the middle of the WAL, and a recovery would end there, before all that follows. So
    /// everything is copied into the database and waited for, and the WAL begun anew, before anything else is kept.
    private func settleDoubt(_ database: Database) throws {
        guard try checkpoint(.truncate, in: database) else {
            throw StoreFailure(description: "the database is in use elsewhere")
        }
        isInDoubt = false
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(StoreFailure) -> Value {
        do {
            return try queue.read(body)
        } catch {
            throw StoreFailure(description: "storage failed: \(error)")
        }
    }
}
