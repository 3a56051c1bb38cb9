/// One leaf of a log as it was found, with what is kept beside it. The bytes are borrowed: they are valid only while it is
/// looked at.
package struct LogRecord {
    /// What a database keeps beside a leaf's text, so that it is found.
    package struct Columns {
        package let id: UnsafeRawBufferPointer?
        package let kind: UnsafeRawBufferPointer?
        /// Milliseconds since 1970.
        package let time: Int64
        package let verdict: UnsafeRawBufferPointer?
        package let principal: UnsafeRawBufferPointer?
        package let sessionID: UnsafeRawBufferPointer?
        package let executive: UnsafeRawBufferPointer?
        package let missionID: UnsafeRawBufferPointer?
        /// The hashes of the nodes that the leaf completes, one after the other, its own first; nil where none are kept.
        package let nodes: UnsafeRawBufferPointer?

        package init(
            id: UnsafeRawBufferPointer?, kind: UnsafeRawBufferPointer?, time: Int64, verdict: UnsafeRawBufferPointer?,
            principal: UnsafeRawBufferPointer?, sessionID: UnsafeRawBufferPointer?,
            executive: UnsafeRawBufferPointer?, missionID: UnsafeRawBufferPointer?, nodes: UnsafeRawBufferPointer?
        ) {
            self.id = id
            self.kind = kind
            self.time = time
            self.verdict = verdict
            self.principal = principal
            self.sessionID = sessionID
            self.executive = executive
            self.missionID = missionID
            self.nodes = nodes
        }
    }

    package let sequence: Int64
    /// The exact text, said to be canonical JSON.
    package let text: UnsafeRawBufferPointer
    /// Nil where the log is not from a database.
    package let columns: Columns?
    package let secrets: RecordSecrets

    package init(
        sequence: Int64, text: UnsafeRawBufferPointer, columns: Columns?, secrets: RecordSecrets
    ) {
        self.sequence = sequence
        self.text = text
        self.columns = columns
        self.secrets = secrets
    }
}

extension LogRecord {
    /// The same, with bytes that lie where `copy` has put them.
    package func copied(_ copy: (UnsafeRawBufferPointer) -> UnsafeRawBufferPointer) -> LogRecord {
        var secrets = secrets
        if case .kept(let salt, let text) = secrets { secrets = .kept(salt: copy(salt), text: copy(text)) }
        let columns = columns.map { columns in
            Columns(
                id: columns.id.map(copy), kind: columns.kind.map(copy), time: columns.time,
                verdict: columns.verdict.map(copy), principal: columns.principal.map(copy),
                sessionID: columns.sessionID.map(copy), executive: columns.executive.map(copy),
                missionID: columns.missionID.map(copy), nodes: columns.nodes.map(copy))
        }
        return LogRecord(sequence: sequence, text: copy(text), columns: columns, secrets: secrets)
    }
}

/// What is kept of a record's secrets.
package enum RecordSecrets {
    /// The source does not tell, or tells of them later.
    case untold
    /// None, and no trace of any.
    case none
    case erased
    /// `text` is JSON with the members `prompt` and `environment`.
    case kept(salt: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer)
}

/// What is wrong with a log: the first thing.
package struct LogFault: Error, Equatable, Sendable {
    /// The records that may be bad: mostly one; several where only a checkpoint tells that one of them is. Nil where it is
    /// no record that is bad.
    package let records: ClosedRange<Int64>?
    /// One clause.
    package let reason: String

    package init(_ record: Int64, _ reason: String) {
        records = record...record
        self.reason = reason
    }

    package init(records: ClosedRange<Int64>?, _ reason: String) {
        self.records = records
        self.reason = reason
    }

    /// One sentence.
    package var sentence: String {
        switch records {
        case let records? where records.count == 1: "record \(records.lowerBound): \(reason)"
        case let records?: "one of the records \(records.lowerBound) to \(records.upperBound): \(reason)"
        case nil: reason
        }
    }
}

/// What a log that is good turned out to be.
package struct LogSummary: Equatable, Sendable {
    /// How many records the log has, and their root: of a part, as its checkpoint says.
    package internal(set) var size: Int64 = 0
    package internal(set) var root = MerkleHash.ofNothing
    /// How many records there were, and of which.
    package internal(set) var count: Int64 = 0
    package internal(set) var range: Range<Int64> = 0..<0
    /// Whether only some of the range were there, chosen by whoever exported them.
    package internal(set) var isChoice = false
    package internal(set) var decisions: Int64 = 0
    /// Leaves of other kinds.
    package internal(set) var events: Int64 = 0
    /// Decisions whose secrets are still there and are those of the record.
    package internal(set) var withSecrets: Int64 = 0
    /// Decisions whose secrets were erased.
    package internal(set) var erased: Int64 = 0
    /// The sizes of the checkpoints that the log agrees with, in their order; those that were given, not its own.
    package internal(set) var checkpoints: [Int64] = []
    /// The key that signs now; nil where the log names none and none was given.
    package internal(set) var key: String?
    /// Numbers of the leaves by which a key was put in without the signature of the one before.
    package internal(set) var unvouchedKeys: [Int64] = []
}
