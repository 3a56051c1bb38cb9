internal import GRDB

extension Store {
    /// Leaves of these kinds, decisions not among them, the oldest first.
    package func events(_ kinds: [String]) throws(StoreFailure) -> [StoredLeaf] {
        try read { database in
            try kinds.flatMap { kind in
                try Row.fetchAll(
                    database.cachedStatement(
                        sql: "SELECT seq, text FROM leaf WHERE kind <> 'decision' AND kind = ? ORDER BY seq"),
                    arguments: [kind]
                ).map { StoredLeaf(sequence: $0[0], text: $0[1]) }
            }.sorted { $0.sequence < $1.sequence }
        }
    }

    /// The newest leaf of a kind, or nil.
    package func latestEvent(_ kind: String) throws(StoreFailure) -> StoredLeaf? {
        try read { database in
            try Row.fetchOne(
                database.cachedStatement(
                    sql: "SELECT seq, text FROM leaf WHERE kind <> 'decision' AND kind = ? ORDER BY seq DESC LIMIT 1"),
                arguments: [kind]
            ).map { StoredLeaf(sequence: $0[0], text: $0[1]) }
        }
    }
}
