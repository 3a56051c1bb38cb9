internal import Platform
internal import Policy
internal import Wire

/// From a frame to the method and back.
extension Server {
    /// Answers one frame: at once what can be, the rest when its event comes.
    func answerFrame(_ frame: UnsafeRawBufferPointer, _ connection: Connection) {
        do {
            try reader.read(frame) { root in
                switch Envelope.classify(root) {
                case .single(let call): answer(call, connection, batch: nil)
                case .batch(let calls): answer(calls, connection)
                }
            }
        } catch let error as JSONSyntaxError {
            metrics.invalidFrames += 1
            Reply(connection: connection, id: Self.nullID, batch: nil)
                .fail(.parse(reason: error.reason, offset: error.offset))
        } catch {
            preconditionFailure("reading throws JSONSyntaxError alone")
        }
    }

    private func answer(_ calls: [Result<Call, InvalidCall>], _ connection: Connection) {
        let outstanding = calls.count { call in
            switch call {
            case .success(let call): call.id != nil
            case .failure(let invalid): invalid.id != nil
            }
        }
        let batch = Batch(outstanding: outstanding)
        for call in calls { answer(call, connection, batch: batch) }
    }

    private func answer(_ call: Result<Call, InvalidCall>, _ connection: Connection, batch: Batch?) {
        switch call {
        case .failure(let invalid):
            guard let id = invalid.id else { return }
            Reply(connection: connection, id: Array(id), batch: batch).fail(invalid.error)
        case .success(let call):
            metrics.requests += 1
            let context = MethodCall(
                server: self, connection: connection, call: call, batch: batch,
                beganAt: clock.monotonicNanoseconds())
            var json = JSONWriter()
            swap(&json, &scratch)
            json.bytes.removeAll(keepingCapacity: true)
            var isDeferred = false
            Reply.write(&json, id: call.id ?? Self.nullIDPointer) { (json) throws(RPCError) in
                isDeferred = try run(context, &json) == .later
            }
            if !isDeferred, call.id != nil { Reply.deliver(json.bytes, connection, batch) }
            swap(&json, &scratch)
        }
    }

    private static var nullIDPointer: UnsafeRawBufferPointer {
        let word: StaticString = "null"
        return UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    }

    private func run(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        guard let index = MethodTable.index(of: call.call.method) else {
            guard call.connection.grant != nil else { throw RPCError.notAuthenticated() }
            throw RPCError.methodNotFound(call.call.method.string ?? "")
        }
        let method = MethodTable.methods[index]
        try authorize(call, method)
        let answered = try method.run(call, &json)
        if answered == .now { metrics.record(method: index, nanoseconds: clock.monotonicNanoseconds() - call.beganAt) }
        return answered
    }

    private func authorize(_ call: MethodCall, _ method: Method) throws(RPCError) {
        guard let roles = method.roles else { return }
        guard let grant = call.connection.grant else { throw RPCError.notAuthenticated() }
        // Its expiry and revocation count from that moment on, also for a connection that is open.
        guard access.holds(grant, wallMilliseconds: clock.wallMilliseconds()) else {
            call.connection.grant = nil
            call.connection.closing = .whenSent
            call.connection.closingReason = "its token has expired or was revoked"
            throw RPCError.notAuthenticated()
        }
        guard grant.roles.contains(where: { $0 == .admin || roles.contains($0) }) else {
            metrics.forbidden += 1
            throw RPCError.forbidden(required: (roles.first ?? .admin).rawValue)
        }
    }
}
