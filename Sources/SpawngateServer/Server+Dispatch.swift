internal import Platform
internal import Policy
internal import Wire

/// From a frame to the method and back.
extension Server {
    /// Answers one frame: at once what can be, the rest when its event comes.
    func answerFrame(_ frame: UnsafeRawBufferPointer, _ connection: Connection) {
        answeredAt = max(answeredAt, loop.nowNanoseconds)
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
                server: self, connection: connection, call: call, batch: batch, beganAt: answeredAt)
            if batch == nil { answerInPlace(context) } else { answerIntoBatch(context) }
        }
    }

    /// Writes the answer where it will be sent from.
    private func answerInPlace(_ call: MethodCall) {
        let connection = call.connection
        var json = JSONWriter()
        swap(&json, &connection.out)
        let start = FrameEncoder.begin(in: &json)
        if write(call, &json) {
            FrameEncoder.end(at: start, in: &json)
        } else {
            json.bytes.removeSubrange(start...)
        }
        // What was to be answered later may have been answered at once.
        if !connection.out.bytes.isEmpty { json.bytes += connection.out.bytes }
        swap(&json, &connection.out)
    }

    private func answerIntoBatch(_ call: MethodCall) {
        var json = JSONWriter()
        if write(call, &json) { Reply.deliver(json.bytes, call.connection, call.batch) }
    }

    /// Writes the response object; false where none is due now.
    private func write(_ call: MethodCall, _ json: inout JSONWriter) -> Bool {
        var answered = Answered.now
        Reply.write(&json, id: call.call.id ?? Self.nullIDPointer) { (json) throws(RPCError) in
            answered = try run(call, &json)
        }
        return answered == .now && call.call.id != nil
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
        if answered == .now {
            answeredAt = clock.monotonicNanoseconds()
            metrics.record(method: index, nanoseconds: answeredAt - call.beganAt)
        }
        return answered
    }

    private func authorize(_ call: MethodCall, _ method: Method) throws(RPCError) {
        guard let roles = method.roles else { return }
        guard let grant = call.connection.grant else { throw RPCError.notAuthenticated() }
        guard grant.holds(wallMilliseconds: loop.wallMilliseconds) else {
            call.connection.grant = nil
            call.connection.closing = .whenSent
            call.connection.closingReason = "its token has expired or was revoked"
            throw RPCError.notAuthenticated()
        }
        guard grant.roles.contains(where: { $0 == .admin || roles.contains($0) }) else {
            throw call.forbidden(required: roles.first ?? .admin)
        }
    }
}
