internal import DecisionLog
internal import SpawngateClient

/// What a report counts, leaf by leaf. What is kept is bounded, but for 32 bytes a leaf, by which the run is proved.
struct ReportTally {
    /// By verdict.
    struct Counts: Equatable {
        var allowed: Int64 = 0
        var denied: Int64 = 0
        var failed: Int64 = 0
        var total: Int64 { allowed + denied + failed }
        var refused: Int64 { denied + failed }

        mutating func add(_ verdict: String) {
            switch verdict {
            case "allow": allowed += 1
            case "deny": denied += 1
            default: failed += 1
            }
        }
    }

    struct Rule: Hashable {
        let policy: String
        let rule: String
    }

    struct RuleCount {
        var count: Int64 = 0
        var principals: Set<String> = []
        var last = ""
        var example = ""
        var place: String?
    }

    /// Another policy set came into force, or was first seen to judge.
    struct Takeover {
        let seq: Int64
        let time: String
        let from: String
        let to: String
    }

    struct Refusal {
        let seq: Int64
        let id: String
        let time: String
        let principal: String
        let name: String
        let verdict: String
        let why: String
    }

    struct Event {
        let seq: Int64
        let time: String
        let kind: String
        let principal: String
        let facts: String
    }

    static let groupsMax = 500
    static let listMax = 500
    private static let principalsMax = 100
    private static let others = "(others)"

    let buckets: ReportBuckets
    private(set) var whole = Counts()
    private(set) var bars: [Counts]
    private(set) var rules: [Rule: RuleCount] = [:]
    private(set) var failures: [String: (count: Int64, example: String)] = [:]
    private(set) var principals: [String: Counts] = [:]
    private(set) var kinds: [String: Int64] = [:]
    private(set) var takeovers: [Takeover] = []
    private(set) var refusals: [Refusal] = []
    private(set) var events: [Event] = []
    private(set) var erased: Int64 = 0
    private(set) var hashes: [MerkleHash] = []
    private var currentSet: String?

    init(buckets: ReportBuckets) {
        self.buckets = buckets
        bars = Array(repeating: Counts(), count: buckets.count)
    }

    mutating func add(_ leaf: LogLeaf) {
        hashes.append(leaf.hash)
        kinds[Self.key(leaf.kind, kinds), default: 0] += 1
        if leaf.kind == "decision" { add(Decision(leaf.value), leaf) } else { addEvent(leaf) }
    }

    // MARK: decisions

    private mutating func add(_ decision: Decision, _ leaf: LogLeaf) {
        let (time, principal) = (decision.time ?? "", decision.principalName ?? "")
        if let set = leaf.value["policy_set"].string { takeOver(set, nil, leaf.seq, time) }
        whole.add(decision.verdict)
        if let milliseconds = Timestamp(time)?.milliseconds {
            bars[buckets.index(of: milliseconds)].add(decision.verdict)
        }
        principals[Self.key(principal, principals), default: Counts()].add(decision.verdict)
        for (index, denial) in decision.denials.enumerated() {
            let places = decision.places
            add(denial, principal, time, index < places.count ? places[index].description : nil)
        }
        for policy in decision.policies {
            if let failure = policy.failure { addFailure(policy.name, failure) }
        }
        if let failure = leaf.value["failure"].string { addFailure("(the set)", failure) }
        if !decision.isAllowed { refuse(decision, leaf.seq, time, principal) }
    }

    private mutating func add(_ denial: Denial, _ principal: String, _ time: String, _ place: String?) {
        var rule = Rule(policy: denial.policy, rule: denial.rule)
        if rules[rule] == nil, rules.count >= Self.groupsMax { rule = Rule(policy: Self.others, rule: "") }
        var count = rules[rule] ?? RuleCount()
        count.count += 1
        if count.principals.count < Self.principalsMax { count.principals.insert(principal) }
        (count.last, count.example, count.place) = (time, denial.reason, place)
        rules[rule] = count
    }

    private mutating func addFailure(_ policy: String, _ reason: String) {
        let key = Self.key(policy, failures)
        failures[key] = ((failures[key]?.count ?? 0) + 1, reason)
    }

