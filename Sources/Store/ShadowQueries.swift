internal import GRDB
package import Policy

/// The set that is judged beside the one in force, as it is kept.
package struct ShadowRow {
    /// Tests included: they are promoted with the rest.
    package let set: PolicySet
    /// What the policy folder held when the set was given, or nil where it could not be read.
    package let folderDigest: String?
    /// Milliseconds since 1970.
    package let since: Int64
    package var counts = ShadowCounts()

    package init(set: PolicySet, folderDigest: String?, since: Int64) {
        self.set = set
        self.folderDigest = folderDigest
        self.since = since
    }

    static func replace(with row: ShadowRow?, in database: Database) throws {
        try database.execute(sql: "DELETE FROM shadow")
        guard let row else { return }
        try database.execute(
            sql: """
                INSERT INTO shadow (only, digest, files, folder_digest, since, judged, disagreed, skipped)
                VALUES (1, ?, ?, ?, ?, 0, 0, 0)
                """, arguments: [row.set.digest, row.set.filesText, row.folderDigest, row.since])
    }
}

/// Of the live decisions: how many a shadow judged, to how many it said something else, and for how many it was too slow.
package struct ShadowCounts: Equatable {
    package var judged: Int64 = 0
    package var disagreed: Int64 = 0
    package var skipped: Int64 = 0

    package init() {}

    func add(to database: Database) throws {
        try database.cachedStatement(
            sql: "UPDATE shadow SET judged = judged + ?, disagreed = disagreed + ?, skipped = skipped + ?"
        ).execute(arguments: [judged, disagreed, skipped])
    }

    /// The sum of both.
    package static func + (left: ShadowCounts, right: ShadowCounts) -> ShadowCounts {
        var sum = left
        sum.judged += right.judged
        sum.disagreed += right.disagreed
        sum.skipped += right.skipped
        return sum
    }
}

/// A live decision to which the shadow said something else.
package struct DisagreementRow {
    /// How many are kept; older ones go.
    package static let keptMax: Int64 = 100_000

    /// The digest of the set that disagreed.
    package let digest: String
    package let decisionID: String
    /// When the live decision was asked for, in milliseconds since 1970.
    package let time: Int64
    package let was: Verdict
    package let becomes: Verdict
    /// What the shadow objects and what failed, as the JSON arrays of a refusal.
    package let denials: String
    package let failures: String
    /// What the shadow would grant in place of what was asked for, as a JSON object, where that is less.
    package let granted: String?

    package init(
        digest: String, decisionID: String, time: Int64, was: Verdict, becomes: Verdict, denials: String,
        failures: String, granted: String?
    ) {
        self.granted = granted
        self.digest = digest
        self.decisionID = decisionID
        self.time = time
        self.was = was
        self.becomes = becomes
        self.denials = denials
        self.failures = failures
    }

    func insert(into database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO disagreement (digest, decision_id, time, was, becomes, denials, failures, granted)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [digest, decisionID, time, was.rawValue, becomes.rawValue, denials, failures, granted])
        try database.cachedStatement(sql: "DELETE FROM disagreement WHERE ordinal <= ?")
            .execute(arguments: [database.lastInsertedRowID - Self.keptMax])
    }
}

extension Store {
    /// The set that is judged beside the one in force, or nil.
    package func shadow() throws(StoreFailure) -> ShadowRow? {
        let row = try read { database in
            try Row.fetchOne(
                database, sql: "SELECT files, folder_digest, since, judged, disagreed, skipped FROM shadow")
        }
        guard let row else { return nil }
        var shadow = ShadowRow(set: try PolicySet(filesText: row[0]), folderDigest: row[1], since: row[2])
        shadow.counts.judged = row[3]
        shadow.counts.disagreed = row[4]
        shadow.counts.skipped = row[5]
        return shadow
    }

    /// Disagreements of the set of this digest, or of all, with a smaller number than `before`, the newest first.
    package func disagreements(
        digest: String?, before: Int64?, limit: Int
    ) throws(StoreFailure) -> [(ordinal: Int64, row: DisagreementRow)] {
        try read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT ordinal, digest, decision_id, time, was, becomes, denials, failures, granted
                        FROM disagreement
                        WHERE \(digest == nil ? "? IS NULL" : "digest = ?") AND ordinal < ?
                        ORDER BY ordinal DESC LIMIT ?
                        """), arguments: [digest, before ?? Int64.max, limit]
            ).map { row in
                (
                    row[0],
                    DisagreementRow(
                        digest: row[1], decisionID: row[2], time: row[3],
                        was: Verdict(rawValue: row[4]) ?? .error, becomes: Verdict(rawValue: row[5]) ?? .error,
                        denials: row[6], failures: row[7], granted: row[8])
                )
            }
        }
    }
}
