package import DecisionLog
internal import Platform
internal import Policy
internal import Store
internal import Wire

/// Checks a log where it lies, in a copy of the database or in an export, without a server and without changing anything.
package struct LogVerification {
    /// What was found.
    package enum Outcome: Equatable {
        /// `execution`: nil where that was not asked for.
        case good(LogSummary, LogExecutionTally?)
        case bad(LogFault)
    }

    private let path: String
    private let witnesses: [LogAudit.Witness]
    private let anchors: [NoteVerifier]
    private let execution: LogExecution?

    /// - `programFolder`: where the policy worker is, to run each decision again; nil: they are not run.
    package init(
        path: String, witnesses: [LogAudit.Witness], anchors: [NoteVerifier], programFolder: String?
    ) {
        self.path = path
        self.witnesses = witnesses
        self.anchors = anchors
        execution = programFolder.map { LogExecution(programFolder: $0) }
    }

    /// Looks at it all. Throws `LogUnusable`, and `SystemError` where the file cannot be read.
    package func run() throws -> Outcome {
        do {
            let file = try File.open(path, .read)
            let status = try file.status()
            if status.isDirectory { throw LogUnusable("\(path) is a folder, and no file.") }
            let start = try status.isRegular ? file.readAt(0, count: Self.databaseMagic.count) : []
            let summary = try start == Self.databaseMagic ? runOnDatabase() : runOnExport(file, start: start)
            return .good(summary, execution?.tally)
        } catch let fault as LogFault {
            return .bad(fault)
        } catch let failure as StoreFailure {
            throw LogUnusable(failure.description)
        }
    }

    private static let databaseMagic = Array("SQLite format 3\0".utf8)

    private func runOnDatabase() throws -> LogSummary {
        let journal = try? File.status(of: "\(path)-wal")
        let index = try? File.status(of: "\(path)-shm")
        // To read a write-ahead log SQLite makes an index of it, and leaves that behind.
        defer { if index == nil { try? File.remove("\(path)-shm") } }
        let surroundings: LogCopy.Surroundings =
            if index != nil {
                .other
            } else if (journal?.size ?? 0) == 0 {
                .nothing
            } else {
                File.isWritable(File.parent(of: path)) ? .other : .journalForReadingOnly
            }
        let copy = try LogCopy(path: path, beside: surroundings)
        var audit = LogAudit(witnesses: witnesses, anchors: anchors, denials: try copy.denials())
        try copy.forEachPolicySet { digest, set in
            try audit.addPolicySet(digest, isRight: set != nil)
            if let set { execution?.add(PolicySet(files: set.files.filter { $0.role != .test })) }
        }
        var records = try copy.records()
        try LogPipeline<LogRecord, RecordFinding>.run(
            read: { batch in
                while !batch.isFull {
                    guard let record = try records.next() else { return batch.hasMore = false }
                    batch.items.append(record.copied { batch.memory.copy($0) })
                }
            },
            makeLook: {
                let check = audit.check()
                return { record, _ in check.finding(of: record) }
            },
            add: { record, finding in
                try audit.add(finding)
                try execution?.judge(record.sequence, Array(record.text), secrets: Self.secrets(of: record))
            })
        return try audit.finish(hasMore: try copy.hasMore(than: audit.count))
    }

    private static func secrets(of record: LogRecord) -> KeptSecrets? {
        switch record.secrets {
        case .untold, .none: return nil
        case .erased: return .erased
        case .kept(let salt, let text):
            let json = try? JSONReader().value(of: Array(text))
            return json.map { .kept(RequestSecrets(salt: Array(salt), json: $0)) }
        }
    }

    private func runOnExport(_ file: consuming FileDescriptor, start: [UInt8]) throws -> LogSummary {
        if let first = start.first, first != UInt8(ascii: "{") {
            throw LogUnusable("\(path) is neither a database of Spawngate nor an export of its log.")
        }
        var audit = LogAudit(witnesses: witnesses, anchors: anchors, denials: nil)
        var reading = LogExportReading(execution: execution)
        var lines = LineReader(file)
        try LogPipeline<UnsafeRawBufferPointer, ExportLine>.run(
            read: { batch in
                let block = try lines.next(in: &batch.memory)
                batch.before = block.before
                batch.items = Array(block.lines)
                batch.hasMore = !block.lines.isEmpty
            },
            makeLook: {
                let check = ExportLineCheck(records: audit.check())
                return { line, before in check.finding(of: line, before: before) }
            },
            add: { line, finding in try reading.add(line, finding, to: &audit) })
        try reading.finish(audit)
        return try audit.finish()
    }
}

/// A file that cannot be verified, whatever it holds.
package struct LogUnusable: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
