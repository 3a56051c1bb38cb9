internal import Foundation
internal import GRDB

/// Which leaves of a block of 1,024 have something in common. An index answers one condition, and two common ones with
/// nothing in common take it through the whole log; sets of leaves can be cut with each other, a block at a time.
struct LeafSet {
    static let leaves: Int64 = 1024
    private static let wordCount = Int(leaves) / 64

    private var words: [UInt64]

    static let empty = LeafSet(words: [UInt64](repeating: 0, count: wordCount))
    static let whole = LeafSet(words: [UInt64](repeating: .max, count: wordCount))

    private init(words: [UInt64]) { self.words = words }

    /// Reads what `data` wrote.
    init(_ data: Data) {
        self = .empty
        data.withUnsafeBytes { bytes in
            if bytes.count == Self.wordCount * 8 {
                for index in 0..<Self.wordCount {
                    words[index] = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
                }
            } else {
                for offset in stride(from: 0, to: bytes.count - 1, by: 2) {
                    insert(Int64(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))))
                }
            }
        }
    }

    /// Few leaves as their places, two bytes each; many as 128 bytes, a bit each.
    var data: Data {
        var data = Data()
        if words.reduce(0, { $0 + $1.nonzeroBitCount }) * 2 < Self.wordCount * 8 {
            var rest = self
            while let place = rest.removeLast() {
                withUnsafeBytes(of: UInt16(place).littleEndian) { data.append(contentsOf: $0) }
            }
        } else {
            for word in words { withUnsafeBytes(of: word.littleEndian) { data.append(contentsOf: $0) } }
        }
        return data
    }

    mutating func insert(_ place: Int64) {
        let place = Int(place & (Self.leaves - 1))
        words[place / 64] |= 1 << UInt64(place % 64)
    }

    mutating func cut(with other: LeafSet) {
        for index in words.indices { words[index] &= other.words[index] }
    }

    /// Takes the last place out.
    mutating func removeLast() -> Int64? {
        guard let index = words.lastIndex(where: { $0 != 0 }) else { return nil }
        let bit = 63 - words[index].leadingZeroBitCount
        words[index] &= ~(1 << UInt64(bit))
        return Int64(index * 64 + bit)
    }
}

/// What decisions are found by, kept for each whole block of leaves: which of them have it (table `leaf_block`), and from
/// when to when they are (`leaf_block_time`). A block is written once, in the transaction that adds its last leaf.
enum LeafBlock {
    /// A condition that a decision meets or not.
    struct Facet: Hashable {
        enum Kind: Int64 { case decision, verdict, principal, executive, mission, policy, rule, policyAndRule }
        let kind: Kind
        let text: String

        static let decision = Facet(kind: .decision, text: "")

        /// A rule of a policy: both must stand in one denial. The length keeps two pairs apart that read the same.
        static func rule(_ rule: String, of policy: String) -> Facet {
            Facet(kind: .policyAndRule, text: "\(policy.utf8.count) \(policy) \(rule)")
        }
    }

    static let tables = """
        CREATE TABLE leaf_block (
            facet INTEGER NOT NULL,
            text TEXT NOT NULL,
            block INTEGER NOT NULL,
            leaves BLOB NOT NULL,
            PRIMARY KEY (facet, text, block)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE leaf_block_time (
            block INTEGER PRIMARY KEY,
            earliest INTEGER NOT NULL,
            latest INTEGER NOT NULL
        ) STRICT;
        """

    /// Keeps the index of a block whose leaves are all there.
    static func seal(_ block: Int64, in database: Database) throws {
        let range = [block * LeafSet.leaves, (block + 1) * LeafSet.leaves]
        var sets: [Facet: LeafSet] = [:]
        func add(_ kind: Facet.Kind, _ text: String?, _ sequence: Int64) {
            if let text { sets[Facet(kind: kind, text: text), default: .empty].insert(sequence) }
        }
        var times: (earliest: Int64, latest: Int64)?
        let leaves = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT seq, time, verdict, principal, executive, mission_id FROM leaf
                    WHERE seq >= ? AND seq < ? AND kind = 'decision'
                    """), arguments: StatementArguments(range))
        while let row = try leaves.next() {
            let (sequence, time): (Int64, Int64) = (row[0], row[1])
            times = (min(times?.earliest ?? time, time), max(times?.latest ?? time, time))
            add(.decision, "", sequence)
            add(.verdict, row[2], sequence)
            add(.principal, row[3], sequence)
            add(.executive, row[4], sequence)
            add(.mission, row[5], sequence)
        }
        let denials = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT seq, policy, rule FROM denial WHERE seq >= ? AND seq < ?"),
            arguments: StatementArguments(range))
        while let row = try denials.next() {
            let (sequence, policy, rule): (Int64, String, String) = (row[0], row[1], row[2])
            add(.policy, policy, sequence)
            add(.rule, rule, sequence)
            sets[.rule(rule, of: policy), default: .empty].insert(sequence)
        }
        for (facet, set) in sets {
            try database.cachedStatement(sql: "INSERT INTO leaf_block (facet, text, block, leaves) VALUES (?, ?, ?, ?)")
                .execute(arguments: [facet.kind.rawValue, facet.text, block, set.data])
        }
        guard let times else { return }
        try database.cachedStatement(sql: "INSERT INTO leaf_block_time (block, earliest, latest) VALUES (?, ?, ?)")
            .execute(arguments: [block, times.earliest, times.latest])
    }
}

/// The blocks that have something of a condition, from the last to the first.
struct LeafBlockCursor {
    private let rows: RowCursor
    private let read: (Row) -> (leaves: LeafSet, isWhole: Bool)
    /// Where it stands; nil behind the first block.
    private(set) var block: Int64?
    private(set) var leaves = LeafSet.empty
    /// Whether all of `leaves` meet the condition, so that none need be looked at.
    private(set) var isWhole = true

    init(_ facet: LeafBlock.Facet, _ blocks: ClosedRange<Int64>, _ database: Database) throws {
        rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT block, leaves FROM leaf_block WHERE facet = ? AND text = ? AND block BETWEEN ? AND ?
                ORDER BY block DESC
                """, arguments: [facet.kind.rawValue, facet.text, blocks.lowerBound, blocks.upperBound])
        read = { (LeafSet($0[1] as Data), true) }
        try advance()
    }

    /// Decisions of a time.
    init(_ times: Range<Int64>, _ blocks: ClosedRange<Int64>, _ database: Database) throws {
        rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT block, earliest, latest FROM leaf_block_time
                WHERE block BETWEEN ? AND ? AND latest >= ? AND earliest < ? ORDER BY block DESC
                """, arguments: [blocks.lowerBound, blocks.upperBound, times.lowerBound, times.upperBound])
        read = { row in
            let (earliest, latest): (Int64, Int64) = (row[1], row[2])
            return (.whole, times.contains(earliest) && times.contains(latest))
        }
        try advance()
    }

    /// Goes on to the block before.
    mutating func advance() throws {
        guard let row = try rows.next() else {
            block = nil
            return
        }
        block = row[0]
        (leaves, isWhole) = read(row)
    }

    /// Goes on to this block, or the first before it that has something.
    mutating func advance(to target: Int64) throws {
        while let block, block > target { try advance() }
    }
}
