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

    package init(name: String, digest: String, verdict: Verdict, denials: [Denial], failure: String?) {
        self.name = name
        self.digest = digest
        self.verdict = verdict
        self.denials = denials
        self.failure = failure
    }

    var json: JSONValue {
        [
            "name": .string(name), "digest": .string(digest), "verdict": .string(verdict.rawValue),
            "denials": .array(denials.map { ["rule": .string($0.rule), "reason": .string($0.reason)] }),
            "failure": failure.map(JSONValue.string) ?? .null,
        ]
    }
}

/// What all policies of a set said of one start: unless every one ran to its end and none objected, no.
package struct Judgement: Equatable, Sendable {
    /// The set that was asked, or nil where none is in force.
    package let set: PolicySet?
    package let policies: [PolicyVerdict]
    /// Why no policy could be asked at all.
    package let failure: String?
    /// From the question to the answer, in microseconds.
    package let durationMicroseconds: Int64

    package init(set: PolicySet?, policies: [PolicyVerdict], failure: String?, durationMicroseconds: Int64) {
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
    var places: [JSONValue] {
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

extension Judgement {
    /// Reads what a worker wrote: the results of as many policies as it finished, separated by commas.
    ///
    /// `unfinished` says why the rest have no result: the first of them is the one that failed, those after it were not
    /// asked. A worker is another process; whatever it writes that is not as agreed counts as a failure.
    package static func results(
        ofWorker text: [UInt8], loaded: [LoadedPolicy], unfinished: String?, reader: JSONReader
    ) -> [PolicyVerdict] {
        let answers = read(text, reader) { root in Self.answers(root, loaded) }
        return results(answers ?? [], loaded, reason: unfinished ?? "the policy worker gave no answer for it")
    }

    /// Reads the results of a batch of questions: those of as many as the worker answered, in their order.
    package static func batch(ofWorker text: [UInt8], loaded: [LoadedPolicy], reader: JSONReader) -> [[PolicyVerdict]] {
        let answers = read(text, reader) { root in
            var answers: [[PolicyVerdict]] = []
            root.forEachElement { question in
                answers.append(
                    results(
                        Self.answers(question, loaded), loaded, reason: "the policy worker gave no answer for it"))
            }
            return answers
        }
        return answers ?? []
    }

    private static func read<Value>(
        _ text: [UInt8], _ reader: JSONReader, _ body: (JSONView) -> Value
    ) -> Value? {
        var array: [UInt8] = []
        array.reserveCapacity(text.count + 2)
        array.append(UInt8(ascii: "["))
        array += text
        array.append(UInt8(ascii: "]"))
        return try? array.withUnsafeBytes { bytes in try reader.read(bytes, body) }
    }

    private static func answers(_ list: JSONView, _ loaded: [LoadedPolicy]) -> [PolicyVerdict?] {
        var answers: [PolicyVerdict?] = []
        list.forEachElement { answers.append(PolicyVerdict(answer: $0, policies: loaded, index: answers.count)) }
        return answers
    }

    private static func results(
        _ answers: [PolicyVerdict?], _ loaded: [LoadedPolicy], reason: String
    ) -> [PolicyVerdict] {
        var results: [PolicyVerdict] = []
        results.reserveCapacity(loaded.count)
        var reason = reason
        for (index, policy) in loaded.enumerated() {
            if index < answers.count, let answer = answers[index] {
                results.append(answer)
                continue
            }
            results.append(
                PolicyVerdict(name: policy.name, digest: policy.digest, verdict: .error, denials: [], failure: reason))
            reason = "it was not asked, for the decision had already failed"
        }
        return results
    }
}

extension PolicyVerdict {
    fileprivate init?(answer: JSONView, policies: [LoadedPolicy], index: Int) {
        guard index < policies.count, let name = answer["name"]?.string, name == policies[index].name,
            let verdict = answer["verdict"]?.string.flatMap(Verdict.init(rawValue:)),
            let list = answer["denials"], list.kind == .array
        else { return nil }
        var denials: [Denial] = []
        list.forEachElement { denial in
            if let rule = denial["rule"]?.string, let reason = denial["reason"]?.string {
                var place: SourcePlace?
                if let file = denial["file"]?.string, let line = denial["line"]?.int {
                    place = SourcePlace(file: file, line: line)
                }
                denials.append(Denial(rule: rule, reason: reason, place: place))
            }
        }
        let failure = answer["failure"]?.string
        // What says "allow" beside an objection or a failure is not an answer.
        let isConsistent =
            switch verdict {
            case .allow: list.count == 0 && failure == nil
            case .deny: !denials.isEmpty && denials.count == list.count && failure == nil
            case .error: failure != nil
            }
        guard isConsistent else { return nil }
        self.init(
            name: name, digest: policies[index].digest, verdict: verdict, denials: denials, failure: failure)
    }
}
