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
    ///
    /// The newest leaves, of a block that is not whole yet, are looked at one by one; before them what a block is found by
    /// is cut together, and only leaves that meet every condition are read.
    package func decisions(
        _ filter: DecisionFilter, before: Int64?, from: Int64? = nil, limit: Int, bytesMax: Int = .max
    ) throws(StoreFailure) -> Page<StoredLeaf> {
        var page = Page<StoredLeaf>(limit: limit, bytesMax: bytesMax)
        let end = max(0, min(before ?? nextSequence, nextSequence))
        let start = max(0, from ?? 0)
        guard start < end, limit > 0 else { return page }
        let unsealed = nextSequence / LeafSet.leaves * LeafSet.leaves
        try read { database in
            // A session has one decision, and a short range is looked at sooner than blocks are opened.
            if filter.sessionID != nil || end - start <= LeafSet.leaves {
                try filter.scan(start..<end, into: &page, in: database)
                return
            }
            if end > unsealed { try filter.scan(max(start, unsealed)..<end, into: &page, in: database) }
            if start < min(end, unsealed), !page.isFull {
                try filter.search(start..<min(end, unsealed), into: &page, in: database)
            }
        }
        return page
    }

    /// Leaves of every kind among `range`, the oldest first, until they have so many bytes, and the number to go on at.
    ///
    /// What the filter asks of decisions alone, such as a verdict, leaves out all else.
    package func leaves(
        _ filter: DecisionFilter, in range: Range<Int64>, bytesMax: Int
    ) throws(StoreFailure) -> (leaves: [StoredLeaf], next: Int64) {
        let (conditions, arguments) = filter.conditions(range)
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

    /// By how many numbers at most a leaf stands after one of a later time, where no clock was set: so many starts can wait
    /// to be judged.
    private static var disorderMax: Int64 { 4096 }

    /// The numbers of the leaves of a time (milliseconds since 1970, the end not included), found by halving: leaves come
    /// nearly in the order of their times. Where the clock was set back in between, leaves of another time may be among
    /// them, or some of that time before them; the numbers have no gap.
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
            // A start is judged for a while, and what was asked later may be kept before it: near the ends, one by one.
            func nearest(_ function: String, _ range: Range<Int64>, _ condition: String, _ time: Int64) throws -> Int64?
            {
                try Int64.fetchOne(
                    database.cachedStatement(
                        sql: "SELECT \(function)(seq) FROM leaf WHERE seq >= ? AND seq < ? AND +time \(condition) ?"),
                    arguments: [range.lowerBound, range.upperBound, time])
            }
            var (from, to) = (Int64(0), size)
            if let since {
                from = try first(notBefore: since)
                from = try nearest("min", from - Self.disorderMax..<from, ">=", since) ?? from
            }
            if let until {
                to = try first(notBefore: until)
                to = try nearest("max", to..<to + Self.disorderMax, "<", until).map { $0 + 1 } ?? to
            }
            return from..<max(from, to)
        }
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

extension DecisionFilter {
    /// Nil where time does not matter.
    private var times: Range<Int64>? {
        if since == nil, until == nil { return nil }
        let since = since ?? Int64.min
        return since..<max(since, until ?? Int64.max)
    }

    private var facets: [LeafBlock.Facet] {
        var facets: [LeafBlock.Facet] = []
        func add(_ kind: LeafBlock.Facet.Kind, _ text: String?) {
            if let text { facets.append(LeafBlock.Facet(kind: kind, text: text)) }
        }
        add(.verdict, verdict?.rawValue)
        add(.principal, principal)
        add(.executive, executive)
        add(.mission, missionID)
        switch (policy, rule) {
        case (let policy?, let rule?): facets.append(.rule(rule, of: policy))
        default:
            add(.policy, policy)
            add(.rule, rule)
        }
        return facets.isEmpty ? [.decision] : facets
    }

