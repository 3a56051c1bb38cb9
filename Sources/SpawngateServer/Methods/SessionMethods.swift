internal import Platform
internal import Policy
internal import Sessions
internal import Store
internal import Wire

/// Methods that start, show and stop sessions.
enum SessionMethods {
    static let table: [Method] = [
        Method(name: "session.get", roles: MethodTable.reading, run: get),
        Method(name: "session.start", roles: MethodTable.operating, run: start),
        Method(name: "session.list", roles: MethodTable.reading, run: list),
        Method(name: "session.stop", roles: MethodTable.operating, run: stop),
        Method(name: "session.wait", roles: MethodTable.reading, run: wait),
        Method(name: "session.metadata", roles: MethodTable.reading, run: metadata),
    ]

    static let notFound = RPCError.notFound("Session not found.")

    /// The record, live or stored, as JSON. Throws -32004 where there is none.
    static func recordJSON(
        _ id: String, _ supervisor: SessionSupervisor, _ store: Store, _ clock: any Clock
    ) throws(RPCError) -> [UInt8] {
        if let live = supervisor[id] { return live.json(nowNanoseconds: clock.monotonicNanoseconds()) }
        return Array(try stored(id, store).record.utf8)
    }

    /// The session as it is kept. Throws -32004 where there is none.
    static func stored(_ id: String, _ store: Store) throws(RPCError) -> StoredSession {
        guard let session = try reading({ () throws(StoreFailure) in try store.session(id: id) }) else {
            throw notFound
        }
        return session
    }

    /// Turns a failure of the store into -32053.
    static func reading<Value>(_ body: () throws(StoreFailure) -> Value) throws(RPCError) -> Value {
        do { return try body() } catch { throw RPCError.storageFailed("\(error.description).") }
    }

    private static func start(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        try call.server.starts.start(call.params, grant: call.grant, peer: call.connection.peer, reply: call.later)
        return .later
    }

    private static func get(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let id = try call.read("id").requiredText("id")
        let server = call.server
        json.raw(try server.recordJSON(id))
        return .now
    }

    private static func metadata(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let id = try call.read("id").requiredText("id")
        let store = call.server.store
        guard let text = try reading({ () throws(StoreFailure) in try store.metadata(id: id) }) else { throw notFound }
        json.raw(Array(text.utf8))
        return .now
    }

    private static func list(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read("status", "executive", "mission_id", "label", "limit", "cursor")
        let server = call.server
        let limit = try params.integer("limit", in: 1...server.configuration.limits.listMax)
        let count = Int(limit ?? server.configuration.limits.listDefault)
        let filter = try filter(params)
        let before = try Cursor.ordinal(params)
        let page = try reading { () throws(StoreFailure) in
            try server.store.sessions(
                filter, before: before, limit: count + 1, bytesMax: server.configuration.limits.listBytesMax)
        }
        json.beginObject()
        json.name("sessions")
        json.beginArray()
        for session in page.shown {
            if let live = server.supervisor[session.id] {
                json.raw(live.json(nowNanoseconds: server.loop.nowNanoseconds))
            } else {
                var record = session.record
                record.withUTF8 { json.raw(UnsafeRawBufferPointer($0)) }
            }
        }
        json.endArray()
        json.member("next_cursor", page.isFull ? page.shown.last?.ordinal.description : nil)
        json.endObject()
        return .now
    }

    /// Which sessions `status`, `executive`, `mission_id` and `label` ask for.
    static func filter(_ params: ParamReader) throws(RPCError) -> SessionFilter {
        SessionFilter(
            status: try status(params), executive: try params.text("executive"),
            missionID: try params.text("mission_id"), label: try label(params))
    }

    private static func status(_ params: ParamReader) throws(RPCError) -> SessionStatus? {
        guard let text = try params.text("status") else { return nil }
        guard let status = SessionStatus(rawValue: text) else {
            let known = SessionStatus.allCases.map(\.rawValue).joined(separator: ", ")
            throw params.wrong("status", "must be one of \(known)")
        }
        return status
    }

    /// "name", "name=text", or {"name": "text"}.
    private static func label(_ params: ParamReader) throws(RPCError) -> (name: String, text: String?)? {
        if params.member("label")?.kind == .object {
            let labels = try params.texts("label", countMax: 1, bytesMax: StartLimits.textBytesMax)
            return labels.first.map { ($0.name, $0.text) }
        }
        guard let text = try params.text("label") else { return nil }
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return (parts[0], parts.count == 2 ? parts[1] : nil)
    }

    private static func stop(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read("id", "grace_ms")
        let limits = call.server.configuration.limits
        let id = try params.requiredText("id")
        let grace = try params.integer("grace_ms", in: 0...limits.stopGraceMillisecondsMax)
        guard let session = call.server.supervisor[id] else {
            json.raw(try call.server.recordJSON(id))
            return .now
        }
        let reply = call.later()
        _ = call.server.supervisor.whenEnded(session) { record in reply.send { $0.raw(record.json) } }
        call.server.stop(
            session, graceMilliseconds: grace ?? limits.stopGraceMillisecondsDefault, for: call.principal)
        return .later
    }

    private static func wait(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read("id", "timeout_ms")
        let id = try params.requiredText("id")
        let timeout = try params.integer("timeout_ms", in: 0...StartLimits.timeoutMillisecondsMax)
        let server = call.server
        guard let session = server.supervisor[id], timeout != 0 else {
            json.raw(try server.recordJSON(id))
            return .now
        }
        let reply = call.later()
        var timer: TimerToken?
        let waiter = server.supervisor.whenEnded(session) { record in
            if let timer { server.loop.cancel(timer) }
            reply.send { $0.raw(record.json) }
        }
        if let timeout {
            timer = server.loop.after(milliseconds: Int(timeout)) {
                session.endReplies[waiter] = nil
                reply.send { $0.raw(session.json(nowNanoseconds: server.loop.nowNanoseconds)) }
            }
        }
        return .later
    }
}

extension Server {
    /// The record of a session as JSON: from memory while it lives or was read lately, else from the store.
    func recordJSON(_ id: String) throws(RPCError) -> [UInt8] {
        if let live = supervisor[id] { return live.json(nowNanoseconds: loop.nowNanoseconds) }
        if let recent = recentlyRead[id] { return recent }
        let record = Array(try SessionMethods.stored(id, store).record.utf8)
        // What has ended never changes. Starting over costs one read each, and needs no order of use.
        if recentlyRead.count >= 4096 { recentlyRead.removeAll(keepingCapacity: true) }
        recentlyRead[id] = record
        return record
    }
}

/// Where a listing goes on: the number of the last thing that was told.
enum Cursor {
    static func ordinal(_ params: ParamReader) throws(RPCError) -> Int64? {
        guard let text = try params.text("cursor") else { return nil }
        guard let ordinal = Int64(text), ordinal >= 0 else {
            throw params.wrong("cursor", "must be a next_cursor of an earlier answer")
        }
        return ordinal
    }
}
