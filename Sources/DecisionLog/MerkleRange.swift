/// A run of leaves of a Merkle tree, checked as a whole: that none of them is missing, added, changed or moved.
package enum MerkleRange {
    /// The root of the tree of `size` leaves in which these stand from number `first` on, with the inclusion proofs of the
    /// first and the last of them: what is left of the run follows from the one, what is right of it from the other. Nil
    /// where the proofs do not have the form of such proofs, or do not agree.
    package static func root(
        size: Int64, first: Int64, leaves: [MerkleHash], proofOfFirst: [MerkleHash], proofOfLast: [MerkleHash]
    ) -> MerkleHash? {
        let run = first..<first + Int64(leaves.count)
        guard !leaves.isEmpty, first >= 0, run.upperBound <= size else { return nil }
        var beside: [Range<Int64>: MerkleHash] = [:]
        guard take(proofOfFirst, of: first, size, &beside), take(proofOfLast, of: run.upperBound - 1, size, &beside)
        else { return nil }
        return hash(of: 0..<size, run, leaves[...], beside)
    }

    /// Puts the hashes of a proof to the subtrees that they are of.
    private static func take(
        _ proof: [MerkleHash], of index: Int64, _ size: Int64, _ beside: inout [Range<Int64>: MerkleHash]
    ) -> Bool {
        var subtree = 0..<size
        for hash in proof.reversed() {
            guard subtree.count > 1 else { return false }
            let middle = split(subtree)
            let (left, right) = (subtree.lowerBound..<middle, middle..<subtree.upperBound)
            let other = index < middle ? right : left
            if let known = beside[other], known != hash { return false }
            beside[other] = hash
            subtree = index < middle ? left : right
        }
        return subtree.count == 1
    }

    private static func hash(
        of subtree: Range<Int64>, _ run: Range<Int64>, _ leaves: ArraySlice<MerkleHash>,
        _ beside: [Range<Int64>: MerkleHash]
    ) -> MerkleHash? {
        if !subtree.overlaps(run) { return beside[subtree] }
        if subtree.count == 1 { return leaves[Int(subtree.lowerBound - run.lowerBound)] }
        let middle = split(subtree)
        guard let left = hash(of: subtree.lowerBound..<middle, run, leaves, beside),
            let right = hash(of: middle..<subtree.upperBound, run, leaves, beside)
        else { return nil }
        return .parent(left, right)
    }

    /// Where a tree of more than one leaf is divided: after the largest power of two that leaves something to the right.
    private static func split(_ leaves: Range<Int64>) -> Int64 {
        leaves.lowerBound + 1 << Int64(63 - Int64(leaves.count - 1).leadingZeroBitCount)
    }
}
