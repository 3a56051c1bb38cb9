/// Proofs of a Merkle tree (RFC 6962, section 2.1): made from kept nodes, checked from nothing but themselves.
package enum MerkleProof {
    // MARK: making

    /// The proof that leaf `index` is in the tree of `size` leaves. `0 <= index < size`.
    package static func inclusion<Failure: Error>(
        of index: Int64, size: Int64, node: (_ level: Int, _ number: Int64) throws(Failure) -> MerkleHash
    ) throws(Failure) -> [MerkleHash] {
        precondition(0 <= index && index < size, "a leaf of the tree")
        return try walk(index, 0..<size, node)
    }

    /// The proof that the tree of `from` leaves is the beginning of the tree of `to` leaves. `0 <= from <= to`; from
    /// nothing, and to itself, there is nothing to prove.
    package static func consistency<Failure: Error>(
        from: Int64, to: Int64, node: (_ level: Int, _ number: Int64) throws(Failure) -> MerkleHash
    ) throws(Failure) -> [MerkleHash] {
        precondition(0 <= from && from <= to, "an earlier tree and a later one")
        guard 0 < from, from < to else { return [] }
        var leaves = 0..<to
        var proof: [MerkleHash] = []
        // Down to the smallest subtree that ends where the earlier tree does; what branches off is the proof.
        while from != leaves.upperBound {
            let middle = split(leaves)
            if from <= middle {
                proof.append(try hash(of: middle..<leaves.upperBound, node))
                leaves = leaves.lowerBound..<middle
            } else {
                proof.append(try hash(of: leaves.lowerBound..<middle, node))
                leaves = middle..<leaves.upperBound
            }
        }
        // Where that is the whole earlier tree, its hash is known to whoever asks.
        if leaves.lowerBound != 0 { proof.append(try hash(of: leaves, node)) }
        return proof.reversed()
    }

    /// The root of the tree of the first `size` leaves.
    package static func root<Failure: Error>(
        size: Int64, node: (_ level: Int, _ number: Int64) throws(Failure) -> MerkleHash
    ) throws(Failure) -> MerkleHash {
        size == 0 ? .ofNothing : try hash(of: 0..<size, node)
    }

    private static func walk<Failure: Error>(
        _ index: Int64, _ leaves: Range<Int64>, _ node: (Int, Int64) throws(Failure) -> MerkleHash
    ) throws(Failure) -> [MerkleHash] {
        var leaves = leaves
        var proof: [MerkleHash] = []
        while leaves.count > 1 {
            let middle = split(leaves)
            if index < middle {
                proof.append(try hash(of: middle..<leaves.upperBound, node))
                leaves = leaves.lowerBound..<middle
            } else {
                proof.append(try hash(of: leaves.lowerBound..<middle, node))
                leaves = middle..<leaves.upperBound
            }
        }
        return proof.reversed()
    }

    /// Where a tree divides: after the largest power of two below its size.
    private static func split(_ leaves: Range<Int64>) -> Int64 {
        let level = Int64.bitWidth - 1 - Int64(leaves.count - 1).leadingZeroBitCount
        return leaves.lowerBound + 1 << Int64(level)
    }

    private static func hash<Failure: Error>(
        of leaves: Range<Int64>, _ node: (Int, Int64) throws(Failure) -> MerkleHash
    ) throws(Failure) -> MerkleHash {
        var parts: [MerkleHash] = []
        for part in MerkleTree.subtrees(of: leaves) { parts.append(try node(part.level, part.number)) }
        guard let hash = MerkleTree.join(parts) else { preconditionFailure("a part of a tree has leaves") }
        return hash
    }

    // MARK: checking

    /// Whether the proof shows that the leaf of this hash is leaf `index` of the tree of that size and root.
    package static func includes(
        _ leaf: MerkleHash, at index: Int64, size: Int64, root: MerkleHash, proof: [MerkleHash]
    ) -> Bool {
        guard 0 <= index, index < size else { return false }
        var (number, last) = (index, size - 1)
        var hash = leaf
        for sibling in proof {
            if last == 0 { return false }
            if number & 1 == 1 || number == last {
                hash = .parent(sibling, hash)
                while number & 1 == 0, number != 0 { (number, last) = (number >> 1, last >> 1) }
            } else {
                hash = .parent(hash, sibling)
            }
            (number, last) = (number >> 1, last >> 1)
        }
        return last == 0 && hash == root
    }

    /// Whether the proof shows that the tree of size `from` and root `earlier` is the beginning of the other.
    package static func isConsistent(
        from: Int64, _ earlier: MerkleHash, to: Int64, _ later: MerkleHash, proof: [MerkleHash]
    ) -> Bool {
        guard 0 <= from, from <= to else { return false }
        if from == to { return proof.isEmpty && earlier == later }
        if from == 0 { return proof.isEmpty && earlier == .ofNothing }
        // A whole subtree need not be told: its hash is the earlier root.
        var rest = (from & (from - 1) == 0 ? [earlier] : []) + proof
        guard !rest.isEmpty else { return false }
        var (number, last) = (from - 1, to - 1)
        while number & 1 == 1 { (number, last) = (number >> 1, last >> 1) }
        let seed = rest.removeFirst()
        var (first, second) = (seed, seed)
        for sibling in rest {
            if last == 0 { return false }
            if number & 1 == 1 || number == last {
                (first, second) = (.parent(sibling, first), .parent(sibling, second))
                while number & 1 == 0, number != 0 { (number, last) = (number >> 1, last >> 1) }
            } else {
                second = .parent(second, sibling)
            }
            (number, last) = (number >> 1, last >> 1)
        }
        return last == 0 && first == earlier && second == later
    }
}
