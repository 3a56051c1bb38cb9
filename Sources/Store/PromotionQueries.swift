internal import GRDB
package import Policy

/// A promotion that has begun to change the policy folder.
package struct PromotionRow {
    /// Its real path.
    package let folder: String
    /// What the folder held, tests included; nil where it could not be read.
    package let before: PolicySet?
    package let after: PolicySet

    package init(folder: String, before: PolicySet?, after: PolicySet) {
        self.folder = folder
        self.before = before
        self.after = after
    }

    static func replace(with row: PromotionRow?, in database: Database) throws {
        try database.execute(sql: "DELETE FROM promotion")
        guard let row else { return }
        try database.execute(
            sql: "INSERT INTO promotion (only, folder, before, after) VALUES (1, ?, ?, ?)",
            arguments: [row.folder, row.before?.filesText, row.after.filesText])
    }
}

extension Store {
    /// The promotion that has begun and is not over, or nil.
    package func promotion() throws(StoreFailure) -> PromotionRow? {
        let row = try read { database in
            try Row.fetchOne(database, sql: "SELECT folder, before, after FROM promotion")
        }
        guard let row else { return nil }
        let before: String? = row[1]
        var set: PolicySet?
        if let before { set = try PolicySet(filesText: before) }
        return PromotionRow(folder: row[0], before: set, after: try PolicySet(filesText: row[2]))
    }
}
