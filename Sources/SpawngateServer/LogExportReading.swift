internal import DecisionLog
internal import Platform
internal import Policy
internal import Wire

/// Feeds the lines of an export (`log export --help` says what they are) to an audit.
struct LogExportReading {
    private enum Place { case first, records, behindTheEnd }

    private let json = JSONReader()
    private var place = Place.first
    /// Whether the line before was a leaf.
    private var mayHaveSecrets = false
    /// The number behind the last record that may be there.
    private var end: Int64 = 0
    private var isChoice = false
    /// Told of each decision's text, and of its secrets when they are told of, once both have been looked at.
    private let execution: LogExecution?
    /// The text of the last leaf, where it is to be run again and has not been yet.
    private var leaf: [UInt8] = []

    init(execution: LogExecution?) { self.execution = execution }

    /// Looks at the next line. Throws `LogFault`, and `LogUnusable` where a part cannot be held against what was
    /// given.
    mutating func add(_ line: UnsafeRawBufferPointer, _ finding: ExportLine, to audit: inout LogAudit) throws {
        switch finding {
        case .leaf(let finding) where place == .records: return try addLeaf(finding, line, &audit)
        case .secrets(let sequence, let finding) where place == .records:
            return try addSecrets(sequence, finding, line, &audit)
        default: break
        }
        let json = json
        do {
            try json.read(line) { try add($0, to: &audit) }
        } catch let error as JSONSyntaxError {
            let reason = "a line that is not JSON (\(error.reason))"
            throw place == .first
                ? LogFault(records: nil, "the first line of the export is \(reason)")
                : LogFault(audit.next, "in its place is \(reason)")
        }
    }

    /// To be called after the last line.
    mutating func finish(_ audit: LogAudit) throws {
        try execute()
        if place != .behindTheEnd { throw LogFault(audit.next, "it is missing: the export was cut short") }
    }

    private mutating func add(_ view: JSONView, to audit: inout LogAudit) throws {
        let type = view["type"]
        guard place != .first else {
            guard type?.equals("log") == true else { throw Self.noFirstLine }
            try begin(view, &audit)
            place = .records
            return
        }
        guard place == .records else { throw LogFault(audit.next, "there is a line behind the end") }
        if type?.equals("leaf") == true {
            throw LogFault(audit.next, "in its place is a line that holds no record")
        } else if type?.equals("policy_set") == true {
            try addPolicySet(view, &audit)
        } else if type?.equals("secrets") == true {
            let reason = mayHaveSecrets ? "the secrets behind it have no salt" : Self.notItsOwn
            throw LogFault(audit.last, reason)
        } else if audit.isOfPart, type?.equals("inclusion") == true, let number = view["seq"]?.int,
            let proof = Self.proof(view["proof"])
        {
            mayHaveSecrets = false
            audit.addProof(proof, of: number)
        } else if type?.equals("end") == true {
            guard view["leaves"]?.int == audit.count else {
                throw LogFault(audit.next, "it is missing: the end counts other records")
            }
            place = .behindTheEnd
        } else {
            throw LogFault(audit.next, "in its place is a line of no known type")
        }
    }

    // MARK: the first line

    private static let noFirstLine = LogFault(
        records: nil, "the first line of the export is not the one that says what it is of")

    private mutating func begin(_ view: JSONView, _ audit: inout LogAudit) throws {
        guard view["version"]?.int == 1, let note = view["checkpoint"]?.string, let size = view["size"]?.int,
            let root = view["root"]?.string, let key = view["key"]?.string.flatMap({ NoteVerifier($0) }),
            let from = view["from"]?.int, let to = view["to"]?.int, let isChosen = view["chosen"]?.bool,
            view["earlier"]?.kind == .array
        else { throw Self.noFirstLine }
        var earlier: [StoredKeys.Earlier] = []
        try view["earlier"]?.forEachElement { entry in
            guard let key = entry["key"]?.string, let end = entry["ended_at"]?.int else { throw Self.noFirstLine }
            earlier.append(StoredKeys.Earlier(key: key, endedAt: end, rotation: entry["rotation"]?.string))
        }
        guard let witness = LogAudit.Witness(note: note, name: "the export's checkpoint", isOwn: true),
            witness.size == size, witness.rootText == root
        else { throw LogFault(records: nil, "the first line of the export does not agree with its checkpoint") }
        audit.add(StoredKeys(current: key, earlier: earlier), checkpoint: witness)
        end = to
        if from == 0, to == size, !isChosen { return }
        guard from <= to, let part = LogPart(from..<to, isChoice: isChosen, of: witness) else { throw Self.noFirstLine }
        isChoice = isChosen
        if let other = audit.expect(part) {
            throw LogUnusable(
                "The export holds a part of a log of \(size) records, and \(other.name) is of \(other.size): "
                    + "export the log whole to hold it against that.")
        }
    }

    // MARK: the others

    private static let notItsOwn = "the secrets behind it are not its own"

    private mutating func addLeaf(
        _ finding: RecordFinding, _ line: UnsafeRawBufferPointer, _ audit: inout LogAudit
    ) throws {
        if audit.next >= end { throw LogFault(audit.next, "the export's checkpoint does not reach so far") }
        try execute()
        let proof = isChoice ? try json.read(line) { Self.proof($0["proof"]) } : nil
        try audit.add(finding, proof: proof)
        mayHaveSecrets = true
        if execution != nil { leaf = try json.read(line) { ExportLine.text(of: $0) ?? [] } }
    }

    private static func proof(_ view: JSONView?) -> [MerkleHash]? {
        guard let view, view.kind == .array else { return nil }
        var proof: [MerkleHash?] = []
        view.forEachElement { proof.append($0.string.flatMap { MerkleHash(base64: $0) }) }
        return proof.contains(nil) ? nil : proof.compactMap(\.self)
    }

    private mutating func addPolicySet(_ view: JSONView, _ audit: inout LogAudit) throws {
        guard let digest = view["digest"]?.string, view["files"]?.kind == .object else {
            throw LogFault(audit.next, "before it is a policy set without digest or files")
        }
        try execute()
        mayHaveSecrets = false
        var files: [PolicyFile] = []
        var areTexts = true
        view["files"]?.forEachMember { name, text in
            var bytes: [UInt8] = []
            text.appendString(to: &bytes)
            areTexts = areTexts && text.kind == .string
            files.append(PolicyFile(name: name.string ?? "", text: bytes))
        }
        let set = PolicySet(files: files)
        let isRight = areTexts && set.digest == digest
        try audit.addPolicySet(Array(digest.utf8), isRight: isRight)
        if isRight { execution?.add(set) }
    }

    private mutating func addSecrets(
        _ sequence: Int64, _ finding: SecretsFinding, _ line: UnsafeRawBufferPointer, _ audit: inout LogAudit
    ) throws {
        let record = audit.last
        guard mayHaveSecrets, sequence == record else {
            throw LogFault(record, Self.notItsOwn)
        }
        mayHaveSecrets = false
        try audit.add(finding)
        guard let execution else { return }
        let secrets = try json.read(line) { view in
            ExportLine.salt(of: view).map { KeptSecrets.kept(RequestSecrets(salt: $0, json: view.value)) }
        }
        try execution.judge(record, leaf, secrets: secrets ?? .erased)
        leaf = []
    }

    /// Runs the last decision again, if that was not done when its secrets came.
    private mutating func execute() throws {
        if leaf.isEmpty { return }
        // Its number stands in it.
        try execution?.judge(nil, leaf, secrets: nil)
        leaf = []
    }
}
