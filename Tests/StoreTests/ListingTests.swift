import Policy
import Sessions
import Store
import TestSupport
import Testing
import Wire

@Suite struct ListingTests {
    // MARK: sessions

    private static let sessions: [(members: JSONValue, status: SessionStatus)] = [
        (["executive": "ann", "labels": ["team": "red"]], .exited),
        (["executive": "bob", "mission_id": "m1", "labels": ["team": "blue", "x": "red"]], .running),
        (["executive": "ann", "mission_id": "m1"], .starting),
        (["executive": "ann", "mission_id": "m2", "labels": ["team": "red", "x": "1"]], .running),
        (["executive": "Ann", "labels": ["Team": "red"]], .completedMissingReport),
    ]

    private static func sessionRun() throws -> StoreRun {
        let run = try StoreRun()
        let writes = try sessions.enumerated().map { index, session in
            StoreWrite.session(try Sample.session(Int64(index + 1), session.members, status: session.status))
        }
        try run.store.commit(writes, durably: true)
        return run
    }

    @Test(
        arguments: [
            (SessionFilter(), [5, 4, 3, 2, 1]), (SessionFilter(status: .running), [4, 2]),
            (SessionFilter(status: .completedMissingReport), [5]), (SessionFilter(status: .lost), []),
            (SessionFilter(executive: "ann"), [4, 3, 1]), (SessionFilter(executive: ""), []),
            (SessionFilter(missionID: "m1"), [3, 2]), (SessionFilter(label: (name: "team", text: nil)), [4, 2, 1]),
            (SessionFilter(label: (name: "team", text: "red")), [4, 1]),
            (SessionFilter(label: (name: "x", text: "red")), [2]),
            (SessionFilter(label: (name: "red", text: nil)), []),
            (SessionFilter(executive: "ann", missionID: "m1"), [3]),
            (SessionFilter(status: .running, executive: "ann", missionID: "m2", label: (name: "x", text: "1")), [4]),
            (SessionFilter(status: .exited, executive: "bob"), []), (SessionFilter(executive: "' OR 1 --"), []),
        ] as [(SessionFilter, [Int64])])
    func aListingHasWhatTheFilterWantsTheLatestFirst(filter: SessionFilter, ordinals: [Int64]) throws {
        let store = try Self.sessionRun().store
        #expect(try store.sessions(filter, before: nil, limit: 100).rows.map(\.ordinal) == ordinals)
        // Page by page it is the same.
        var paged: [Int64] = []
        while let next = try store.sessions(filter, before: paged.last, limit: 1).rows.first {
            paged.append(next.ordinal)
        }
        #expect(paged == ordinals)
        #expect(try store.sessions(filter, before: nil, limit: 2).rows.map(\.ordinal) == Array(ordinals.prefix(2)))
    }

    @Test func theUnfinishedAreThoseThatStartOrRunTheOldestFirst() throws {
        #expect(try Self.sessionRun().store.unfinishedSessions().map(\.ordinal) == [2, 3, 4])
    }

    // MARK: decisions

    private static func decisionRun() throws -> StoreRun {
        let run = try StoreRun()
        let leaves = [
            try Sample.leaf(0, ["executive": "e1", "mission_id": "m1"], time: 100, sessionID: "s-1"),
            try Sample.leaf(1, ["executive": "e2"], time: 200, denials: [("a", "r1"), ("a", "r1"), ("b", "r2")]),
            try Sample.leaf(2, ["executive": "e1"], time: 300, principal: "bob", denials: [("a", "r2")]),
            try Sample.leaf(3, ["mission_id": "m1"], time: 300, failure: "no policy"),
            try Sample.leaf(4, ["executive": "e1"], time: 400, principal: "bob", sessionID: "s-2"),
        ]
        try run.store.commit(leaves.map { .leaf($0) }, durably: true)
        return run
    }

    private static func filter(_ fill: (inout DecisionFilter) -> Void) -> DecisionFilter {
        var filter = DecisionFilter()
        fill(&filter)
        return filter
    }

    @Test(
        arguments: [
            (filter { _ in }, [4, 3, 2, 1, 0]), (filter { $0.verdict = .allow }, [4, 0]),
            (filter { $0.verdict = .deny }, [2, 1]), (filter { $0.verdict = .error }, [3]),
            (filter { $0.principal = "bob" }, [4, 2]), (filter { $0.policy = "a" }, [2, 1]),
            (filter { $0.policy = "content" }, []), (filter { $0.rule = "r2" }, [2, 1]),
            (filter { ($0.policy, $0.rule) = ("a", "r2") }, [2]), (filter { ($0.policy, $0.rule) = ("b", "r1") }, []),
            (filter { $0.sessionID = "s-2" }, [4]), (filter { $0.executive = "e1" }, [4, 2, 0]),
            (filter { $0.missionID = "m1" }, [3, 0]), (filter { $0.since = 300 }, [4, 3, 2]),
            (filter { $0.until = 300 }, [1, 0]), (filter { ($0.since, $0.until) = (200, 400) }, [3, 2, 1]),
            (filter { ($0.executive, $0.principal, $0.verdict) = ("e1", "bob", .allow) }, [4]),
            (filter { ($0.rule, $0.until, $0.verdict) = ("r2", 300, .deny) }, [1]),
        ] as [(DecisionFilter, [Int64])])
    func decisionsAreFoundByWhatTheySay(filter: DecisionFilter, sequences: [Int64]) throws {
        let store = try Self.decisionRun().store
        #expect(try store.decisions(filter, before: nil, limit: 100).rows.map(\.sequence) == sequences)
        var paged: [Int64] = []
        while let next = try store.decisions(filter, before: paged.last, limit: 1).rows.first {
            paged.append(next.sequence)
            #expect(next.text == "text \(next.sequence)")
        }
        #expect(paged == sequences)
        // Where one row is too many bytes, it comes with the one that tells that there are more.
        for limit in 1...3 {
            let few = try store.decisions(filter, before: nil, limit: limit, bytesMax: 1).rows.map(\.sequence)
            #expect(few == Array(sequences.prefix(min(limit, 2))))
        }
    }
}
