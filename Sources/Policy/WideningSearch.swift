package import Wire

/// What a policy set says of a request, as far as a search compares it.
package struct WideningAnswer: Equatable, Sendable {
    /// Why not: a denial by a rule, or a failure.
    package struct Objection: Equatable, Sendable {
        /// Nil where no policy could be asked.
        package let policy: String?
        /// Nil where the policy failed.
        package let rule: String?
        /// For a person.
        package let reason: String

        /// An objection as a policy made it.
        package init(policy: String?, rule: String?, reason: String) {
            self.policy = policy
            self.rule = rule
            self.reason = reason
        }
    }

    /// All of them, in the order in which policies are asked.
    package let objections: [Objection]
    /// What is granted in place of what was asked for, where an allowed start is granted less.
    package let narrowings: [Objection]
    /// Whether nothing was objected.
    package var isAllowed: Bool { objections.isEmpty }
    /// Why the start does not run as it was asked for.
    package var reasons: [Objection] { objections.isEmpty ? narrowings : objections }

    /// An answer with those objections; none is a yes.
    package init(objections: [Objection]) {
        self.objections = objections
        narrowings = []
    }

    /// Whether a start runs as it was asked for by this answer, and by that of the old set does not.
    func isWider(than old: () -> WideningAnswer) -> Bool {
        guard isAllowed else { return false }
        let old = old()
        return !old.isAllowed || (narrowings.isEmpty && !old.narrowings.isEmpty)
    }

    /// What a judgement says; one that is no yes has an objection in every case.
    package init(_ judgement: Judgement) {
        var objections = judgement.failure.map { [Objection(policy: nil, rule: nil, reason: $0)] } ?? []
        for policy in judgement.policies {
            objections += policy.denials.map { Objection(policy: policy.name, rule: $0.rule, reason: $0.reason) }
            objections += policy.failure.map { [Objection(policy: policy.name, rule: nil, reason: $0)] } ?? []
        }
        if objections.isEmpty, judgement.verdict != .allow {
            objections = [Objection(policy: nil, rule: nil, reason: "no policy was asked")]
        }
        self.objections = objections
        guard judgement.granted != nil else {
            narrowings = []
            return
        }
        narrowings = judgement.policies.compactMap { policy in
            policy.narrowing.map { narrowing in
                var text = JSONWriter()
                text.value(narrowing)
                return Objection(
                    policy: policy.name, rule: nil,
                    reason: "grants \(String(decoding: text.bytes, as: UTF8.self)) in place of what was asked for")
            }
        }
    }
}

/// A request that a new set allows and the old one does not.
package struct Widening: Equatable, Sendable {
    /// As simple as it could be made.
    package let request: JSONValue
    /// What the old set says of it.
    package let old: WideningAnswer
    /// How many requests were tried until the first such was found; making it simple is not counted.
    package let tries: Int
}

/// Looks for a request that a new policy set allows and an old one does not.
///
/// Lua cannot be reasoned about as a whole, so this tries: the given requests first, then changes of these and of a
/// plain one. What the new set allows, and what it objects to least, is changed further, so that the search walks
/// towards the edge of what is allowed and along it. The same seed, corpus and vocabulary give the same outcome for
/// policies that answer the same. That nothing was found proves nothing.
package struct WideningSearch {
    private let seed: UInt64
    private let tries: Int
    private let corpus: [JSONValue]
    private let vocabulary: WideningVocabulary

    /// `corpus` holds `request` objects as decisions keep them; of those that differ in their moment alone, one is tried.
    package init(seed: UInt64, tries: Int, corpus: [JSONValue], vocabulary: WideningVocabulary) {
        self.seed = seed
        self.tries = tries
        var known: Set<UInt64> = []
        self.corpus = corpus.filter {
            known.insert($0.setting("time", nil).setting("running", nil).fingerprint).inserted
        }
        self.vocabulary = vocabulary
    }

    /// Runs to the first find, or to the end of the tries, which is nil. `progress` hears the number of tries so far.
    package func run(
        old: (JSONValue) -> WideningAnswer, new: (JSONValue) -> WideningAnswer, progress: (Int) -> Void = { _ in }
    ) -> Widening? {
        var mutation = RequestMutation(random: WideningRandom(seed: seed), vocabulary: vocabulary)
        var pool = WideningPool(given: corpus + [WideningRequest.plain])
        var seen: Set<UInt64> = []
        for count in 0..<tries {
            if count % 64 == 0 { progress(count) }
            let request = count < pool.given.count ? pool.given[count] : unseen(&seen, &pool, &mutation)
            let answer = new(request)
            if answer.isWider(than: { old(request) }) {
                let simplest = WideningShrinker.simplest(request) { tried in new(tried).isWider { old(tried) } }
                return Widening(request: simplest, old: old(simplest), tries: count + 1)
            }
            pool.add(request, answer, &mutation.random)
        }
        return nil
    }

    /// A changed request that was not tried before, as far as one turns up.
    private func unseen(
        _ seen: inout Set<UInt64>, _ pool: inout WideningPool, _ mutation: inout RequestMutation
    ) -> JSONValue {
        var request = WideningRequest.plain
        for _ in 0..<8 {
            request = mutation.changed(pool.pick(&mutation.random))
            if seen.insert(request.fingerprint).inserted { break }
        }
        return request
    }
}

/// The requests from which a search goes on.
private struct WideningPool {
    private static let allowedMax = 512

    let given: [JSONValue]
    private var allowed: [JSONValue] = []
    /// One for each set of rules that objected together.
    private var denied: [(request: JSONValue, ruleCount: Int)] = []
    private var known: Set<[String]> = []

    init(given: [JSONValue]) { self.given = given }

    mutating func add(_ request: JSONValue, _ answer: WideningAnswer, _ random: inout WideningRandom) {
        if answer.isAllowed {
            if allowed.count < Self.allowedMax {
                allowed.append(request)
            } else if random.once(in: 4) {
                allowed[random.below(allowed.count)] = request
            }
            return
        }
        let rules = Set(answer.objections.map { "\($0.policy ?? "") \($0.rule ?? "")" }).sorted()
        if known.insert(rules).inserted { denied.append((request, rules.count)) }
    }

    func pick(_ random: inout WideningRandom) -> JSONValue {
        let some = random.pick(given, else: WideningRequest.plain)
        switch random.below(8) {
        case 0...3: return random.pick(allowed) ?? some
        case 4...5:
            // Of two, the one that fewer rules object to.
            guard let first = random.pick(denied), let second = random.pick(denied) else { return some }
            return first.ruleCount <= second.ruleCount ? first.request : second.request
        default: return some
        }
    }
}

extension JSONValue {
    /// FNV-1a of the text. Two values of one fingerprint are taken for the same; at worst one is not tried.
    var fingerprint: UInt64 {
        var writer = JSONWriter(reserving: 1024)
        writer.value(self)
        return writer.bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
