internal import GRDB
package import Policy

/// Which decisions a listing wants.
package struct DecisionFilter {
    package var verdict: Verdict?
    package var principal: String?
    package var policy: String?
    package var rule: String?
    package var sessionID: String?
    package var executive: String?
    package var missionID: String?
    /// Milliseconds since 1970: at or after.
    package var since: Int64?
    /// Milliseconds since 1970: before.
    package var until: Int64?

    package init() {}
}

/// A leaf of the log as it is kept.
package struct StoredLeaf {
    package let sequence: Int64
    /// The exact canonical text.
    package let text: String
}

extension Store {
    /// Decisions with a smaller number than `before`, and not a smaller one than `from`, the newest first.
    package func decisions(
        _ filter: DecisionFilter, before: Int64?, from: Int64? = nil, limit: Int
    ) throws(StoreFailure) -> [StoredLeaf] {
        var (conditions, arguments) = Self.conditions(filter, before: before, from: from)
        conditions.append("kind = 'decision'")
        arguments += [limit]
        let sql = """
            SELECT seq, text FROM leaf WHERE \(conditions.joined(separator: " AND ")) ORDER BY seq DESC LIMIT ?
            """
        return try read { database in
            try Row.fetchAll(database.cachedStatement(sql: sql), arguments: arguments)
                .map { StoredLeaf(sequence: $0[0], text: $0[1]) }
        }
    }

    /// Leaves of every kind among `range`, the oldest first, until they have so many bytes, and the number to go on at.
    ///
    /// What the filter asks of decisions alone, such as a verdict, leaves out all else.
    package func leaves(
        _ filter: DecisionFilter, in range: Range<Int64>, bytesMax: Int
    ) throws(StoreFailure) -> (leaves: [StoredLeaf], next: Int64) {
        let (conditions, arguments) = Self.conditions(filter, before: range.upperBound, from: range.lowerBound)
        let sql = "SELECT seq, text FROM leaf WHERE \(conditions.joined(separator: " AND ")) ORDER BY seq"
        return try read { database in
            var leaves: [StoredLeaf] = []
            var bytes = 0
            let rows = try Row.fetchCursor(database.cachedStatement(sql: sql), arguments: arguments)
            while let row = try rows.next() {
                let leaf = StoredLeaf(sequence: row[0], text: row[1])
                leaves.append(leaf)
                bytes += leaf.text.utf8.count
                if bytes >= bytesMax { return (leaves, leaf.sequence + 1) }
            }
            return (leaves, range.upperBound)
        }
    }

    /// The numbers of the leaves of a time (milliseconds since 1970, the end not included), found by halving: leaves come
    /// in the order of their times. Where the clock was set back in between, leaves of another time may be among them, or
    /// some of that time before them; the numbers have no gap.
    package func sequences(since: Int64?, until: Int64?) throws(StoreFailure) -> Range<Int64> {
        let size = nextSequence
        return try read { database in
            let statement = try database.cachedStatement(sql: "SELECT time FROM leaf WHERE seq = ?")
            func first(notBefore time: Int64) throws -> Int64 {
                var range = 0..<size
                while !range.isEmpty {
                    let middle = range.lowerBound + Int64(range.count / 2)
                    guard let found = try Int64.fetchOne(statement, arguments: [middle]) else {
                        throw StoreFailure(description: "leaf \(middle) of the log is missing")
                    }
                    range = found < time ? middle + 1..<range.upperBound : range.lowerBound..<middle
                }
                return range.lowerBound
            }
            let from = try since.map(first(notBefore:)) ?? 0
            let to = try until.map(first(notBefore:)) ?? size
            return from..<max(from, to)
        }
    }

    /// SQL for what a filter wants among the leaves from `from` (inclusive) to `before` (exclusive).
    private static func conditions(
        _ filter: DecisionFilter, before: Int64?, from: Int64?
    ) -> ([String], StatementArguments) {
        var conditions = ["seq >= 0"]
        var arguments: StatementArguments = []
        func add(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [value]
        }
        add("seq < ?", before)
        add("seq >= ?", from)
        add("verdict = ?", filter.verdict?.rawValue)
        add("principal = ?", filter.principal)
        add("session_id = ?", filter.sessionID)
        add("executive = ?", filter.executive)
        add("mission_id = ?", filter.missionID)
        // Inside a range of numbers, an index by time would be read from the whole log and sorted: the + keeps it out.
        let time = from == nil ? "time" : "+time"
        add("\(time) >= ?", filter.since)
        add("\(time) < ?", filter.until)
        let denial = [filter.policy.map { ("policy = ?", $0) }, filter.rule.map { ("rule = ?", $0) }].compactMap { $0 }
        if !denial.isEmpty {
            let range = from == nil ? "" : " AND seq >= ? AND seq < ?"
            conditions.append(
                "seq IN (SELECT seq FROM denial WHERE \(denial.map(\.0).joined(separator: " AND "))\(range))")
            for (_, name) in denial { arguments += [name] }
            if let from { arguments += [from, before ?? Int64.max] }
        }
        return (conditions, arguments)
    }

    /// The decision of this id, or nil.
    package func leaf(id: String) throws(StoreFailure) -> StoredLeaf? {
        try leaf("id = ?", id)
    }

    /// The leaf of this number, of whatever kind, or nil.
    package func leaf(sequence: Int64) throws(StoreFailure) -> StoredLeaf? {
        try leaf("seq = ?", sequence)
    }

    private func leaf(
        _ condition: String, _ value: any DatabaseValueConvertible
    ) throws(StoreFailure) -> StoredLeaf? {
        try read { database in
            try Row.fetchOne(
                database.cachedStatement(sql: "SELECT seq, text FROM leaf WHERE \(condition)"), arguments: [value]
            ).map { StoredLeaf(sequence: $0[0], text: $0[1]) }
        }
    }
}
