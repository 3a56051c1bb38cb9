internal import Platform
internal import Sessions
internal import Wire

/// Methods after which the server tells by itself.
enum SubscriptionMethods {
    static let table: [Method] = [
        Method(name: "session.follow", roles: MethodTable.reading, run: follow),
        Method(name: "session.watch", roles: MethodTable.reading, run: watch),
        Method(name: "subscription.cancel", roles: MethodTable.reading, run: cancel),
    ]

    private static func follow(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read("id", "stdout_from", "stderr_from")
        let server = call.server
        let id = try params.requiredText("id")
        let stdoutFrom = try params.integer("stdout_from", in: 0...Int64.max / 2) ?? 0
        let stderrFrom = try params.integer("stderr_from", in: 0...Int64.max / 2) ?? 0
        let record = try server.storedRecord(id).record
        try checkLimits(call)
        let subscription: String
        do throws(SystemError) {
            subscription = try server.subscriptions.follow(
                record, live: server.supervisor[id], stdoutFrom: stdoutFrom, stderrFrom: stderrFrom,
                for: call.connection, batch: call.batch)
        } catch {
            throw RPCError.internalFault("The logs cannot be followed: \(error).")
        }
        answer(subscription, &json)
        return .now
    }

    private static func watch(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read("status", "executive", "mission_id", "label")
        let filter = try SessionMethods.filter(params)
        try checkLimits(call)
        answer(call.server.subscriptions.watch(filter, for: call.connection, batch: call.batch), &json)
        return .now
    }

    private static func cancel(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let id = try call.read("subscription").requiredText("subscription")
        guard call.server.subscriptions.cancel(id, of: call.connection) else {
            throw RPCError.notFound("Subscription not found.")
        }
        json.value([:])
        return .now
    }

    private static func checkLimits(_ call: MethodCall) throws(RPCError) {
        guard let limit = call.server.subscriptions.limitReached(by: call.connection) else { return }
        throw RPCError.limited("There are \(limit) subscriptions already.", limit: limit, retryAfterMilliseconds: 1000)
    }

    private static func answer(_ subscription: String, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("subscription", subscription)
        json.endObject()
    }
}
