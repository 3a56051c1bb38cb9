internal import Wire

/// A session record as a client reads it. What is not known is nil.
public struct Session: Equatable, Sendable {
    /// The whole record, with every member that the server sent.
    public let record: RemoteValue

    /// Looks at the answer of session.start, get, stop or wait, or at one element of session.list.
    public init(_ record: RemoteValue) { self.record = record }

    /// The session's own name among all sessions.
    public var id: String { record["id"].string ?? "" }
    /// What the caller called it.
    public var name: String { record["name"].string ?? "" }
    /// starting, running, exited, completed, completed_missing_report, stopped, terminated, failed or lost.
    public var status: String { record["status"].string ?? "" }
    /// The process that was started.
    public var pid: Int64? { record["pid"].integer }
    /// What the process returned, where it ended by itself.
    public var exitCode: Int64? { record["exit_code"].integer }
    /// The signal that ended the process, where one did.
    public var exitSignal: Int64? { record["exit_signal"].integer }
    /// ISO 8601, UTC, with milliseconds.
    public var startedAt: String? { record["started_at"].string }
    /// ISO 8601, UTC, with milliseconds.
    public var stoppedAt: String? { record["stopped_at"].string }
    /// The decision that allowed it.
    public var decisionID: String? { record["decision_id"].string }

    /// Whether nothing more will happen to it.
    public var hasEnded: Bool { status != "starting" && status != "running" }
    /// Whether its process ended by itself with exit code 0.
    public var succeeded: Bool { hasEnded && exitCode == 0 }
}

/// The tails of a session's logs, byte for byte.
public struct SessionLogs: Equatable, Sendable {
    /// The last bytes of standard output.
    public let stdout: [UInt8]
    /// The last bytes of standard error.
    public let stderr: [UInt8]

    /// Looks at the answer of session.logs with `"encoding": "base64"`; nil where it is none.
    public init?(_ answer: RemoteValue) {
        guard let stdout = answer["stdout"].string.flatMap(Base64.decode),
            let stderr = answer["stderr"].string.flatMap(Base64.decode)
        else { return nil }
        self.stdout = stdout
        self.stderr = stderr
    }
}
