internal import Wire

/// Checks a log, record after record, from what is given alone; the first thing that is wrong is its outcome.
///
/// Records are to come in their order. A fault names the first record that is bad: each is looked at whole, with all that
/// is kept beside it and the checkpoint that ends with it, before the next.
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
    private var lastPolicySet: [UInt8] = []
    private var denials: RecordedDenials?
    private let anchors: [NoteVerifier]
    private var witnesses: [Witness]
    private var nextWitness = 0
    private var agreed: Int64 = 0
    private var keys = KeyHistory()
    private var ownKeys: StoredKeys?
    private let reader = JSONReader(depthMax: 128)
    private var secrets = SecretCheck()
    private var tree = MerkleTree()
    private var summary = LogSummary()

    /// - `witnesses`: checkpoints from outside.
    /// - `anchors`: keys that are trusted; where there are none, those that the log names.
    /// - `denials`: the rows of a database's table of them; nil where the log is not from a database.
    package init(witnesses: [Witness], anchors: [NoteVerifier], denials: RecordedDenials?) {
        self.witnesses = witnesses.sorted { $0.size < $1.size }
        self.anchors = anchors
        self.denials = denials
        self.denials?.finish()
    }

    /// How many records have been found good.
    package var count: Int64 { tree.size }

    /// Tells of the keys that came with the log, beside its leaves, and of its own checkpoint.
    package mutating func add(_ keys: StoredKeys, checkpoint: Witness) {
        ownKeys = keys
        witnesses.append(checkpoint)
        witnesses.sort { $0.size < $1.size }
    }

    /// Tells of a policy set that is kept, before the first record that names it; `isRight`: its files have that digest.
    package mutating func addPolicySet(_ digest: [UInt8], isRight: Bool) throws(LogFault) {
        if policySets[digest] != nil { throw LogFault(count, "a policy set before it is there twice") }
        policySets[digest] = isRight
    }

    /// Looks at the next record.
    package mutating func add(_ record: LogRecord) throws(LogFault) {
        try checkWitnesses()
        guard record.sequence == count else {
            let reason = record.sequence > count ? "it is missing" : "record \(record.sequence) stands in its place"
            throw LogFault(count, reason)
        }
        // Taken out of `self`, which the body changes.
        let reader = reader
        let reason: String?
        do { reason = try reader.readCanonical(record.text) { fault(in: record, $0) } } catch {
            let detail = (error as? JSONSyntaxError).map { ": \($0.reason) at byte \($0.offset)" } ?? ""
            throw LogFault(count, "its text is not canonical JSON\(detail)")
        }
        if let reason { throw LogFault(count, reason) }
        if let reason = grow(record) { throw LogFault(record.sequence, reason) }
    }

    /// Compares the last record with its secrets, where the source tells of them after it. `leaf` is its text once more.
    package mutating func addSecrets(_ told: RecordSecrets, leaf: UnsafeRawBufferPointer) throws(LogFault) {
        let reader = reader
        let reason: String?
        do { reason = try reader.read(leaf) { faultOfSecrets(told, $0["request"]) } } catch {
            reason = "its text cannot be read"
        }
        if let reason { throw LogFault(max(0, count - 1), reason) }
    }

    // MARK: one record

    private mutating func fault(in record: LogRecord, _ leaf: JSONView) -> String? {
        guard let kind = leaf["kind"], kind.kind == .string else { return "it has no kind" }
        guard leaf["seq"]?.int == record.sequence else { return "its text has another number" }
        guard let time = leaf["time"].flatMap({ RecordTime.milliseconds($0) }) else { return "it has no time" }
        let isDecision = kind.equals("decision")
        if let reason = isDecision ? faultOfDecision(leaf) : faultOfEvent(leaf, kind, record.sequence) { return reason }
        if let columns = record.columns {
            if columns.time != time { return "its column time does not agree with its text" }
            if let reason = ColumnCheck.fault(columns, leaf, isDecision: isDecision) { return reason }
        }
        if denials?.agree(with: isDecision ? leaf["policies"] : nil, sequence: record.sequence) == false {
            return "the table of denials does not agree with its text"
        }
        return faultOfSecrets(record.secrets, isDecision ? leaf["request"] : nil)
    }

    private mutating func faultOfDecision(_ leaf: JSONView) -> String? {
        guard let verdict = leaf["verdict"],
            verdict.equals("allow") || verdict.equals("deny") || verdict.equals("error")
        else { return "it is a decision without a verdict" }
        guard leaf["id"]?.kind == .string, leaf["principal"]?["name"]?.kind == .string,
            leaf["request"]?.kind == .object, leaf["policies"]?.kind == .array, let set = leaf["policy_set"]
        else { return "it is a decision and lacks a part of one" }
        summary.decisions += 1
        if set.kind == .null { return nil }
        // One set judges thousands.
        if lastPolicySet.withUnsafeBytes({ set.equals(utf8: $0) }) { return nil }
        var digest: [UInt8] = []
        set.appendString(to: &digest)
        switch policySets[digest] {
        case nil: return "the policy set that it names is not kept"
        case false?: return "the policy set that it names is not kept as it was"
        case true?:
            lastPolicySet = digest
            return nil
        }
    }

    private mutating func faultOfEvent(_ leaf: JSONView, _ kind: JSONView, _ sequence: Int64) -> String? {
        summary.events += 1
        let isRotation = kind.equals("key.rotated")
        guard isRotation || kind.equals("key.created") else { return nil }
        if !isRotation, !keys.periods.isEmpty { summary.unvouchedKeys.append(sequence) }
        return keys.add(leaf, rotated: isRotation, sequence: sequence)
    }

    private mutating func faultOfSecrets(_ found: RecordSecrets, _ request: JSONView?) -> String? {
        if case .untold = found { return nil }
        let count = SecretCheck.count(in: request)
        switch found {
        case .untold: return nil
        case .none: return count == 0 ? nil : "its secrets are neither kept nor erased"
        case .erased where count == 0, .kept where count == 0: return "there are secrets beside it, and it has none"
        case .erased:
            summary.erased += 1
            return nil
        case .kept(let salt, let text):
            summary.withSecrets += 1
            return secrets.fault(in: request, salt: salt, text: text)
        }
    }

    private mutating func grow(_ record: LogRecord) -> String? {
        guard let columns = record.columns else {
            tree.append(.leaf(record.text)) { _ in }
            return nil
        }
        let nodes = columns.nodes ?? UnsafeRawBufferPointer(start: nil, count: 0)
        var (offset, differs) = (0, false)
        tree.append(.leaf(record.text)) { hash in
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
        while nextWitness < witnesses.count, witnesses[nextWitness].size <= count {
            let witness = witnesses[nextWitness]
            guard witness.size == count, witness.checkpoint.root == tree.root else {
                throw contradiction(of: witness)
            }
            agreed = count
            if !witness.isOwn { summary.checkpoints.append(count) }
            nextWitness += 1
        }
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
        try checkWitnesses()
        if nextWitness < witnesses.count {
            let witness = witnesses[nextWitness]
            throw LogFault(count, "it is missing: the log ends here, and \(witness.name) is of \(witness.size) records")
        }
        if hasMore || denials?.hasMore == true {
            throw LogFault(count, "it is missing: the log ends here, and more is kept that belongs to it")
        }
        if policySets.values.contains(false) {
            throw LogFault(records: nil, "a policy set that no decision names has not the digest that it is named by")
        }
        if let reason = KeyCheck(keys: keys, anchors: anchors, stored: ownKeys).fault(in: witnesses) {
            throw LogFault(records: nil, reason)
        }
        summary.key = (keys.periods.last?.key ?? ownKeys?.current ?? anchors.first)?.text
        summary.size = count
        summary.root = tree.root
        return summary
    }
}
