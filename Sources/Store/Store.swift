// Room: Store. What is kept, in SQLite through one connection. Decides nothing, starts nothing, reads no clock.
package import DecisionLog
internal import GRDB

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
    package private(set) var tree: MerkleTree
    /// The number that the next leaf of the log gets.
    package var nextSequence: Int64 { tree.size }
    /// The number that the next session gets: sessions are listed by it.
    package private(set) var nextOrdinal: Int64
    private var isDurable: Bool?
    /// The disk has failed, and what was written without waiting for it may be lost though it can still be read.
    private var isInDoubt = false

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
            try Schema.migrator.migrate(queue)
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

    /// After a failed fsync the kernel may have dropped what it could not write, and the next fsync succeeds without it.
    /// What had been waited for is on the disk, and the failed transaction is written anew. But what was written between
    /// without waiting may be gone from the middle of the WAL, and a recovery would end there, before all that follows. So
    /// everything is copied into the database and waited for, and the WAL begun anew, before anything else is kept.
    private func settleDoubt(_ database: Database) throws {
        let row = try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        guard row?[0] == 0 else { throw StoreFailure(description: "the database is in use elsewhere") }
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
