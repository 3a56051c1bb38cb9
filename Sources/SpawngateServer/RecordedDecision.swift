internal import DecisionLog
internal import Policy
internal import Wire

/// What was objected and what failed, in its order: two judgements are the same where this and their verdicts are.
struct Objections: Equatable {
    struct Denial: Equatable {
        let policy: String
        let rule: String
        let reason: String
    }
    struct Failure: Equatable {
        /// Nil where no policy could be asked.
        let policy: String?
        let reason: String
    }

    private(set) var denials: [Denial] = []
    private(set) var failures: [Failure] = []

    /// Those of a judgement.
    init(_ judgement: Judgement) {
        if let reason = judgement.failure { failures.append(Failure(policy: nil, reason: reason)) }
        for policy in judgement.policies {
            for denial in policy.denials {
                denials.append(Denial(policy: policy.name, rule: denial.rule, reason: denial.reason))
            }
            if let reason = policy.failure { failures.append(Failure(policy: policy.name, reason: reason)) }
        }
    }

    /// Those of a recorded decision.
    init(decision: JSONView) {
        if let reason = decision["failure"]?.string { failures.append(Failure(policy: nil, reason: reason)) }
        decision["policies"]?.forEachElement { policy in
            let name = policy["name"]?.string ?? ""
            policy["denials"]?.forEachElement { denial in
                denials.append(
                    Denial(
                        policy: name, rule: denial["rule"]?.string ?? "", reason: denial["reason"]?.string ?? ""))
            }
            if let reason = policy["failure"]?.string { failures.append(Failure(policy: name, reason: reason)) }
        }
    }
}

/// A decision of the log, as far as running it again needs it.
struct RecordedDecision {
    let id: String
    let verdict: Verdict
    let objections: Objections
    /// What each policy said, and where each objection was made (nil in decisions of before 2026-11-28): canonical JSON.
    private let policies: [UInt8]
    private let places: [UInt8]?
    /// What it granted in place of what was asked for.
    let granted: Narrowing?
    /// The digest of the set that judged, or nil where none was in force.
    let policySet: String?
    /// The policies' `request` as canonical JSON; nil where a part of it was erased.
    let question: [UInt8]?
    let principal: String
    let workingDirectory: String

    /// `secrets`: those that are kept of this leaf. Nil where it is no decision, or not one of these secrets.
    init?(_ leaf: JSONView, secrets: KeptSecrets?) {
        guard let id = leaf["id"]?.string, let request = leaf["request"],
            let verdict = leaf["verdict"]?.string.flatMap(Verdict.init(rawValue:))
        else { return nil }
        self.id = id
        self.verdict = verdict
        objections = Objections(decision: leaf)
        policies = leaf["policies"].map { Array($0.rawBytes) } ?? []
        places = leaf["denied_at"].map { Array($0.rawBytes) }
        granted = leaf["granted"].flatMap { Narrowing($0) }
        policySet = leaf["policy_set"]?.string
        if !RequestSecrets.areConcealed(in: request) {
            // As the leaf has it, which is canonical.
            question = Array(request.rawBytes)
        } else if case .kept(let secrets)? = secrets {
            guard let whole = secrets.restored(request.value) else { return nil }
            question = CanonicalJSON.bytes(of: whole)
        } else {
            question = nil
        }
        principal = leaf["principal"]?["name"]?.string ?? ""
        workingDirectory = request["working_directory"]?.string ?? ""
    }

    /// Whether a judgement says the same: verdict, every policy by name and digest with each objection and failure, all in
    /// their order, where each objection was made, and what is granted.
    func isSame(as judgement: Judgement) -> Bool {
        verdict == judgement.verdict && objections == Objections(judgement) && granted == judgement.granted
            && policies == CanonicalJSON.bytes(of: .array(judgement.policies.map(\.json)))
            && places.map { $0 == CanonicalJSON.bytes(of: .array(judgement.places)) } != false
    }
}
