internal import Policy
internal import Sessions
internal import Store
internal import Wire

/// What a replay of many decisions has found so far, and its answer.
struct ReplayTally {
    /// How a verdict changed, in the two words that matter: a failure is as much a no as a denial.
    private struct Turn {
        var allowToDeny: Int64 = 0
        var denyToAllow: Int64 = 0
        var total: Int64 { allowToDeny + denyToAllow }
    }

    private struct Change {
        let sequence: Int64
        let recorded: RecordedDecision
        let becomes: Judgement
    }

    /// The name that those share whose own would be too many.
    private static let others = "(others)"

    private(set) var total: Int64 = 0
    private var same: Int64 = 0
    /// Besides `total`: those whose request is no longer whole.
    private var erased: Int64 = 0
    /// Of `same`: those whose objections or failures read differently.
    private var reworded: Int64 = 0
    /// Of those that change: the ones that are allowed as before, and granted something else.
    private var regranted: Int64 = 0
    private var changes: [Change] = []
    private var rules: [String: Turn] = [:]
    private var principals: [String: Turn] = [:]
    private var directories: [String: Turn] = [:]
    private var whole = Turn()
    private let changesMax: Int
    private let groupsMax: Int

    init(limits: Limits) {
        changesMax = limits.replayChangedMax
        groupsMax = limits.replayGroupsMax
    }

    /// Counts one decision. They may come in any order.
    mutating func add(_ recorded: RecordedDecision, sequence: Int64, becomes: Judgement) {
        total += 1
        if recorded.verdict == becomes.verdict, recorded.granted != becomes.granted {
            regranted += 1
            return keep(Change(sequence: sequence, recorded: recorded, becomes: becomes))
        }
        if recorded.verdict == becomes.verdict {
            same += 1
            if recorded.objections != Objections(becomes) { reworded += 1 }
            return
        }
        keep(Change(sequence: sequence, recorded: recorded, becomes: becomes))
        let isOpened = becomes.verdict == .allow
        // From a failure to a denial or back: nothing is let through that was not, nor the other way about.
        guard isOpened || recorded.verdict == .allow else { return }
        let objections = isOpened ? recorded.objections : Objections(becomes)
        var names = Set(objections.denials.map { "\($0.policy)/\($0.rule)" })
        names.formUnion(objections.failures.map { "\($0.policy ?? "")/(failed)" })
        Self.count(isOpened, &whole)
        for name in names { Self.count(isOpened, name, &rules, groupsMax) }
        Self.count(isOpened, recorded.principal, &principals, groupsMax)
        Self.count(isOpened, recorded.workingDirectory, &directories, groupsMax)
    }

    /// Counts a decision that cannot be judged again, for a part of its request was erased.
    mutating func addErased() { erased += 1 }

    // The newest are named. Results come nearly in that order, so that what is let go here is older than what stays.
    private mutating func keep(_ change: Change) {
        changes.append(change)
        if changes.count > 2 * changesMax { trim() }
    }

    private mutating func trim() {
        changes.sort { $0.sequence > $1.sequence }
        if changes.count > changesMax { changes.removeSubrange(changesMax...) }
    }

    private static func count(_ isOpened: Bool, _ turn: inout Turn) {
        if isOpened { turn.denyToAllow += 1 } else { turn.allowToDeny += 1 }
    }

    private static func count(_ isOpened: Bool, _ name: String, _ groups: inout [String: Turn], _ groupsMax: Int) {
        let key = groups[name] != nil || groups.count < groupsMax ? name : others
        count(isOpened, &groups[key, default: Turn()])
    }

    // MARK: the answer

    /// {policy_set, total, same, reworded, changed_total, allow_to_deny, deny_to_allow, regranted, erased, changed,
    /// by_rule, by_principal, by_directory}, in one order whatever the order of the results was.
    mutating func write(policySet: String, to json: inout JSONWriter) {
        trim()
        json.beginObject()
        json.member("policy_set", policySet)
        json.name("total")
        json.integer(total)
        json.name("same")
        json.integer(same)
        json.name("reworded")
        json.integer(reworded)
        json.name("changed_total")
        json.integer(total - same)
        json.name("allow_to_deny")
        json.integer(whole.allowToDeny)
        json.name("deny_to_allow")
        json.integer(whole.denyToAllow)
        json.name("regranted")
        json.integer(regranted)
        json.name("erased")
        json.integer(erased)
        json.name("changed")
        json.beginArray()
        for change in changes { Self.write(change, to: &json) }
        json.endArray()
        json.name("by_rule")
        Self.write(rules, to: &json)
        json.name("by_principal")
        Self.write(principals, to: &json)
        json.name("by_directory")
        Self.write(directories, to: &json)
        json.endObject()
    }

    private static func write(_ change: Change, to json: inout JSONWriter) {
        json.value([
            "decision_id": .string(change.recorded.id), "seq": .integer(change.sequence),
            "was": .string(change.recorded.verdict.rawValue), "becomes": .string(change.becomes.verdict.rawValue),
            "denials": .array(change.becomes.denials), "failures": .array(change.becomes.failures),
            "principal": .string(change.recorded.principal),
            "working_directory": .string(change.recorded.workingDirectory),
            "granted": change.becomes.granted?.json ?? .null,
            "was_granted": change.recorded.granted?.json ?? .null,
        ])
    }

    private static func write(_ groups: [String: Turn], to json: inout JSONWriter) {
        json.beginArray()
        for (name, turn) in groups.sorted(by: { ($1.value.total, $0.key) < ($0.value.total, $1.key) }) {
            json.value([
                "name": .string(name), "allow_to_deny": .integer(turn.allowToDeny),
                "deny_to_allow": .integer(turn.denyToAllow),
            ])
        }
        json.endArray()
    }
}
