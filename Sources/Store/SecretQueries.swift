internal import Foundation
internal import GRDB
package import Policy
internal import Wire

extension RequestSecrets {
    func insert(sequence: Int64, time: Int64, sessionID: String?, into database: Database) throws {
        var text = JSONWriter()
        text.value(json)
        try database.cachedStatement(
            sql: "INSERT INTO secret (seq, session_id, time, salt, text) VALUES (?, ?, ?, ?, ?)"
        ).execute(
            arguments: [sequence, sessionID, time, Data(salt), String(decoding: text.bytes, as: UTF8.self)])
    }
}

extension StoreWrite {
    static func eraseSecrets(of sequence: Int64, at time: Int64, in database: Database) throws {
        try database.cachedStatement(
            sql: "UPDATE secret SET salt = NULL, text = NULL, erased_at = ? WHERE seq = ? AND text IS NOT NULL"
        ).execute(arguments: [time, sequence])
        // A digest over a prompt is as good as the prompt to whoever can guess it.
        try database.cachedStatement(
            sql: """
                UPDATE idempotency SET params_digest = ''
                WHERE session_id = (SELECT session_id FROM secret WHERE seq = ?)
                """
        ).execute(arguments: [sequence])
    }
}

extension Store {
    /// What is left of the secrets of a leaf, or nil where it never had any.
    package func secrets(of sequence: Int64) throws(StoreFailure) -> KeptSecrets? {
        try secrets(in: sequence..<sequence + 1)[sequence]
    }

    /// What is left of the secrets of these leaves, by number.
    package func secrets(in range: Range<Int64>) throws(StoreFailure) -> [Int64: KeptSecrets] {
        let reader = JSONReader()
        return try read { database in
            var found: [Int64: KeptSecrets] = [:]
            let rows = try Row.fetchCursor(
                database.cachedStatement(sql: "SELECT seq, salt, text FROM secret WHERE seq >= ? AND seq < ?"),
                arguments: [range.lowerBound, range.upperBound])
            while let row = try rows.next() {
                let (salt, text): (Data?, String?) = (row[1], row[2])
                if let salt, let text {
                    let json = try reader.value(of: Array(text.utf8))
                    found[row[0]] = .kept(RequestSecrets(salt: Array(salt), json: json))
                } else {
                    found[row[0]] = .erased
                }
            }
            return found
        }
    }

    /// The leaves with secrets of a decision before that time (milliseconds since 1970), the oldest first.
    package func leavesWithSecrets(before time: Int64, limit: Int) throws(StoreFailure) -> [Int64] {
        try read { database in
            try Int64.fetchAll(
                database.cachedStatement(
                    sql: "SELECT seq FROM secret WHERE text IS NOT NULL AND time < ? ORDER BY time LIMIT ?"),
                arguments: [time, limit])
        }
    }

    /// Empties the write-ahead log, where what was erased since still stands as it was; false where another program
    /// reads the database and must first end.
    package func emptyJournal() throws(StoreFailure) -> Bool {
        do {
            return try queue.writeWithoutTransaction { try checkpoint(.truncate, in: $0) }
        } catch {
            throw StoreFailure(description: "storage failed: \(error)")
        }
    }
}
