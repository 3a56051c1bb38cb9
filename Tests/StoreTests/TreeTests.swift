import DecisionLog
import GRDB
import Store
import Testing

/// The tree over the log, from its kept nodes.
@Suite struct TreeTests {
    private let run: StoreRun

    init() throws { run = try StoreRun() }

    private func keep(_ sequences: Range<Int64>) throws {
        try run.store.commit(sequences.map { .leaf(try Sample.leaf($0)) }, durably: true)
    }

    private static func leaf(_ sequence: Int64) -> MerkleHash { .leaf(Array("text \(sequence)".utf8)) }

    @Test func rootsAndProofsAreThoseOfTheTextsAlsoAfterTheNextStart() throws {
        var whole = MerkleTree()
        var roots = [whole.root]
        for sequence in 0..<Int64(40) {
            _ = whole.append(Self.leaf(sequence))
            roots.append(whole.root)
        }
        for range in [0..<1, 1..<4, 4..<21] as [Range<Int64>] { try keep(range) }
        try run.reopen()
        #expect(run.store.tree.size == 21 && run.store.tree.root == roots[21])
        try keep(21..<40)
        #expect(run.store.tree == whole)
        for size in 0...Int64(40) {
            #expect(try run.store.root(size: size) == roots[Int(size)])
            for sequence in 0..<size {
                let proof = try run.store.inclusionProof(of: sequence, size: size)
                #expect(
                    MerkleProof.includes(
                        Self.leaf(sequence), at: sequence, size: size, root: roots[Int(size)], proof: proof))
            }
            for from in 0...size {
                let proof = try run.store.consistencyProof(from: from, to: size)
                #expect(
                    MerkleProof.isConsistent(
                        from: from, roots[Int(from)], to: size, roots[Int(size)], proof: proof))
            }
        }
    }

    @Test func aTurnThatIsNotKeptAddsNothing() throws {
        try keep(0..<3)
        let tree = run.store.tree
        for sequence in [2, 5] as [Int64] {
            #expect(throws: StoreFailure.self) { try keep(3..<4, then: sequence) }
            #expect(run.store.tree == tree && run.store.nextSequence == 3)
        }
        try keep(3..<4)
        try run.reopen()
        #expect(run.store.tree.size == 4)
    }

    private func keep(_ sequences: Range<Int64>, then sequence: Int64) throws {
        let writes: [StoreWrite] = (Array(sequences) + [sequence]).compactMap { try? .leaf(Sample.leaf($0)) }
        try run.store.commit(writes, durably: true)
    }

    private func alter(_ sql: String...) throws {
        let queue = try DatabaseQueue(path: run.path)
        try queue.write { database in for statement in sql { try database.execute(sql: statement) } }
    }

    @Test func aLogOfAVersionWithoutTreeGetsOne() throws {
        try keep(0..<33)
        let tree = run.store.tree
        try alter("DROP TABLE tree", "DELETE FROM grdb_migrations WHERE identifier = 'tree'")
        try run.reopen()
        #expect(run.store.tree == tree && tree.size == 33)
        #expect(try run.store.root(size: 20) != tree.root)
    }

    @Test(arguments: ["DELETE FROM leaf WHERE seq = 4", "DELETE FROM tree WHERE seq = 4"])
    func aLogThatWasCutIsNotGoneOnWith(sql: String) throws {
        try keep(0..<5)
        try alter(sql)
        #expect(throws: StoreFailure.self) { try run.reopen() }
    }
}
