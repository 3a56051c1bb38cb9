internal import DecisionLog
internal import GRDB
package import Policy
package import Sessions
internal import Wire

/// One thing to be kept. The writes of a turn are kept together or not at all.
package enum StoreWrite {
    /// A leaf of the log, with the columns that it is found by.
    case leaf(LeafRow)
    /// A new session.
    case session(SessionRow)
    /// A session's record, as it is now.
    case change(SessionRecord)
    case policySet(PolicySet, at: Int64)
    /// `openDigest`: of the params without what the decision keeps as a secret.
    case idempotency(principal: String, key: String, paramsDigest: String, openDigest: String, sessionID: String)
    /// A session that never ran gives its key free again.
    case forgetIdempotency(sessionID: String)
    case token(TokenRow)
    case revokeToken(id: String, at: Int64)
    /// The set to be judged beside the one in force, in place of the one before; nil: none.
    case shadow(ShadowRow?)
    /// What has been judged beside the live decisions since the last such write.
    case shadowJudged(ShadowCounts)
    case disagreement(DisagreementRow)
    /// The policy folder is about to be changed; nil: that is over.
    case promotion(PromotionRow?)
    /// The secrets of these leaves go; those that have gone already stay as they are.
    case eraseSecrets(sequences: [Int64], at: Int64)

    /// Keeps it; `tree` is the tree of the leaves that are kept already, and grows with a leaf.
    func apply(to database: Database, _ tree: inout MerkleTree) throws {
        switch self {
        case .leaf(let leaf): try leaf.insert(into: database, &tree)
        case .session(let session): try session.insert(into: database)
        case .change(let record):
            try database.cachedStatement(sql: "UPDATE session SET status = ?, record = ? WHERE id = ?")
                .execute(arguments: [record.status.rawValue, record.jsonText, record.id])
        case .policySet(let set, let time):
            try database.cachedStatement(
                sql: "INSERT OR IGNORE INTO policy_set (digest, first_used_at, files) VALUES (?, ?, ?)"
            ).execute(arguments: [set.digest, time, set.filesText])
        case .idempotency(let principal, let key, let digest, let openDigest, let session):
            try database.cachedStatement(
                sql: """
                    INSERT INTO idempotency (principal, key, params_digest, open_digest, session_id)
                    VALUES (?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [principal, key, digest, openDigest, session])
        case .forgetIdempotency(let session):
            try database.cachedStatement(sql: "DELETE FROM idempotency WHERE session_id = ?")
                .execute(arguments: [session])
        case .token(let token): try token.insert(into: database)
        case .revokeToken(let id, let time):
            try database.cachedStatement(sql: "UPDATE token SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL")
                .execute(arguments: [time, id])
        case .shadow(let row): try ShadowRow.replace(with: row, in: database)
        case .shadowJudged(let counts): try counts.add(to: database)
        case .disagreement(let row): try row.insert(into: database)
        case .promotion(let row): try PromotionRow.replace(with: row, in: database)
        case .eraseSecrets(let sequences, let time):
            for sequence in sequences { try Self.eraseSecrets(of: sequence, at: time, in: database) }
        }
    }
}

/// A leaf of the log: a decision, or another event that security cares for.
package struct LeafRow {
    package let sequence: Int64
    /// A decision's id.
    package let id: String?
    package let kind: String
    /// Milliseconds since 1970.
    package let time: Int64
    package let verdict: Verdict?
    package let principal: String
    package let sessionID: String?
    package let executive: String?
    package let missionID: String?
    package let denials: [(policy: String, rule: String)]
    /// The exact canonical text.
    package let text: String
    /// What of a decision is kept beside the log.
    package let secrets: RequestSecrets?

    /// A decision, under the number that it gets in the log.
    package init(_ decision: Decision, sequence: Int64, request: StartRequest, text: String) {
        self.sequence = sequence
        id = decision.id
        kind = "decision"
        time = decision.time
        verdict = decision.judgement.verdict
        principal = decision.principal.name
        sessionID = decision.sessionID
        executive = request.executive
        missionID = request.missionID
        denials = decision.judgement.policies.flatMap { policy in policy.denials.map { (policy.name, $0.rule) } }
        self.text = text
        secrets = decision.secrets
    }

    /// Another event than a decision, under the number that it gets in the log. `principal` is empty where nobody is
    /// known.
    package init(
        kind: String, time: Int64, principal: String, sessionID: String? = nil, sequence: Int64, text: String
    ) {
        self.sequence = sequence
        id = nil
        self.kind = kind
        self.time = time
        verdict = nil
        self.principal = principal
        self.sessionID = sessionID
        executive = nil
        missionID = nil
        denials = []
        self.text = text
        secrets = nil
    }

    func insert(into database: Database, _ tree: inout MerkleTree) throws {
        guard sequence == tree.size else {
            throw StoreFailure(description: "leaf \(sequence) cannot follow \(tree.size) leaves")
        }
        try TreeRow.insert(tree.append(.leaf(Array(text.utf8))), sequence, into: database)
        try database.cachedStatement(
            sql: """
                INSERT INTO leaf (seq, id, kind, time, verdict, principal, session_id, executive, mission_id, text)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                sequence, id, kind, time, verdict?.rawValue, principal, sessionID, executive, missionID, text,
            ])
        for denial in denials {
            try database.cachedStatement(sql: "INSERT OR IGNORE INTO denial (policy, rule, seq) VALUES (?, ?, ?)")
                .execute(arguments: [denial.policy, denial.rule, sequence])
            // A rule that objects twice to one start has fired once.
            if database.changesCount > 0 { try RuleFiring.count(denial, at: time, in: database) }
        }
        try secrets?.insert(sequence: sequence, time: time, sessionID: sessionID, into: database)
    }
}

/// A session with what the server alone needs to know of it.
package struct SessionRow {
    package let ordinal: Int64
    package let record: SessionRecord
    package let metadata: SessionMetadata
    /// The principal who started it.
    package let principal: String
    /// A report counts where it was written at or after this, in nanoseconds of the kernel's file clock.
    package let reportSince: Int64

    package init(
        ordinal: Int64, record: SessionRecord, metadata: SessionMetadata, principal: String, reportSince: Int64
    ) {
        self.ordinal = ordinal
        self.record = record
        self.metadata = metadata
        self.principal = principal
        self.reportSince = reportSince
    }

    func insert(into database: Database) throws {
        var json = JSONWriter()
        metadata.write(to: &json)
        try database.cachedStatement(
            sql: """
                INSERT INTO session
                    (ordinal, id, status, executive, mission_id, principal, report_since_ns, record, metadata)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                ordinal, record.id, record.status.rawValue, record.executive, record.missionID, principal, reportSince,
                record.jsonText, String(decoding: json.bytes, as: UTF8.self),
            ])
        for label in record.labels {
            try database.cachedStatement(sql: "INSERT INTO label (name, text, ordinal) VALUES (?, ?, ?)")
                .execute(arguments: [label.name, label.text, ordinal])
        }
    }
}

extension SessionRecord {
    /// The record as JSON text.
    var jsonText: String {
        var json = JSONWriter(reserving: 1024)
        write(to: &json)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

extension PolicySet {
    /// The files as JSON: [{name, text}]. A text that is not UTF-8 does not load, so none is ever named here.
    var filesText: String {
        var json = JSONWriter()
        json.beginArray()
        for file in files {
            json.beginObject()
            json.member("name", file.name)
            json.member("text", String(decoding: file.text, as: UTF8.self))
            json.endObject()
        }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
