/// Checks a log, record after record, from what is given alone; the first thing that is wrong is its outcome.
///
/// What a `RecordCheck` has found of each record is to come in their order. A fault names the first record that is bad: all
/// that is kept beside a record and the checkpoint that ends with it come before the next.
package struct LogAudit {
    /// A signed checkpoint that the log must agree with.
    package struct Witness {
        /// How a sentence calls it.
        let name: String
        let checkpoint: Checkpoint
        let note: SignedNote
        /// Whether it came with the log itself.
        let isOwn: Bool

        /// Nil where the text is no signed checkpoint. Who has signed it is looked at by the audit.
        package init?(note: String, name: String, isOwn: Bool = false) {
            guard let signed = SignedNote(note), let checkpoint = Checkpoint(text: signed.text) else { return nil }
            self.name = name
            self.checkpoint = checkpoint
            self.note = signed
            self.isOwn = isOwn
        }

        /// How many records it is of.
        package var size: Int64 { checkpoint.size }
        /// The root over them, in base64.
        package var rootText: String { checkpoint.root.base64 }

        func isSigned(by keys: some Sequence<NoteVerifier>) -> Bool {
            keys.contains { $0.name == checkpoint.origin && note.isSigned(by: $0) }
        }
    }

    /// Those that are kept, and whether they are as they were.
    private var policySets: [[UInt8]: Bool] = [:]
    private var rightPolicySet: [UInt8] = []
    private let denials: RecordedDenials?
    private let anchors: [NoteVerifier]
    private var witnesses: [Witness]
    private var nextWitness = 0
    private var agreed: Int64 = 0
    private var keys = KeyHistory()
    private var ownKeys: StoredKeys?
    private var tree = MerkleTree()
    private var part: LogPart?
    private var summary = LogSummary()

    /// - `witnesses`: checkpoints from outside.
    /// - `anchors`: keys that are trusted; where there are none, those that the log names.
    /// - `denials`: the rows of a database's table of them, sorted; nil where the log is not from a database.
    package init(witnesses: [Witness], anchors: [NoteVerifier], denials: RecordedDenials?) {
        self.witnesses = witnesses.sorted { $0.size < $1.size }
        self.anchors = anchors
        self.denials = denials
    }

    /// How many records have been found good.
    package var count: Int64 { part?.count ?? tree.size }
    /// The number of the record that comes next.
    package var next: Int64 { part?.next ?? tree.size }
    /// The number of the last record that has been found good, or of the first.
    package var last: Int64 { max(part?.range.lowerBound ?? 0, next - 1) }

    /// Tells of the keys that came with the log, beside its leaves, and of its own checkpoint.
    package mutating func add(_ keys: StoredKeys, checkpoint: Witness) {
        ownKeys = keys
        witnesses.append(checkpoint)
        witnesses.sort { $0.size < $1.size }
    }

    /// Tells that only a part of the log is there, before its first record. Answers the name and size of a checkpoint that no
    /// part can be held against, for it is not of the same size as the part's own.
    package mutating func expect(_ part: LogPart) -> (name: String, size: Int64)? {
        self.part = part
        return witnesses.first { $0.size != part.checkpoint.size }.map { ($0.name, $0.size) }
    }

    /// Whether only a part of the log is there.
    package var isOfPart: Bool { part != nil }

    /// Takes up a proof of the part that is there.
    package mutating func addProof(_ proof: [MerkleHash], of number: Int64) { part?.add(proof, of: number) }

    /// Tells of a policy set that is kept, before the first record that names it; `isRight`: its files have that digest.
    package mutating func addPolicySet(_ digest: [UInt8], isRight: Bool) throws(LogFault) {
        if policySets[digest] != nil { throw LogFault(next, "a policy set before it is there twice") }
        policySets[digest] = isRight
    }

    /// A check for one thread, whose findings are for this audit.
    package func check() -> RecordCheck { RecordCheck(denials: denials) }

    /// Takes up what was found of the next record; `proof`: its own, where it is one of a choice.
    package mutating func add(_ finding: RecordFinding, proof: [MerkleHash]? = nil) throws(LogFault) {
        try checkWitnesses()
        let (number, next) = (finding.sequence, next)
        guard number == next || number > next && part?.isChoice == true else {
            throw LogFault(next, number > next ? "it is missing" : "record \(number) stands in its place")
        }
        if let reason = finding.fault ?? faultOfPolicySet(finding) ?? faultOfKind(finding) {
            throw LogFault(number, reason)
        }
        try add(finding.secrets, of: number)
        if let reason = part == nil ? grow(finding) : part?.add(finding.hash, at: number, proof: proof) {
            throw LogFault(number, reason)
        }
    }

    /// Takes up what was found of the last record's secrets, where the source tells of them after it.
    package mutating func add(_ finding: SecretsFinding) throws(LogFault) { try add(finding, of: last) }

    // MARK: one record

    private mutating func faultOfPolicySet(_ finding: RecordFinding) -> String? {
        guard let digest = finding.policySet, digest != rightPolicySet else { return nil }
        switch policySets[digest] {
        case nil: return "the policy set that it names is not kept"
        case false?: return "the policy set that it names is not kept as it was"
        case true?:
            rightPolicySet = digest
            return nil
        }
    }

    private mutating func faultOfKind(_ finding: RecordFinding) -> String? {
        if case .decision = finding.kind {
            summary.decisions += 1
            return nil
        }
        summary.events += 1
        // Of a part, what came before is not known.
        guard part == nil, case .keyChange(let change) = finding.kind else { return nil }
        if !change.isRotation, !keys.periods.isEmpty { summary.unvouchedKeys.append(finding.sequence) }
        return keys.add(change, sequence: finding.sequence)
    }

    private mutating func add(_ finding: SecretsFinding, of record: Int64) throws(LogFault) {
        if let reason = finding.fault { throw LogFault(record, reason) }
        switch finding.state {
        case .absent: break
        case .erased: summary.erased += 1
        case .kept: summary.withSecrets += 1
        }
    }

    private mutating func grow(_ finding: RecordFinding) -> String? {
        guard let nodes = finding.keptNodes else {
            tree.append(finding.hash) { _ in }
            return nil
        }
        var (offset, differs) = (0, false)
        tree.append(finding.hash) { hash in
            let end = offset + MerkleHash.byteCount
            differs =
                differs || end > nodes.count
                || !hash.isSame(as: UnsafeRawBufferPointer(rebasing: nodes[offset..<end]))
            offset = end
        }
        return differs || offset != nodes.count ? "its hash is not the one that the tree keeps" : nil
    }

    // MARK: checkpoints

    private mutating func checkWitnesses() throws(LogFault) {
        if part != nil { return }
        while nextWitness < witnesses.count, witnesses[nextWitness].size <= count {
            try check(witnesses[nextWitness], count, tree.root)
            agreed = count
            nextWitness += 1
        }
    }

    private mutating func check(_ witness: Witness, _ size: Int64, _ root: MerkleHash) throws(LogFault) {
        guard witness.size == size, witness.checkpoint.root == root else { throw contradiction(of: witness) }
        if !witness.isOwn { summary.checkpoints.append(size) }
    }

    private func contradiction(of witness: Witness) -> LogFault {
        // Whoever has changed the checkpoint, and not the log, could not sign it.
        let known = anchors + keys.periods.map(\.key) + (ownKeys?.verifiers ?? [])
        guard witness.isSigned(by: known) else {
            return LogFault(records: nil, "\(witness.name) is not signed by a key of this log")
        }
        let reason = "\(witness.name) names another root over the first \(witness.size) records"
        guard agreed < witness.size else { return LogFault(records: nil, reason) }
        return LogFault(records: agreed...(witness.size - 1), reason)
    }

    // MARK: the end

    /// To be called after the last record; `hasMore`: rows are kept of records that are not there.
    package mutating func finish(hasMore: Bool = false) throws(LogFault) -> LogSummary {
        if let part {
            if let fault = part.fault() { throw fault }
            for witness in witnesses { try check(witness, part.checkpoint.size, part.checkpoint.root) }
            nextWitness = witnesses.count
        }
        try checkWitnesses()
        if count == 0, part == nil {
            throw LogFault(0, "it is missing: there is no record at all; a database has its newest in spawngate.db-wal")
        }
        if nextWitness < witnesses.count {
            let witness = witnesses[nextWitness]
            throw LogFault(count, "it is missing: the log ends here, and \(witness.name) is of \(witness.size) records")
        }
        if hasMore || denials?.reaches(beyond: count) == true {
            throw LogFault(count, "it is missing: the log ends here, and more is kept that belongs to it")
        }
        if policySets.values.contains(false) {
            throw LogFault(records: nil, "a policy set that no decision names has not the digest that it is named by")
        }
        if let reason = KeyCheck(keys: keys, anchors: anchors, stored: ownKeys).fault(in: witnesses) {
            throw LogFault(records: nil, reason)
        }
        summary.key = (keys.periods.last?.key ?? ownKeys?.current ?? anchors.first)?.text
        summary.count = count
        summary.range = part?.range ?? 0..<count
        summary.isChoice = part?.isChoice ?? false
        summary.size = part?.checkpoint.size ?? count
        summary.root = part?.checkpoint.root ?? tree.root
        return summary
    }
}
