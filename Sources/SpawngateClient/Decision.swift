/// A decision, or what policy.check answers in its place, as a client reads it.
public struct Decision: Equatable, Sendable {
    /// The whole decision, with every member that the server sent.
    public let record: RemoteValue

    /// What is kept beside the log: {salt, prompt, environment}; null where nothing is, or it was not asked for.
    public let secrets: RemoteValue
    /// Whether there was something beside the log, and it was erased.
    public let isErased: Bool

    /// Looks at the whole answer of decision.get.
    public init(answer: RemoteValue) {
        record = answer["decision"]
        secrets = answer["secrets"]
        isErased = answer["erased"].bool == true
    }

    /// Looks at the `decision` of decision.get, at one element of decision.list, or at the answer of policy.check.
    public init(_ record: RemoteValue) {
        self.record = record
        secrets = .null
        isErased = false
    }

    /// The decision's own name; nil for a mere check, which leaves no trace.
    public var id: String? { record["id"].string }
    /// The number of its leaf in the log; nil for a mere check.
    public var seq: Int64? { record["seq"].integer }
    /// allow, deny or error.
    public var verdict: String { record["verdict"].string ?? "" }
    /// ISO 8601, UTC, with milliseconds; nil for a mere check.
    public var time: String? { record["time"].string }
    /// Who asked.
    public var principalName: String? { record["principal"]["name"].string }
    /// All that the policies saw.
    public var request: RemoteValue { record["request"] }
    /// Whether prompt or environment stand in the request as salted hashes only; decision.get answers the texts beside
    /// the decision, as long as they are kept.
    public var hasHashes: Bool {
        let values = [request["prompt"]] + request["environment"].members.map(\.value)
        return values.contains { !$0["salted_sha256"].isNull }
    }
    /// The session that an allowed start became.
    public var sessionID: String? { record["session_id"].string }
    /// What each policy said, in the order in which they were asked.
    public var policies: [PolicyVerdict] { record["policies"].elements.map { PolicyVerdict($0) } }
    /// All objections of all policies.
    public var denials: [Denial] { policies.flatMap(\.denials) }

    /// Where each objection was made, in the order of `denials`; decisions of older servers do not say.
    public var places: [DenialPlace] { record["denied_at"].elements.compactMap { DenialPlace($0) } }

    /// Whether a start is let through.
    public var isAllowed: Bool { verdict == "allow" }
}

/// Where a rule objected.
public struct DenialPlace: Equatable, Sendable, CustomStringConvertible {
    /// The policy's name.
    public let policy: String
    /// The rule's name inside the policy.
    public let rule: String
    /// The file of the policy set, such as `lib/site.lua`.
    public let file: String
    /// Counted from 1.
    public let line: Int64
    /// `FILE:LINE`.
    public var description: String { "\(file):\(line)" }

    init?(_ object: RemoteValue) {
        guard let file = object["file"].string, let line = object["line"].integer else { return nil }
        policy = object["policy"].string ?? ""
        rule = object["rule"].string ?? ""
        self.file = file
        self.line = line
    }
}

/// What one policy said about one start.
public struct PolicyVerdict: Equatable, Sendable {
    /// The policy's name.
    public let name: String
    /// allow, deny or error.
    public let verdict: String
    /// Its objections.
    public let denials: [Denial]
    /// Why it came to no verdict, where it did not.
    public let failure: String?

    init(_ object: RemoteValue) {
        let name = object["name"].string ?? ""
        self.name = name
        verdict = object["verdict"].string ?? ""
        denials = object["denials"].elements.map { Denial($0, policy: name) }
        failure = object["failure"].string
    }
}
