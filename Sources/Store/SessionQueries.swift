internal import GRDB
package import Sessions
internal import Wire

/// Which sessions a listing wants.
package struct SessionFilter: Equatable, Sendable {
    package var status: SessionStatus?
    package var executive: String?
    package var missionID: String?
    /// A label's name, with its text where that matters too.
    package var label: (name: String, text: String?)?

    package init(
        status: SessionStatus? = nil, executive: String? = nil, missionID: String? = nil,
        label: (name: String, text: String?)? = nil
    ) {
        self.status = status
        self.executive = executive
        self.missionID = missionID
        self.label = label
    }

    /// Whether a session is one of them, as a listing at this moment would have it.
    package func matches(_ record: SessionRecord) -> Bool {
        (status == nil || status == record.status) && (executive == nil || executive == record.executive)
            && (missionID == nil || missionID == record.missionID)
            && (label == nil
                || record.labels.contains { $0.name == label?.name && (label?.text == nil || $0.text == label?.text) })
    }

    package static func == (left: SessionFilter, right: SessionFilter) -> Bool {
        left.status == right.status && left.executive == right.executive && left.missionID == right.missionID
            && left.label?.name == right.label?.name && left.label?.text == right.label?.text
    }
}

/// A session as it stands in the database.
package struct StoredSession {
    package let ordinal: Int64
    package let id: String
    /// The record as JSON text.
    package let record: String
    package let principal: String
    package let reportSince: Int64
}

extension Store {
    private static let columns = "ordinal, id, record, principal, report_since_ns"

    /// One session, or nil.
    package func session(id: String) throws(StoreFailure) -> StoredSession? {
        try read { database in
            try Row.fetchOne(
                database.cachedStatement(sql: "SELECT \(Self.columns) FROM session WHERE id = ?"), arguments: [id]
            ).map(StoredSession.init)
        }
    }

    /// What was asked when a session was made, as JSON text, or nil. A prompt that was erased is null.
    package func metadata(id: String) throws(StoreFailure) -> String? {
        let found = try read { database in
            try Row.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT metadata, secret.text FROM session LEFT JOIN secret ON secret.session_id = session.id
                        WHERE session.id = ?
                        """), arguments: [id]
            ).map { (metadata: $0[0] as String, secrets: $0[1] as String?) }
        }
        guard let found else { return nil }
        guard let secrets = found.secrets else { return found.metadata }
        let reader = JSONReader()
        guard let metadata = try? reader.value(of: Array(found.metadata.utf8)).object,
            let prompt = try? reader.value(of: Array(secrets.utf8))["prompt"]
        else { throw StoreFailure(description: "the metadata of session \(id) cannot be read") }
        var json = JSONWriter()
        json.value(.object(metadata.map { $0.name == "prompt" ? JSONMember(name: "prompt", value: prompt) : $0 }))
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Sessions with a smaller ordinal than `before`, the largest ordinal first.
    package func sessions(
        _ filter: SessionFilter, before: Int64?, limit: Int, bytesMax: Int = .max
    ) throws(StoreFailure) -> Page<StoredSession> {
        var conditions: [String] = []
        var arguments: StatementArguments = []
        func add(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            conditions.append(condition)
            arguments += [value]
        }
        if let before { add("session.ordinal < ?", before) }
        if let status = filter.status { add("status = ?", status.rawValue) }
        if let executive = filter.executive { add("executive = ?", executive) }
        if let mission = filter.missionID { add("mission_id = ?", mission) }
        if let label = filter.label {
            conditions.append(
                "session.ordinal IN (SELECT ordinal FROM label WHERE name = ?\(label.text == nil ? "" : " AND text = ?"))"
            )
            arguments += [label.name]
            if let text = label.text { arguments += [text] }
        }
        arguments += [limit]
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let sql = "SELECT \(Self.columns) FROM session \(condition) ORDER BY session.ordinal DESC LIMIT ?"
        return try read { database in
            var page = Page<StoredSession>(limit: limit, bytesMax: bytesMax)
            let rows = try Row.fetchCursor(database.cachedStatement(sql: sql), arguments: arguments)
            while !page.isFull, let row = try rows.next() {
                let session = StoredSession(row)
                page.add(session, bytes: session.record.utf8.count)
            }
            return page
        }
    }

    /// The sessions that had not ended when they were last written, oldest first.
    package func unfinishedSessions() throws(StoreFailure) -> [StoredSession] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Self.columns) FROM session WHERE status IN ('starting', 'running') ORDER BY ordinal
                    """
            ).map(StoredSession.init)
        }
    }

    /// How many sessions there are in all.
    package func sessionCount() throws(StoreFailure) -> Int64 {
        // Ordinals are given without gaps and never taken back, so the largest is the count.
        nextOrdinal - 1
    }

    /// The id of the session that was started last.
    package func latestSessionID() throws(StoreFailure) -> String? {
        try read { database in
            try String.fetchOne(database, sql: "SELECT id FROM session ORDER BY ordinal DESC LIMIT 1")
        }
    }

    /// What an earlier start under this key came to. Of one whose secrets were erased no digest is left that a guess
    /// could be tried on: only that of the other params, `openDigest`.
    package func idempotency(
        principal: String, key: String
    ) throws(StoreFailure) -> (paramsDigest: String?, openDigest: String?, sessionID: String)? {
        try read { database in
            try Row.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT nullif(params_digest, ''), open_digest, session_id FROM idempotency
                        WHERE principal = ? AND key = ?
                        """), arguments: [principal, key]
            ).map { (paramsDigest: $0[0], openDigest: $0[1], sessionID: $0[2]) }
        }
    }
}

extension StoredSession {
    fileprivate init(_ row: Row) {
        self.init(ordinal: row[0], id: row[1], record: row[2], principal: row[3], reportSince: row[4])
    }
}
