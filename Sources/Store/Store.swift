// Room: Store. What is kept, in SQLite through one connection. Decides nothing, starts nothing, reads no clock.
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
    /// The number that the next leaf of the log gets.
    package private(set) var nextSequence: Int64
    /// The number that the next session gets: sessions are listed by it.
    package private(set) var nextOrdinal: Int64
    private var isDurable: Bool?

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
            (nextSequence, nextOrdinal) = try queue.read { database in
                (
                    try Int64.fetchOne(database, sql: "SELECT ifnull(max(seq), -1) + 1 FROM leaf") ?? 0,
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
    /// but perhaps not the machine, which is enough for what the sessions' own files tell again.
    package func commit(_ writes: [StoreWrite], durably: Bool) throws(StoreFailure) {
        if writes.isEmpty { return }
        do {
            try queue.writeWithoutTransaction { database in
                if isDurable != durably {
                    isDurable = nil
                    try database.execute(sql: durably ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
                    isDurable = durably
                }
                try database.inTransaction(.immediate) {
                    for write in writes { try write.apply(to: database) }
                    return .commit
                }
            }
        } catch {
            throw StoreFailure(description: "storage failed: \(error)")
        }
        for write in writes {
            switch write {
            case .leaf(let leaf): nextSequence = max(nextSequence, leaf.sequence + 1)
            case .session(let session): nextOrdinal = max(nextOrdinal, session.ordinal + 1)
            case .change, .policySet, .idempotency, .forgetIdempotency, .token, .revokeToken, .shadow, .shadowJudged,
                .disagreement, .eraseSecrets:
                break
            }
        }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(StoreFailure) -> Value {
        do {
            return try queue.read(body)
        } catch {
            throw StoreFailure(description: "storage failed: \(error)")
        }
    }
}