    private mutating func refuse(_ decision: Decision, _ seq: Int64, _ time: String, _ principal: String) {
        refusals.append(
            Refusal(
                seq: seq, id: decision.id ?? "", time: time, principal: principal,
                name: decision.request["name"].string ?? "", verdict: decision.verdict,
                why: Self.objections(of: decision)))
        // The newest are named.
        if refusals.count > 2 * Self.listMax { refusals.removeFirst(refusals.count - Self.listMax) }
    }

    /// What was objected and what failed, in one line.
    static func objections(of decision: Decision) -> String {
        let reasons =
            decision.denials.map { "\($0.rule): \($0.reason)" }
            + decision.policies.compactMap { policy in policy.failure.map { "\(policy.name) failed: \($0)" } }
            + [decision.record["failure"].string].compactMap { $0 }
        return reasons.joined(separator: "; ")
    }

    // MARK: other events

    private mutating func addEvent(_ leaf: LogLeaf) {
        let time = leaf.value["time"].string ?? ""
        if leaf.kind == "policy.loaded", let set = leaf.value["policy_set"].string {
            takeOver(set, leaf.value["previous"].string, leaf.seq, time)
        }
        if leaf.kind == "secrets.erased" { erased += Int64(leaf.value["erased"].elements.count) }
        let facts = leaf.value.members.filter {
            !["kind", "seq", "time", "principal", "address", "policies", "erased", "rotation"].contains($0.name)
                && !$0.value.isNull
        }
        events.append(
            Event(
                seq: leaf.seq, time: time, kind: leaf.kind,
                principal: leaf.value["principal"]["name"].string ?? leaf.value["address"].string ?? "",
                facts: facts.map { "\($0.name) \($0.value.displayed ?? "-")" }.joined(separator: ", ")))
        if events.count > 2 * Self.listMax { events.removeFirst(events.count - Self.listMax) }
    }

    /// The first set of the period took nothing over, unless an event says what was before it.
    private mutating func takeOver(_ set: String, _ previous: String?, _ seq: Int64, _ time: String) {
        guard set != currentSet else { return }
        let from = currentSet ?? previous
        currentSet = set
        if let from, from != set { takeovers.append(Takeover(seq: seq, time: time, from: from, to: set)) }
    }

    private static func key<Value>(_ name: String, _ groups: [String: Value]) -> String {
        groups[name] != nil || groups.count < groupsMax ? name : others
    }
}

/// Equal lengths of time that a period is divided into.
struct ReportBuckets: Equatable {
    private static let countMax: Int64 = 60
    private static let lengths: [Int64] = [1, 5, 15, 60, 180, 360, 720, 1440, 10_080, 43_200].map { $0 * 60_000 }

    /// Milliseconds since 1970.
    let start: Int64
    /// Milliseconds.
    let length: Int64
    let count: Int

    /// As few as will do, of a length that has a name; `from` is at or before `to` (milliseconds since 1970).
    init(from: Int64, to: Int64) {
        func count(_ length: Int64) -> Int64 {
            (to - 1).floored(to: length) / length - from.floored(to: length) / length + 1
        }
        // Longer than sixty times thirty days: as many months as it takes.
        length = Self.lengths.first { count($0) <= Self.countMax } ?? (to - from) / Self.countMax + 1
        start = from.floored(to: length)
        self.count = Int(min(max(count(length), 1), 2 * Self.countMax))
    }

    /// Times outside, by a clock that was set, count with the nearest.
    func index(of time: Int64) -> Int { min(max(Int((time - start) / length), 0), count - 1) }

    func start(of index: Int) -> Timestamp { Timestamp(milliseconds: start + Int64(index) * length) }

    /// `2026-11-24`, `2026-11-24 11:00`.
    func label(of index: Int) -> String {
        let text = start(of: index).text
        return String(text.prefix(length >= 86_400_000 ? 10 : 16)).replacing("T", with: " ")
    }
}

extension Int64 {
    fileprivate func floored(to step: Int64) -> Int64 { self - ((self % step) + step) % step }
}
