package import DecisionLog
internal import Foundation
internal import GRDB

/// How the nodes of the log's Merkle tree are kept: with each leaf those that it completes, from its own hash upward, 32
/// bytes each. So a leaf adds one row, nothing is ever changed, and the node at `level` with `number` stands in the row of
/// the last leaf below it, `((number + 1) << level) - 1`, at byte `32 * level`.
enum TreeRow {
    static func insert(_ completed: [MerkleHash], _ sequence: Int64, into database: Database) throws {
        var hashes = Data(capacity: completed.count * MerkleHash.byteCount)
        for hash in completed { hashes.append(contentsOf: hash.bytes) }
        try database.cachedStatement(sql: "INSERT INTO tree (seq, hashes) VALUES (?, ?)")
            .execute(arguments: [sequence, hashes])
    }

    /// One node; throws where it was never kept.
    static func node(level: Int, number: Int64, in database: Database) throws -> MerkleHash {
        let sequence = MerkleTree.completingLeaf(level: level, number: number)
        let hash = try Data.fetchOne(
            database.cachedStatement(sql: "SELECT substr(hashes, ?, ?) FROM tree WHERE seq = ?"),
            arguments: [level * MerkleHash.byteCount + 1, MerkleHash.byteCount, sequence])
        guard let hash = hash.flatMap({ MerkleHash($0) }) else {
            throw StoreFailure(description: "the tree over the log has a hole at leaf \(sequence)")
        }
        return hash
    }

    /// The tree of all leaves, to be added to.
    static func tree(in database: Database) throws -> MerkleTree {
        let sizes = try Row.fetchOne(
            database,
            sql: "SELECT (SELECT ifnull(max(seq), -1) + 1 FROM leaf), (SELECT ifnull(max(seq), -1) + 1 FROM tree)")
        guard let leaves: Int64 = sizes?[0], let kept: Int64 = sizes?[1], leaves == kept else {
            throw StoreFailure(
                description: "the log has been damaged: its leaves and the tree over them end at different numbers")
        }
        return try MerkleTree(size: leaves) { level, number throws(any Error) in
            try node(level: level, number: number, in: database)
        }
    }

    /// For a log of a version that kept no tree.
    static func computeAll(in database: Database) throws {
        var tree = MerkleTree()
        let leaves = try Row.fetchCursor(database, sql: "SELECT seq, text FROM leaf ORDER BY seq")
        while let row = try leaves.next() {
            let sequence: Int64 = row[0]
            let text: String = row[1]
            guard sequence == tree.size else {
                throw StoreFailure(description: "the log has been damaged: leaf \(tree.size) is missing")
            }
            try insert(tree.append(.leaf(Array(text.utf8))), sequence, into: database)
        }
    }
}

extension Store {
    /// The root over the first `size` leaves, of which there are at least so many.
    package func root(size: Int64) throws(StoreFailure) -> MerkleHash {
        try read { database in
            try MerkleProof.root(size: size) { level, number throws(any Error) in
                try TreeRow.node(level: level, number: number, in: database)
            }
        }
    }

    /// The proof that leaf `sequence` is in the tree of the first `size` leaves.
    package func inclusionProof(of sequence: Int64, size: Int64) throws(StoreFailure) -> [MerkleHash] {
        try read { database in
            try MerkleProof.inclusion(of: sequence, size: size) { level, number throws(any Error) in
                try TreeRow.node(level: level, number: number, in: database)
            }
        }
    }

    /// The proof that the tree of the first `from` leaves is the beginning of that of the first `to`.
    package func consistencyProof(from: Int64, to: Int64) throws(StoreFailure) -> [MerkleHash] {
        try read { database in
            try MerkleProof.consistency(from: from, to: to) { level, number throws(any Error) in
                try TreeRow.node(level: level, number: number, in: database)
            }
        }
    }
}
