/// A part of a log: a run of records or a choice of them, with proofs that they are those of one checkpoint.
package struct LogPart {
    let range: Range<Int64>
    /// Whether only some records of the range are there, so that each has a proof of its own.
    package let isChoice: Bool
    let checkpoint: Checkpoint
    /// The number of the record that comes next; of a choice, the least that it may have.
    private(set) var next: Int64
    private(set) var count: Int64 = 0
    private var run: [MerkleHash] = []
    private var proofs: [Int64: [MerkleHash]] = [:]

    /// Nil where the checkpoint does not reach so far.
    package init?(_ range: Range<Int64>, isChoice: Bool, of witness: LogAudit.Witness) {
        guard range.lowerBound >= 0, range.upperBound <= witness.size else { return nil }
        self.range = range
        self.isChoice = isChoice
        checkpoint = witness.checkpoint
        next = range.lowerBound
    }

    /// Takes up the next record. Answers what is wrong with it, or nil.
    mutating func add(_ hash: MerkleHash, at number: Int64, proof: [MerkleHash]?) -> String? {
        guard range.contains(number) else { return "it is not of the range that the export names" }
        next = number + 1
        count += 1
        guard isChoice else {
            run.append(hash)
            return nil
        }
        let (size, root) = (checkpoint.size, checkpoint.root)
        return MerkleProof.includes(hash, at: number, size: size, root: root, proof: proof ?? [])
            ? nil : "it is not the one of the checkpoint, or its proof is not right"
    }

    /// Takes up a proof that stands by itself.
    package mutating func add(_ proof: [MerkleHash], of number: Int64) { proofs[number] = proof }

    /// What is wrong with the part as a whole, or nil.
    func fault() -> LogFault? {
        if isChoice { return nil }
        guard next == range.upperBound else { return LogFault(next, "it is missing") }
        if range.isEmpty { return nil }
        let (first, last) = (range.lowerBound, range.upperBound - 1)
        let root = MerkleRange.root(
            size: checkpoint.size, first: first, leaves: run, proofOfFirst: proofs[first] ?? [],
            proofOfLast: proofs[last] ?? [])
        return root == checkpoint.root
            ? nil
            : LogFault(records: first...last, "they are not those of the checkpoint, or their proofs are not right")
    }
}