    /// Decisions of whole blocks.
    fileprivate func search(_ range: Range<Int64>, into page: inout Page<StoredLeaf>, in database: Database) throws {
        let blocks = range.lowerBound / LeafSet.leaves...(range.upperBound - 1) / LeafSet.leaves
        var cursors = try facets.map { try LeafBlockCursor($0, blocks, database) }
        // A narrow time leads, so that the others pass over what it leaves out.
        if let times { cursors.insert(try LeafBlockCursor(times, blocks, database), at: 0) }
        while let block = cursors[0].block {
            for index in cursors.indices.dropFirst() { try cursors[index].advance(to: block) }
            let others = cursors.map(\.block)
            if others.contains(nil) { break }
            if let earlier = others.compactMap(\.self).min(), earlier < block {
                try cursors[0].advance(to: earlier)
                continue
            }
            var leaves = cursors[0].leaves
            for cursor in cursors.dropFirst() { leaves.cut(with: cursor.leaves) }
            if !cursors[0].isWhole, let times { leaves.cut(with: try Self.leaves(of: block, in: times, database)) }
            while let place = leaves.removeLast() {
                let sequence = block * LeafSet.leaves + place
                guard range.contains(sequence) else { continue }
                if let leaf = try Self.leaf(sequence, in: database) { page.add(leaf, bytes: leaf.text.utf8.count) }
                if page.isFull { return }
            }
            try cursors[0].advance()
        }
    }

    /// Which leaves of a block are of a time that the block is only partly of.
    private static func leaves(of block: Int64, in times: Range<Int64>, _ database: Database) throws -> LeafSet {
        let sequences = try Int64.fetchAll(
            database.cachedStatement(
                sql: "SELECT seq FROM leaf WHERE seq >= ? AND seq < ? AND time >= ? AND time < ?"),
            arguments: [
                block * LeafSet.leaves, (block + 1) * LeafSet.leaves, times.lowerBound, times.upperBound,
            ])
        var leaves = LeafSet.empty
        for sequence in sequences { leaves.insert(sequence) }
        return leaves
    }

    private static func leaf(_ sequence: Int64, in database: Database) throws -> StoredLeaf? {
        try String.fetchOne(
            database.cachedStatement(sql: "SELECT text FROM leaf WHERE seq = ?"), arguments: [sequence]
        ).map { StoredLeaf(sequence: sequence, text: $0) }
    }

    /// Decisions of any leaves, looked at one by one.
    fileprivate func scan(_ range: Range<Int64>, into page: inout Page<StoredLeaf>, in database: Database) throws {
        var (conditions, arguments) = conditions(range)
        conditions.append("kind = 'decision'")
        arguments += [page.limit]
        let sql = """
            SELECT seq, text FROM leaf WHERE \(conditions.joined(separator: " AND ")) ORDER BY seq DESC LIMIT ?
            """
        let rows = try Row.fetchCursor(database.cachedStatement(sql: sql), arguments: arguments)
        while !page.isFull, let row = try rows.next() {
            let leaf = StoredLeaf(sequence: row[0], text: row[1])
            page.add(leaf, bytes: leaf.text.utf8.count)
        }
    }

    /// SQL for what is wanted among a range of leaves.
    fileprivate func conditions(_ range: Range<Int64>) -> ([String], StatementArguments) {
        var conditions: [String] = []
        var arguments: StatementArguments = []
        func add(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [value]
        }
        add("seq >= ?", range.lowerBound)
        add("seq < ?", range.upperBound)
        add("session_id = ?", sessionID)
        add("verdict = ?", verdict?.rawValue)
        add("principal = ?", principal)
        add("executive = ?", executive)
        add("mission_id = ?", missionID)
        add("time >= ?", times?.lowerBound)
        add("time < ?", times?.upperBound)
        let denial = [policy.map { ("policy = ?", $0) }, rule.map { ("rule = ?", $0) }].compactMap { $0 }
        if !denial.isEmpty {
            let same = denial.map(\.0).joined(separator: " AND ")
            conditions.append("EXISTS (SELECT 1 FROM denial WHERE denial.seq = leaf.seq AND \(same))")
            for (_, name) in denial { arguments += [name] }
        }
        return (conditions, arguments)
    }
}
