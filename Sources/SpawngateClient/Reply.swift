/// The answer to one call.
public struct Reply: Sendable {
    /// The id of the call; nil where the server could not tell which call it was.
    public let id: Int64?
    /// The result as JSON text, exactly as the server wrote it, or the server's no.
    public let outcome: Result<[UInt8], RemoteError>

    /// The result; throws the `RemoteError` where the server said no.
    public func value() throws -> RemoteValue { try RemoteValue(json: outcome.get()) }
}

/// What the server tells without being asked: output of a followed session, a change of a watched one.
public struct ServerNotification: Equatable, Sendable {
    /// `session.output`, `session.ended` or `session.event`.
    public let method: String
    /// What it says.
    public let params: RemoteValue
}

/// Who the server takes this connection for.
public struct Principal: Equatable, Sendable {
    /// The name that stands in decisions.
    public let name: String
    /// viewer, operator, auditor, admin: one or more.
    public let roles: [String]
}
