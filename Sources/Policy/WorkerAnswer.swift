package import Wire

/// What a policy worker wrote of one question.
package struct WorkerAnswer {
    /// In the order in which the policies were asked; one for each that is loaded.
    package private(set) var policies: [PolicyVerdict]
    private var granted: Narrowing?
    /// It speaks of less than was asked for, and not of what that is.
    private var lacksGranted = false

    /// Reads the results of as many policies as the worker finished, separated by commas.
    ///
    /// `unfinished` says why the rest have no result: the first of them is the one that failed, those after it were not
    /// asked. A worker is another process; whatever it writes that is not as agreed counts as a failure.
    package init(_ text: [UInt8], loaded: [LoadedPolicy], unfinished: String?, reader: JSONReader) {
        let reason = unfinished ?? Self.noAnswer
        self =
            Self.read(text, reader) { WorkerAnswer($0, loaded, reason: reason) }
            ?? WorkerAnswer(policies: Self.completed([], loaded, reason: reason))
    }

    /// Reads the results of a batch of questions: those of as many as the worker answered, in their order.
    package static func batch(_ text: [UInt8], loaded: [LoadedPolicy], reader: JSONReader) -> [WorkerAnswer] {
        let answers = read(text, reader) { root in
            var answers: [WorkerAnswer] = []
            root.forEachElement { answers.append(WorkerAnswer($0, loaded, reason: noAnswer)) }
            return answers
        }
        return answers ?? []
    }

    private static let noAnswer = "the policy worker gave no answer for it"

    private init(policies: [PolicyVerdict]) { self.policies = policies }

    private init(_ list: JSONView, _ loaded: [LoadedPolicy], reason: String) {
        var answers: [PolicyVerdict?] = []
        var last: JSONView?
        list.forEachElement { element in
            if answers.count < loaded.count {
                answers.append(PolicyVerdict(answer: element, policies: loaded, index: answers.count))
            } else {
                last = element["granted"]
            }
        }
        policies = Self.completed(answers, loaded, reason: reason)
        guard policies.contains(where: { $0.narrowing != nil }) else { return }
        granted = last.flatMap { Narrowing($0) }
        lacksGranted = granted == nil && last?.kind != .null
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

    private static func completed(
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

    // MARK: narrowing

    /// What an allowed start is granted. Where that cannot be put in force, the policies that say so have failed.
    mutating func takeGranted(of request: [UInt8], reader: JSONReader) -> Narrowing? {
        if lacksGranted { failNarrowing("the policy worker did not say what is granted") { _ in true } }
        guard policies.allSatisfy({ $0.verdict == .allow }), var granted else { return nil }
        guard granted.concernsArguments else { return granted }
        let isRewritten = try? request.withUnsafeBytes { bytes in
            try reader.read(bytes) { granted.rewriteArguments(of: $0) }
        }
        if isRewritten == true { return granted }
        failNarrowing(Narrowing.foreignArguments) { $0["permission_mode"] != nil || $0["allowed_tools"] != nil }
        return nil
    }

    private mutating func failNarrowing(_ reason: String, where concerns: (JSONValue) -> Bool) {
        policies = policies.map { policy in
            guard let narrowing = policy.narrowing, concerns(narrowing) else { return policy }
            return PolicyVerdict(
                name: policy.name, digest: policy.digest, verdict: .error, denials: [], failure: "narrow: \(reason)")
        }
    }
}

extension Judgement {
    /// What a worker's answer to a request (canonical JSON) comes to.
    package init(
        set: PolicySet, answer: WorkerAnswer, request: [UInt8], durationMicroseconds: Int64, reader: JSONReader
    ) {
        var answer = answer
        let granted = answer.takeGranted(of: request, reader: reader)
        self.init(
            set: set, policies: answer.policies, failure: set.failure, granted: granted,
            durationMicroseconds: durationMicroseconds)
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
            name: name, digest: policies[index].digest, verdict: verdict, denials: denials, failure: failure,
            narrowing: answer["narrow"]?.value)
    }
}
