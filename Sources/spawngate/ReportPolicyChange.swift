internal import SpawngateClient

/// A policy set that took over in the period of a report, and what it lets through that the set before it did not.
struct ReportPolicyChange {
    /// What the period's earlier decisions come to by both sets.
    struct Comparison {
        let judged: Int64
        /// Refused by the old set and allowed by the new one, or allowed by both and granted more by the new one: the
        /// widening. The newest first.
        let widened: [Widened]
        /// Allowed by the old set, refused by the new one.
        let narrowed: Int64
        let notJudged: Int64
        /// Whether so many decisions come out otherwise than they were recorded that only the newest could be compared.
        let isPartial: Bool

        var opened: Int { widened.count { $0.grants == nil } }
        var regranted: Int { widened.count - opened }
    }

    /// A decision that gets more by the new set than by the old one.
    struct Widened {
        let id: String
        let seq: Int64
        /// What each set grants in place of what was asked for; nil where the old one refuses.
        let grants: (old: RemoteValue, new: RemoteValue)?
    }

    /// One of the widened, as a reviewer wants to see it.
    struct Example {
        let seq: Int64
        let id: String
        let principal: String
        let name: String
        /// The objections to what was refused, or the grants.
        let why: String
    }

    private static let examplesMax = 20

    let takeover: ReportTally.Takeover
    /// `added 60-x.lua`, `changed lib/site.lua`; nil where one of the sets is not kept.
    let files: [String]?
    let comparison: Comparison?
    let examples: [Example]
    /// Why there is no comparison.
    let note: String?

    /// Compares the sets, and judges the period's decisions before the change again by both.
    init(_ takeover: ReportTally.Takeover, since: Timestamp?, replaying: Bool, server: ServerConnection) throws {
        self.takeover = takeover
        files = try Self.files(takeover, server)
        guard replaying else {
            (comparison, examples, note) = (nil, [], "not judged again")
            return
        }
        do {
            let old = try Self.replay(takeover.from, takeover, since, server)
            let new = try Self.replay(takeover.to, takeover, since, server)
            let comparison = Self.compare(old, new)
            examples = try comparison.widened.prefix(Self.examplesMax).map { try Self.example($0, server) }
            (self.comparison, note) = (comparison, nil)
        } catch let refusal as RemoteError {
            (comparison, examples, note) = (nil, [], refusal.message)
        }
    }

    // MARK: both sets

    private static func replay(
        _ set: String, _ takeover: ReportTally.Takeover, _ since: Timestamp?, _ server: ServerConnection
    ) throws -> RemoteValue {
        try server.call(
            "policy.replay",
            .params(
                ("policy_set", .string(set)), ("since", .text(since?.text)), ("cursor", .string(String(takeover.seq))),
                // Told of its progress, the client knows that the server is not merely silent.
                ("progress", true)))
    }

    /// Both replays are told as differences from what was recorded; what they differ in from each other follows.
    private static func compare(_ old: RemoteValue, _ new: RemoteValue) -> Comparison {
        func changes(_ answer: RemoteValue) -> [String: RemoteValue] {
            Dictionary(answer["changed"].elements.map { ($0["decision_id"].string ?? "", $0) }) { $1 }
        }
        let (before, after) = (changes(old), changes(new))
        func allows(_ change: RemoteValue?, _ recorded: Bool) -> Bool {
            change.map { $0["becomes"].string == "allow" } ?? recorded
        }
        var widened: [Widened] = []
        var narrowed: Int64 = 0
        for (id, change) in before.merging(after, uniquingKeysWith: { $1 }) {
            let recorded = change["was"].string == "allow"
            let seq = change["seq"].integer ?? 0
            func grant(_ found: RemoteValue?) -> RemoteValue { found.map { $0["granted"] } ?? change["was_granted"] }
            switch (allows(before[id], recorded), allows(after[id], recorded)) {
            case (false, true): widened.append(Widened(id: id, seq: seq, grants: nil))
            case (true, false): narrowed += 1
            case (true, true):
                let (old, new) = (grant(before[id]), grant(after[id]))
                if ReportGrant.isWider(new, than: old) {
                    widened.append(Widened(id: id, seq: seq, grants: (old, new)))
                }
            case (false, false): break
            }
        }
        let isPartial = [old, new].contains {
            ($0["changed_total"].integer ?? 0) > Int64($0["changed"].elements.count)
        }
        return Comparison(
            judged: new["total"].integer ?? 0, widened: widened.sorted { $0.seq > $1.seq }, narrowed: narrowed,
            notJudged: new["erased"].integer ?? 0, isPartial: isPartial)
    }

    private static func example(_ widened: Widened, _ server: ServerConnection) throws -> Example {
        let decision = Decision(answer: try server.call("decision.get", ["id": .string(widened.id)]))
        let grants = widened.grants.map {
            "granted before: \(ReportGrant.text($0.old)); granted now: \(ReportGrant.text($0.new))"
        }
        return Example(
            seq: widened.seq, id: widened.id, principal: decision.principalName ?? "",
            name: decision.request["name"].string ?? "", why: grants ?? ReportTally.objections(of: decision))
    }

    // MARK: their files

    private static func files(_ takeover: ReportTally.Takeover, _ server: ServerConnection) throws -> [String]? {
        guard let old = try texts(takeover.from, server), let new = try texts(takeover.to, server) else { return nil }
        let names = Set(old.keys).union(new.keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return names.compactMap { name in
            switch (old[name], new[name]) {
            case (nil, _): "added \(name)"
            case (_, nil): "removed \(name)"
            case (let before?, let after?): before.utf8.elementsEqual(after.utf8) ? nil : "changed \(name)"
            }
        }
    }

    private static func texts(_ digest: String, _ server: ServerConnection) throws -> [String: String]? {
        do {
            let files = try server.call("policy.get", ["policy_set": .string(digest)])["files"]
            return Dictionary(files.members.map { ($0.name, $0.value.string ?? "") }) { $1 }
        } catch let error as RemoteError where error.code == RemoteError.notFound {
            return nil
        }
    }
}
