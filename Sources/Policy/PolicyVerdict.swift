package import Wire

/// What one policy, or all of them together, said.
package enum Verdict: String, CaseIterable, Sendable {
    case allow, deny
    /// A policy failed, or there was none to ask: as much a no as a denial.
    case error
}

/// One objection.
package struct Denial: Equatable, Sendable {
    package let rule: String
    package let reason: String
    /// Where the policies call `deny`; nil where the worker could not tell.
    package let place: SourcePlace?
}

/// A line in a file of a policy set.
package struct SourcePlace: Equatable, Sendable {
    package let file: String
    package let line: Int64
}

/// What one policy said of one start.
package struct PolicyVerdict: Equatable, Sendable {
    package let name: String
    /// SHA-256 of the policy's file.
    package let digest: String
    package let verdict: Verdict
    package let denials: [Denial]
    package let failure: String?
    /// What it said to `narrow`: members of the request, as it would grant them. Nil where it did not.
    package let narrowing: JSONValue?

    package init(
        name: String, digest: String, verdict: Verdict, denials: [Denial], failure: String?, narrowing: JSONValue? = nil
    ) {
        self.name = name
        self.digest = digest
        self.verdict = verdict
        self.denials = denials
        self.failure = failure
        self.narrowing = narrowing
    }

    /// As a decision records it.
    package var json: JSONValue {
        let json: JSONValue = [
            "name": .string(name), "digest": .string(digest), "verdict": .string(verdict.rawValue),
            "denials": .array(denials.map { ["rule": .string($0.rule), "reason": .string($0.reason)] }),
            "failure": failure.map(JSONValue.string) ?? .null,
        ]
        guard let narrowing else { return json }
        return .object((json.object ?? []) + [JSONMember(name: "narrow", value: narrowing)])
    }
}

/// What all policies of a set said of one start: unless every one ran to its end and none objected, no.
package struct Judgement: Equatable, Sendable {
    /// The set that was asked, or nil where none is in force.
    package let set: PolicySet?
    package let policies: [PolicyVerdict]
    /// Why no policy could be asked at all.
    package let failure: String?
    /// What an allowed start is granted, where that is less than what was asked for.
    package let granted: Narrowing?
    /// From the question to the answer, in microseconds.
    package let durationMicroseconds: Int64

    package init(
        set: PolicySet?, policies: [PolicyVerdict], failure: String?, granted: Narrowing? = nil,
        durationMicroseconds: Int64
    ) {
        self.granted = granted
        self.set = set
        self.policies = policies
        self.failure = failure
        self.durationMicroseconds = durationMicroseconds
    }

    package var verdict: Verdict {
        if failure != nil || policies.isEmpty || policies.contains(where: { $0.verdict == .error }) { return .error }
        return policies.allSatisfy { $0.verdict == .allow } ? .allow : .deny
    }

    /// Every objection as the caller is told it: {policy, rule, reason}.
    package var denials: [JSONValue] {
        policies.flatMap { policy in
            policy.denials.map { denial in
                ["policy": .string(policy.name), "rule": .string(denial.rule), "reason": .string(denial.reason)]
            }
        }
    }

    /// Where each objection was made: {policy, rule, file, line}, in the order of `denials`. It stands beside them, for
    /// what a denial is has been fixed for those who read the log.
    package var places: [JSONValue] {
        policies.flatMap { policy in
            policy.denials.compactMap { denial in
                denial.place.map { place in
                    [
                        "policy": .string(policy.name), "rule": .string(denial.rule), "file": .string(place.file),
                        "line": .integer(place.line),
                    ]
                }
            }
        }
    }

    /// Every failure as the caller is told it: {policy, reason}; the policy is null where none could be asked.
    package var failures: [JSONValue] {
        let ofPolicies: [JSONValue] = policies.compactMap { policy in
            policy.failure.map { ["policy": .string(policy.name), "reason": .string($0)] }
        }
        let ofSet: [JSONValue] = failure.map { [["policy": .null, "reason": .string($0)]] } ?? []
        return ofSet + ofPolicies
    }
}
