internal import Wire

/// Looks at records of a log, each by itself; `LogAudit` puts together what was found. One is one thread's, and its records
/// come in their order, though there may be others between them.
package final class RecordCheck {
    private let reader = JSONReader(depthMax: 128)
    private var secrets = SecretCheck()
    private var denials: RecordedDenials?
    private var lastPolicySet: [UInt8] = []

    /// `denials`: sorted; nil where the log is not from a database.
    init(denials: RecordedDenials?) { self.denials = denials }

    /// Looks at a record.
    package func finding(of record: LogRecord) -> RecordFinding {
        var finding = RecordFinding(record)
        do { try reader.readCanonical(record.text) { look(at: record, $0, &finding) } } catch {
            let detail = (error as? JSONSyntaxError).map { ": \($0.reason) at byte \($0.offset)" } ?? ""
            finding.fault = "its text is not canonical JSON\(detail)"
        }
        return finding
    }

    /// Compares a record with its secrets, where the source tells of them after it. `leaf` is its text.
    package func secretsFinding(of leaf: UnsafeRawBufferPointer, _ told: RecordSecrets) -> SecretsFinding {
        var finding = SecretsFinding()
        do {
            try reader.read(leaf) { view in
                look(at: told, view["kind"]?.equals("decision") == true ? view["request"] : nil, &finding)
            }
        } catch {
            finding.fault = "its text cannot be read"
        }
        return finding
    }

    private func look(at record: LogRecord, _ leaf: JSONView, _ finding: inout RecordFinding) {
        guard let kind = leaf["kind"], kind.kind == .string else { return finding.fault = "it has no kind" }
        guard leaf["seq"]?.int == record.sequence else { return finding.fault = "its text has another number" }
        guard let time = leaf["time"].flatMap({ RecordTime.milliseconds($0) }) else {
            return finding.fault = "it has no time"
        }
        let isDecision = kind.equals("decision")
        if isDecision {
            finding.kind = .decision
            lookAtDecision(leaf, &finding)
        } else if kind.equals("key.created") || kind.equals("key.rotated") {
            finding.kind = .keyChange(KeyChange(leaf, isRotation: kind.equals("key.rotated")))
        }
        if finding.fault != nil { return }
        if let columns = record.columns {
            if columns.time != time { return finding.fault = "its column time does not agree with its text" }
            finding.fault = ColumnCheck.fault(columns, leaf, isDecision: isDecision)
            if finding.fault != nil { return }
        }
        if denials?.agree(with: isDecision ? leaf["policies"] : nil, sequence: record.sequence) == false {
            return finding.fault = "the table of denials does not agree with its text"
        }
        look(at: record.secrets, isDecision ? leaf["request"] : nil, &finding.secrets)
    }

    private func lookAtDecision(_ leaf: JSONView, _ finding: inout RecordFinding) {
        guard let verdict = leaf["verdict"],
            verdict.equals("allow") || verdict.equals("deny") || verdict.equals("error")
        else { return finding.fault = "it is a decision without a verdict" }
        guard leaf["id"]?.kind == .string, leaf["principal"]?["name"]?.kind == .string,
            leaf["request"]?.kind == .object, leaf["policies"]?.kind == .array, let set = leaf["policy_set"]
        else { return finding.fault = "it is a decision and lacks a part of one" }
        if set.kind == .null { return }
        // One set judges thousands, and they share its name.
        if !lastPolicySet.withUnsafeBytes({ set.equals(utf8: $0) }) {
            lastPolicySet = []
            set.appendString(to: &lastPolicySet)
        }
        finding.policySet = lastPolicySet
    }

    private func look(at told: RecordSecrets, _ request: JSONView?, _ finding: inout SecretsFinding) {
        if case .untold = told { return }
        let count = SecretCheck.count(in: request)
        switch told {
        case .untold: return
        case .none: finding.fault = count == 0 ? nil : "its secrets are neither kept nor erased"
        case .erased where count == 0, .kept where count == 0:
            finding.fault = "there are secrets beside it, and it has none"
        case .erased: finding.state = .erased
        case .kept(let salt, let text):
            finding.state = .kept
            finding.fault = secrets.fault(in: request, salt: salt, text: text)
        }
    }
}

/// What a record turned out to be, looked at by itself.
package struct RecordFinding {
    enum Kind {
        case decision, otherEvent
        /// Rare, and kept apart so that all others are small.
        indirect case keyChange(KeyChange)
    }

    let sequence: Int64
    var kind = Kind.otherEvent
    /// Of its text.
    let hash: MerkleHash
    /// The hashes that are kept beside it, borrowed from the record; nil where the log is not from a database.
    let keptNodes: UnsafeRawBufferPointer?
    /// The set that it names, whose files are not its own to look at.
    var policySet: [UInt8]?
    var secrets = SecretsFinding()
    /// What is wrong with it; nil: nothing.
    var fault: String?

    init(_ record: LogRecord) {
        sequence = record.sequence
        hash = .leaf(record.text)
        keptNodes = record.columns.map { $0.nodes ?? UnsafeRawBufferPointer(start: nil, count: 0) }
    }
}

/// What was found of a record's secrets.
package struct SecretsFinding {
    enum State { case absent, erased, kept }

    var state = State.absent
    /// What is wrong with them; nil: nothing.
    var fault: String?
}
