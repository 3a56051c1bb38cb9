/// A Merkle tree (RFC 6962) as far as adding to it needs: the hashes of its complete subtrees along the right edge.
///
/// What a leaf completes is to be kept by whoever wants proofs: `append` answers it. A node is named by its level (0: a
/// leaf) and its number in that level; it covers the leaves `number << level ..< (number + 1) << level`.
package struct MerkleTree: Equatable, Sendable {
    /// How many leaves there are.
    package private(set) var size: Int64 = 0
    /// One for each bit of `size` that is set, the largest first.
    private var edge: [MerkleHash] = []

    /// A tree without leaves.
    package init() {}

    /// A tree of so many leaves, whose complete subtrees are read from where they were kept.
    package init<Failure: Error>(
        size: Int64, node: (_ level: Int, _ number: Int64) throws(Failure) -> MerkleHash
    ) throws(Failure) {
        self.size = size
        for part in Self.subtrees(of: 0..<size) { edge.append(try node(part.level, part.number)) }
    }

    /// Adds a leaf. Answers the nodes that it completes, by their levels: first the leaf's own hash.
    package mutating func append(_ leaf: MerkleHash) -> [MerkleHash] {
        var completed: [MerkleHash] = []
        append(leaf) { completed.append($0) }
        return completed
    }

    /// Adds a leaf, and tells of each node that it completes, by their levels: first of the leaf's own hash.
    package mutating func append(_ leaf: MerkleHash, completing: (MerkleHash) -> Void) {
        completing(leaf)
        var hash = leaf
        var bits = size
        while bits & 1 == 1 {
            hash = .parent(edge.removeLast(), hash)
            completing(hash)
            bits >>= 1
        }
        edge.append(hash)
        size += 1
    }

    /// The root: it names every leaf and their order.
    package var root: MerkleHash { Self.join(edge) ?? .ofNothing }

    /// The leaf whose adding completed a node.
    package static func completingLeaf(level: Int, number: Int64) -> Int64 { (number + 1) << Int64(level) - 1 }

    /// The hash over neighbours that get smaller to the right.
    static func join(_ parts: [MerkleHash]) -> MerkleHash? {
        guard var hash = parts.last else { return nil }
        for left in parts.dropLast().reversed() { hash = .parent(left, hash) }
        return hash
    }

    /// The complete subtrees that a range of leaves is made of, from left to right. The range begins where a subtree of
    /// at least its size may begin, as every range in a proof does.
    static func subtrees(of leaves: Range<Int64>) -> [(level: Int, number: Int64)] {
        var parts: [(level: Int, number: Int64)] = []
        var start = leaves.lowerBound
        while start < leaves.upperBound {
            let level = Int64.bitWidth - 1 - (leaves.upperBound - start).leadingZeroBitCount
            parts.append((level, start >> Int64(level)))
            start += 1 << Int64(level)
        }
        return parts
    }
}
