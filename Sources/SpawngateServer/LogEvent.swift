internal import DecisionLog
internal import Policy
internal import Sessions
internal import Store
internal import Wire

/// Something other than a start that security cares for: a leaf of the same log, in the same numbering.
///
/// The leaf is {kind, seq, time, principal, address} and what the kind has besides. `principal` is null where nobody has
/// authenticated or the server acts by itself; `address` is the peer's, null where there is none.
struct LogEvent {
    let kind: String
    /// Milliseconds since 1970.
    let time: Int64
    let principal: Principal?
    let address: String?
    let sessionID: String?
    let facts: [JSONMember]

    private init(
        _ kind: String, _ time: Int64, _ principal: Principal?, address: String? = nil, sessionID: String? = nil,
        _ facts: KeyValuePairs<String, JSONValue>
    ) {
        self.init(
            kind, time, principal, address: address, sessionID: sessionID,
            facts: facts.map { JSONMember(name: $0.key, value: $0.value) })
    }

    private init(
        _ kind: String, _ time: Int64, _ principal: Principal?, address: String?, sessionID: String?,
        facts: [JSONMember]
    ) {
        self.kind = kind
        self.time = time
        self.principal = principal
        self.address = address ?? principal?.address
        self.sessionID = sessionID
        self.facts = facts
    }

    /// The leaf under the number that it gets in the log.
    func row(sequence: Int64) -> LeafRow {
        let leaf: [JSONMember] =
            [
                JSONMember(name: "kind", value: .string(kind)), JSONMember(name: "seq", value: .integer(sequence)),
                JSONMember(name: "time", value: .string(Timestamp.text(milliseconds: time))),
                JSONMember(name: "principal", value: principal?.json ?? .null),
                JSONMember(name: "address", value: .text(address)),
            ] + facts
        return LeafRow(
            kind: kind, time: time, principal: principal?.name ?? "", sessionID: sessionID, sequence: sequence,
            text: String(decoding: CanonicalJSON.bytes(of: .object(leaf)), as: UTF8.self))
    }

    /// The last of several of which only one is kept: it says how many it stands for besides itself.
    func standing(for others: Int) -> LogEvent {
        LogEvent(
            kind, time, principal, address: address, sessionID: sessionID,
            facts: facts + [JSONMember(name: "suppressed", value: .integer(Int64(others)))])
    }
}

extension LogEvent {
    // MARK: who is let in

    /// A token that was not accepted; `tokenID` names the one that was meant, where there is one.
    static func loginRefused(_ reason: String, tokenID: String?, address: String, at time: Int64) -> LogEvent {
        LogEvent("login.refused", time, nil, address: address, ["reason": .string(reason), "token_id": .text(tokenID)])
    }

    /// A client's certificate that did not stand in for a token.
    static func certificateRefused(_ refusal: CertificateRefusal, address: String, at time: Int64) -> LogEvent {
        LogEvent(
            "login.refused", time, nil, address: address,
            [
                "reason": .string(refusal.reason), "token_id": .text(refusal.tokenID),
                "certificate_name": .text(refusal.name), "certificate_fault": .text(refusal.fault),
            ])
    }

    static func roleDenied(_ principal: Principal, method: String, required: String, at time: Int64) -> LogEvent {
        LogEvent("role.denied", time, principal, ["method": .string(method), "required": .string(required)])
    }

    static func tokenCreated(_ row: TokenRow, by principal: Principal?, at time: Int64) -> LogEvent {
        LogEvent("token.created", time, principal, ["token": json(row)])
    }

    static func tokenRevoked(_ row: TokenRow, by principal: Principal, at time: Int64) -> LogEvent {
        LogEvent("token.revoked", time, principal, ["token": json(row)])
    }

    private static func json(_ row: TokenRow) -> JSONValue {
        let token: JSONValue = [
            "id": .string(row.id), "name": .string(row.name), "principal": .string(row.principal),
            "roles": .array(row.roles.map { .string($0.rawValue) }),
            "expires_at": .text(row.expiresAt.map(Timestamp.text(milliseconds:))),
        ]
        // Tokens are told of as they were before there were certificates.
        guard row.isCertificate, case .object(let members) = token else { return token }
        return .object(members + [JSONMember(name: "kind", value: .string(row.kind))])
    }

    // MARK: sessions

    /// A stop was asked for; how the session ended stands in the session.
    static func stopRequested(
        _ sessionID: String, graceMilliseconds: Int64, by principal: Principal, at time: Int64
    ) -> LogEvent {
        LogEvent(
            "stop.requested", time, principal, sessionID: sessionID,
            ["session_id": .string(sessionID), "grace_ms": .integer(graceMilliseconds)])
    }

    // MARK: policies

    /// Another set is in force than the one of the last such event.
    static func policyLoaded(_ loaded: PolicySetInForce, previous: String?) -> LogEvent {
        let policies = loaded.policies.map { policy -> JSONValue in
            ["name": .string(policy.name), "digest": .string(policy.digest)]
        }
        return LogEvent(
            "policy.loaded", loaded.loadedAt, nil,
            [
                "policy_set": .string(loaded.set.digest), "previous": .text(previous), "policies": .array(policies),
            ])
    }

    /// A candidate is judged beside the set in force from now on; nil: none any more.
    static func policyShadowed(_ digest: String?, by principal: Principal, at time: Int64) -> LogEvent {
        LogEvent("policy.shadowed", time, principal, ["policy_set": .text(digest)])
    }

    /// The candidate is about to be written into the policy folder; `policy.loaded` follows where it came into force.
    static func policyPromoted(_ digest: String, force: Bool, by principal: Principal, at time: Int64) -> LogEvent {
        LogEvent("policy.promoted", time, principal, ["policy_set": .string(digest), "force": .bool(force)])
    }

    // MARK: the log itself

    static func keyCreated(_ key: NoteVerifier, previous: NoteVerifier?, at time: Int64) -> LogEvent {
        LogEvent("key.created", time, nil, ["key": .string(key.text), "previous": .text(previous?.text)])
    }

    /// `rotation` is signed by both keys.
    static func keyRotated(
        to key: NoteVerifier, from previous: NoteVerifier, rotation: String, by principal: Principal, at time: Int64
    ) -> LogEvent {
        LogEvent(
            "key.rotated", time, principal,
            ["key": .string(key.text), "previous": .string(previous.text), "rotation": .string(rotation)])
    }

    /// Texts that stood beside decisions are gone; the decisions stay as they are.
    static func secretsErased(_ erasure: SecretErasure, at time: Int64) -> LogEvent {
        LogEvent(
            "secrets.erased", time, erasure.principal,
            [
                "before": .text(erasure.before.map(Timestamp.text(milliseconds:))),
                "erased": .array(erasure.sequences.map { .integer($0) }),
            ])
    }

    static func serverStarted(version: String, at time: Int64) -> LogEvent {
        LogEvent("server.started", time, nil, ["version": .string(version)])
    }

    /// A clean end; a server that was killed leaves none.
    static func serverStopped(at time: Int64) -> LogEvent { LogEvent("server.stopped", time, nil, [:]) }

    /// So many events came while the log could not be written, and were too many to be remembered.
    static func eventsLost(_ count: Int, at time: Int64) -> LogEvent {
        LogEvent("events.lost", time, nil, ["count": .integer(Int64(count))])
    }
}

extension JSONValue {
    /// A string, or null.
    fileprivate static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
