internal import Crypto
internal import Platform
internal import Sessions
internal import Store
internal import Wire

/// Methods that read what a session has written.
enum LogMethods {
    static let table: [Method] = [
        Method(name: "session.logs", roles: MethodTable.reading, run: logs),
        Method(name: "session.report", roles: MethodTable.reading, run: report),
    ]

    private static func logs(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read("id", "max_bytes", "encoding")
        let limits = call.server.configuration.limits
        let record = try call.server.storedRecord(try params.requiredText("id")).record
        let bytesMax = try params.integer("max_bytes", in: 0...limits.logTailBytesMax) ?? limits.logTailBytesDefault
        let encoding = try params.text("encoding") ?? "utf8"
        guard encoding == "utf8" || encoding == "base64" else {
            throw params.wrong("encoding", "must be utf8 or base64")
        }
        let statePath = "\(File.parent(of: record.logPath))/state"
        let stdout = try tail(record.logPath, Int(bytesMax)) { StateFile.read(statePath)?.stdoutDropped ?? 0 }
        let stderr = try tail(record.stderrPath, Int(bytesMax)) { StateFile.read(statePath)?.stderrDropped ?? 0 }
        let text = { (bytes: [UInt8]) in
            encoding == "utf8" ? String(decoding: bytes, as: UTF8.self) : Base64.encode(bytes)
        }
        json.beginObject()
        json.member("id", record.id)
        json.member("status", record.status.rawValue)
        json.member("last_activity", LogFiles.lastActivity(record).map(Timestamp.text(milliseconds:)))
        json.member("stdout", text(stdout.bytes))
        json.member("stderr", text(stderr.bytes))
        json.member("stdout_size", stdout.size)
        json.member("stderr_size", stderr.size)
        json.member("stdout_dropped", stdout.dropped)
        json.member("stderr_dropped", stderr.dropped)
        json.endObject()
        return .now
    }

    private static func tail(
        _ path: String, _ bytesMax: Int, _ droppedNow: () -> Int64
    ) throws(RPCError) -> LogFiles.Tail {
        do throws(SystemError) {
            return try LogFiles.tail(path, bytesMax: bytesMax, droppedNow: droppedNow)
        } catch {
            // A session that was never launched has no logs.
            if error.code == SystemError.noEntry { return LogFiles.Tail(bytes: [], size: 0, dropped: 0) }
            throw RPCError.internalFault("A log cannot be read: \(error).")
        }
    }

    private static func report(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let id = try call.read("id").requiredText("id")
        let (record, since) = try call.server.storedRecord(id)
        let bytesMax = call.server.configuration.limits.reportBytesMax
        switch ReportFile.find(record, since: since, bytesMax: bytesMax) {
        case .none: throw RPCError.notFound("The session has written no report.")
        case .tooLarge(let path): throw RPCError.conflict("The report \(path) is larger than \(bytesMax) bytes.")
        case .found(let report):
            json.beginObject()
            json.member("id", id)
            json.member("path", report.path)
            json.member("content", String(decoding: report.content, as: UTF8.self))
            json.member("sha256", SHA256.hex(report.content))
            json.endObject()
            return .now
        }
    }
}

extension Server {
    /// A session's record, and since when its report counts. Throws -32004 where there is none.
    func storedRecord(_ id: String) throws(RPCError) -> (record: SessionRecord, reportSince: Int64) {
        if let live = supervisor[id] { return (live.record, live.reportSince) }
        let stored = try SessionMethods.stored(id, store)
        guard let record = try? storedReader.value(of: Array(stored.record.utf8), as: SessionRecord.init(json:)) else {
            throw RPCError.internalFault("The stored record of \(id) cannot be read.")
        }
        return (record, stored.reportSince)
    }
}

extension JSONReader {
    /// Reads a value of a type that can be made of JSON.
    fileprivate func value<Value>(of text: [UInt8], as make: (JSONView) -> Value?) throws -> Value? {
        try text.withUnsafeBytes { try read($0, make) }
    }
}
