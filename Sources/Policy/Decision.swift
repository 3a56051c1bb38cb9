internal import Sessions
package import Wire

/// The outcome of asking every policy about one start, as it is kept for ever (SPEC section 6).
package struct Decision {
    package let id: String
    /// Milliseconds since 1970.
    package let time: Int64
    package let principal: Principal
    /// All that the policies saw, in the clear.
    package let request: JSONValue
    /// What of the request does not stand in the leaf; nil where there is nothing of that kind.
    package let secrets: RequestSecrets?
    package let judgement: Judgement
    /// The session that an allowed start became.
    package let sessionID: String?

    /// `salt`: random bytes, as many as `RequestSecrets.saltByteCount`, that are used for nothing else.
    package init(
        id: String, time: Int64, principal: Principal, request: JSONValue, salt: [UInt8], judgement: Judgement,
        sessionID: String?
    ) {
        self.id = id
        self.time = time
        self.principal = principal
        self.request = request
        secrets = RequestSecrets(of: request, salt: salt)
        self.judgement = judgement
        self.sessionID = sessionID
    }

    /// The decision as a leaf of the log, under the number that it gets there, its secrets as hashes.
    package func leaf(sequence: Int64) -> JSONValue {
        [
            "kind": "decision", "id": .string(id), "seq": .integer(sequence),
            "time": .string(Timestamp.text(milliseconds: time)), "verdict": .string(judgement.verdict.rawValue),
            "principal": principal.json, "request": secrets?.concealing(request) ?? request,
            "policy_set": judgement.set.map { .string($0.digest) } ?? .null,
            "policies": .array(judgement.policies.map(\.json)), "denied_at": .array(judgement.places),
            "failure": judgement.failure.map(JSONValue.string) ?? .null,
            "granted": judgement.granted?.json ?? .null,
            "session_id": sessionID.map(JSONValue.string) ?? .null,
            "duration_us": .integer(judgement.durationMicroseconds),
        ]
    }
}

extension Judgement {
    /// The answer of `policy.check`: a decision that was not taken, so without id, number and session.
    package func preview(of request: JSONValue) -> JSONValue {
        [
            "verdict": .string(verdict.rawValue), "policy_set": set.map { .string($0.digest) } ?? .null,
            "policies": .array(policies.map(\.json)), "denied_at": .array(places),
            "failure": failure.map(JSONValue.string) ?? .null, "granted": granted?.json ?? .null,
            "request": request, "duration_us": .integer(durationMicroseconds),
        ]
    }
}
