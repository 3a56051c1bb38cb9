/// The server's own answer that it will not, or could not, do what a call asked.
public struct RemoteError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The JSON-RPC code: `RemoteError.deniedByPolicy` and so on.
    public let code: Int
    /// One sentence for a person.
    public let message: String
    /// The HTTP-like number of `data.status`; 0 where the server gave none.
    public let status: Int
    /// Everything else that the server said; see the manual's table of error codes.
    public let data: RemoteValue

    /// A policy denied the start; `denials` says which and why.
    public static let deniedByPolicy = -32010
    /// A policy could not be asked to its end, which denies as well; `failures` says which and why.
    public static let policyFailed = -32011
    /// Nobody has said who is asking, or it does not count any more.
    public static let notAuthenticated = -32001
    /// There is no such session, decision, policy or token.
    public static let notFound = -32004

    /// Whether the start was refused by the policies, be it that one denied or that one failed.
    public var isDenial: Bool { code == Self.deniedByPolicy || code == Self.policyFailed }

    /// The decision that stands in the log, where the error is about one.
    public var decisionID: String? { data["decision_id"].string }

    /// The policies' objections, in the order in which the policies were asked.
    public var denials: [Denial] { data["denials"].elements.map { Denial($0) } }

    /// The policies that did not come to a verdict.
    public var failures: [PolicyFailure] {
        data["failures"].elements.map {
            PolicyFailure(policy: $0["policy"].string ?? "", reason: $0["reason"].string ?? "")
        }
    }

    /// The message.
    public var description: String { message }

    /// Reads the `error` object of an answer.
    init(_ object: RemoteValue) {
        code = object["code"].integer.map { Int(clamping: $0) } ?? 0
        message = object["message"].string ?? "the server answered with an error that it did not describe"
        data = object["data"]
        status = object["data"]["status"].integer.map { Int(clamping: $0) } ?? 0
    }
}

/// One objection of one policy.
public struct Denial: Equatable, Sendable {
    /// The policy's name.
    public let policy: String
    /// The rule's name inside the policy.
    public let rule: String
    /// The sentence that the policy gave.
    public let reason: String

    init(_ object: RemoteValue, policy: String? = nil) {
        self.policy = policy ?? object["policy"].string ?? ""
        rule = object["rule"].string ?? ""
        reason = object["reason"].string ?? ""
    }
}

/// A policy that ended without a verdict.
public struct PolicyFailure: Equatable, Sendable {
    /// The policy's name; empty where there is no policy at all.
    public let policy: String
    /// What went wrong.
    public let reason: String
}

/// The server could not be reached, fell silent, or does not speak Spawngate's protocol.
public struct ConnectionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One sentence, with what to do about it where that is known.
    public let description: String
}
