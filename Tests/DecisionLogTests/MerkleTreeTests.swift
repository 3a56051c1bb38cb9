import Crypto
import DecisionLog
import Testing

@Suite struct MerkleTreeTests {
    private let known = WholeTree(MerkleVectors.leaves)

    /// The definition in RFC 6962, section 2.1, word for word, from all leaves.
    private static func root(_ leaves: ArraySlice<[UInt8]>) -> MerkleHash {
        if leaves.isEmpty { return .ofNothing }
        if leaves.count == 1 { return .leaf(leaves[leaves.startIndex]) }
        var k = 1
        while k * 2 < leaves.count { k *= 2 }
        let middle = leaves.startIndex + k
        return .parent(root(leaves[..<middle]), root(leaves[middle...]))
    }

    @Test func rootsAreThePublishedOnes() {
        #expect(MerkleVectors.roots.count == 9)
        var tree = MerkleTree()
        #expect(tree.root == MerkleVectors.roots[0])
        for (index, leaf) in MerkleVectors.leaves.enumerated() {
            _ = tree.append(.leaf(leaf))
            #expect(tree.root == MerkleVectors.roots[index + 1] && tree.size == Int64(index + 1))
        }
        for size in 0...8 {
            #expect(MerkleProof.root(size: Int64(size), node: known.node) == MerkleVectors.roots[size])
        }
    }

    @Test func proofsAreThePublishedOnes() {
        for vector in MerkleVectors.inclusion {
            #expect(MerkleProof.inclusion(of: vector.index, size: vector.size, node: known.node) == vector.proof)
        }
        for vector in MerkleVectors.consistency {
            #expect(MerkleProof.consistency(from: vector.from, to: vector.to, node: known.node) == vector.proof)
        }
    }

    @Test func everyProofOfEveryTreeUpTo70LeavesHoldsAndNoOther() throws {
        let leaves = (0..<70).map { Array("leaf \($0)".utf8) }
        let whole = WholeTree(leaves)
        let roots = (0...70).map { Self.root(leaves[..<$0]) }
        for size in 0...Int64(70) {
            let root = roots[Int(size)]
            #expect(MerkleProof.root(size: size, node: whole.node) == root)
            let resumed = MerkleTree(size: size, node: whole.node)
            #expect(resumed.root == root && resumed.size == size)
            for index in 0..<size {
                let leaf = MerkleHash.leaf(leaves[Int(index)])
                let proof = MerkleProof.inclusion(of: index, size: size, node: whole.node)
                func holds(_ leaf: MerkleHash, _ index: Int64, _ size: Int64, _ proof: [MerkleHash]) -> Bool {
                    MerkleProof.includes(leaf, at: index, size: size, root: root, proof: proof)
                }
                #expect(holds(leaf, index, size, proof))
                let other = MerkleHash.leaf([1])
                #expect(!holds(other, index, size, proof) && !holds(leaf, size, size, proof))
                #expect(!holds(leaf, -1, size, proof) && !holds(leaf, index, size, proof + [other]))
                if size > 1 { #expect(!holds(leaf, index ^ 1, size, proof) || index ^ 1 >= size) }
                for place in proof.indices {
                    var bent = proof
                    bent[place] = other
                    #expect(!holds(leaf, index, size, bent))
                    bent.remove(at: place)
                    #expect(!holds(leaf, index, size, bent))
                }
            }
            for from in 0...size {
                let earlier = roots[Int(from)]
                let proof = MerkleProof.consistency(from: from, to: size, node: whole.node)
                func holds(_ from: Int64, _ earlier: MerkleHash, _ later: MerkleHash, _ proof: [MerkleHash]) -> Bool {
                    MerkleProof.isConsistent(from: from, earlier, to: size, later, proof: proof)
                }
                #expect(holds(from, earlier, root, proof))
                let other = MerkleHash.leaf([2])
                #expect(!holds(from, other, root, proof) && !holds(from, earlier, root, proof + [other]))
                #expect(!holds(-1, earlier, root, proof) && !holds(size + 1, earlier, root, proof))
                // From nothing to anything there is nothing to show, so any later root will do.
                if from > 0 { #expect(!holds(from, earlier, other, proof)) }
                if from > 0, from < size { #expect(!holds(from, root, earlier, proof)) }
                for place in proof.indices {
                    var bent = proof
                    bent[place] = other
                    #expect(!holds(from, earlier, root, bent))
                    bent.remove(at: place)
                    #expect(!holds(from, earlier, root, bent))
                }
            }
        }
    }

    @Test func aLeafIsNoNode() {
        let (left, right) = (MerkleHash.leaf([1]), MerkleHash.leaf([2]))
        #expect(MerkleHash.leaf(left.bytes + right.bytes) != MerkleHash.parent(left, right))
    }

    @Test func aHashIsReadInOneWay() {
        let hash = MerkleHash.leaf([])
        #expect(MerkleHash(base64: hash.base64) == hash && MerkleHash(hash.bytes) == hash)
        #expect(MerkleHash(base64: String(hash.base64.dropLast())) == nil && MerkleHash(hash.bytes.dropLast()) == nil)
        // The last digit before the padding has four bits that stand for nothing; set, they would be a second spelling.
        #expect(MerkleHash(base64: String(hash.base64.dropLast(2)) + "1=") == nil)
    }
}
