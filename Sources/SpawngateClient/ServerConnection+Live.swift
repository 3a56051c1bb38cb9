internal import Wire

/// A piece of a session's output, as it was written.
public struct SessionOutput: Equatable, Sendable {
    /// `stdout` or `stderr`.
    public let stream: String
    /// Where the first byte stands in the stream, counted from 0.
    public let offset: Int64
    /// The bytes; empty where the last of a stream are gone.
    public let bytes: [UInt8]
    /// How many bytes before these were gone before they could be told: the log's limit had taken them.
    public let missing: Int64
    /// The params of the notification, as the server sent them.
    public let message: RemoteValue

    /// Looks at the params of a `session.output`; nil where they are none. `expected` is where the last piece ended.
    init?(_ params: RemoteValue, expected: (String) -> Int64) {
        guard let stream = params["stream"].string, let offset = params["offset"].integer,
            let data = params["data"].string,
            let bytes = params["encoding"].string == "base64" ? Base64.decode(data) : Array(data.utf8)
        else { return nil }
        self.stream = stream
        self.offset = offset
        self.bytes = bytes
        missing = max(0, offset - expected(stream))
        message = params
    }
}

extension ServerConnection {
    /// Follows a session from a byte of each stream on, and hands over what it writes until it has ended, whenever that
    /// is. Blocks; answers the record of the ended session. Use a connection of its own: other subscriptions of this one
    /// are not heard meanwhile.
    @discardableResult
    public func follow(
        _ id: String, stdoutFrom: Int64 = 0, stderrFrom: Int64 = 0, _ each: (SessionOutput) throws -> Void
    ) throws -> Session {
        let answer = try call(
            "session.follow",
            ["id": .string(id), "stdout_from": .integer(stdoutFrom), "stderr_from": .integer(stderrFrom)])
        var expected = ["stdout": stdoutFrom, "stderr": stderrFrom]
        while true {
            let notification = try receiveNotification()
            guard notification.params["subscription"] == answer["subscription"] else { continue }
            if notification.method == "session.ended" { return Session(notification.params["session"]) }
            guard let output = SessionOutput(notification.params, expected: { expected[$0] ?? 0 }) else {
                throw ConnectionError(description: "the server sent output that is none")
            }
            expected[output.stream] = output.offset + Int64(output.bytes.count)
            try each(output)
        }
    }

    /// Watches sessions, those that `filter` (the filters of session.list) lets through, and hands over each change:
    /// `created`, `started` or `ended`, and the session as it then was. Blocks until `each` answers false or throws.
    public func watch(_ filter: RemoteValue = [:], _ each: (String, Session) throws -> Bool) throws {
        let answer = try call("session.watch", filter)
        while true {
            let notification = try receiveNotification()
            guard notification.params["subscription"] == answer["subscription"] else { continue }
            let goesOn = try each(notification.params["event"].string ?? "", Session(notification.params["session"]))
            if goesOn { continue }
            try call("subscription.cancel", ["subscription": answer["subscription"]])
            return
        }
    }
}
