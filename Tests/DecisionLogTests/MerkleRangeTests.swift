import DecisionLog
import Testing

/// A run of leaves and two proofs give the root, and nothing else does.
@Suite struct MerkleRangeTests {
    private static let leaves = (0..<19).map { MerkleHash.leaf(Array("leaf \($0)".utf8)) }
    private static let other = MerkleHash.leaf([1])

    private static func tree(_ leaves: some Sequence<MerkleHash>) -> MerkleTree {
        leaves.reduce(into: MerkleTree()) { tree, leaf in _ = tree.append(leaf) }
    }

    /// By the definition: the root of what stands below, which for these trees is a tree of its own.
    private static func proof(_ index: Int, _ size: Int) -> [MerkleHash] {
        MerkleProof.inclusion(of: Int64(index), size: Int64(size)) { level, number in
            let first = number << Int64(level)
            return tree(leaves[Int(first)..<Int(first) + 1 << level]).root
        }
    }

    private static func root(
        _ size: Int, _ first: Int, _ leaves: [MerkleHash], _ ofFirst: [MerkleHash], _ ofLast: [MerkleHash]
    ) -> MerkleHash? {
        MerkleRange.root(
            size: Int64(size), first: Int64(first), leaves: leaves, proofOfFirst: ofFirst, proofOfLast: ofLast)
    }

    @Test func everyRunOfEveryTreeGivesItsRoot() {
        for size in 1...Self.leaves.count {
            let root = Self.tree(Self.leaves[..<size]).root
            for first in 0..<size {
                for last in first..<size {
                    let (ofFirst, ofLast) = (Self.proof(first, size), Self.proof(last, size))
                    #expect(Self.root(size, first, Array(Self.leaves[first...last]), ofFirst, ofLast) == root)
                }
            }
        }
    }

    @Test func aRunThatIsNotTheLogsDoesNot() {
        let (size, first, last) = (19, 5, 12)
        let root = Self.tree(Self.leaves).root
        let run = Array(Self.leaves[first...last])
        let (ofFirst, ofLast) = (Self.proof(first, size), Self.proof(last, size))
        for place in run.indices {
            var changed = run
            changed[place] = Self.other
            #expect(Self.root(size, first, changed, ofFirst, ofLast) != root)
            changed.remove(at: place)
            #expect(Self.root(size, first, changed, ofFirst, ofLast) != root, "one is missing")
        }
        #expect(Self.root(size, first, run.reversed(), ofFirst, ofLast) != root)
        #expect(Self.root(size, first + 1, run, ofFirst, ofLast) != root)
        #expect(Self.root(size * 2, first, run, ofFirst, ofLast) != root)
        for place in ofFirst.indices {
            var changed = ofFirst
            changed[place] = Self.other
            // What stands to the right of the first leaf, inside the run, is not needed from its proof.
            let isNeeded = Self.root(size, first, run, changed, ofLast) != root
            changed.removeLast()
            #expect(Self.root(size, first, run, changed, ofLast) != root)
            if place == 0 { #expect(isNeeded || first.isMultiple(of: 2)) }
        }
        #expect(Self.root(size, first, [], ofFirst, ofLast) == nil)
        #expect(Self.root(size, first, run, ofFirst + [Self.other], ofLast) == nil)
        #expect(Self.root(size, 18, run, ofFirst, ofLast) == nil, "beyond the end")
    }
}
