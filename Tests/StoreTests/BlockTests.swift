import Policy
import Store
import Testing
import Wire

/// Listings over blocks of leaves answer what a look at every leaf would.
@Suite struct BlockTests {
    /// What a leaf is found by, told from its number, so that a filter can be asked without a store.
    private struct Expected {
        let sequence: Int64
        let time: Int64
        let principal: String
        let executive: String
        let mission: String?
        let denials: [(policy: String, rule: String)]
        let failure: String?
        let isEvent: Bool

        init(_ number: Int64) {
            sequence = number
            // Mostly forward, and sometimes back: the clock of a machine may be set.
            time = 1_000_000 + number * 10 - (number % 997 == 0 ? 8000 : number % 7)
            principal = number % 701 == 5 ? "rare" : "p\(number % 3)"
            executive = "e\(number % 4)"
            mission = number % 5 == 0 ? "m\(number)" : nil
            isEvent = number % 11 == 3
            failure = number % 13 == 0 ? "no policy" : nil
            switch (failure, number % 6) {
            case (nil, 0): denials = [("a", "r1")]
            case (nil, 1): denials = [("a", "r2"), ("b", "r1"), ("a", "r2")]
            default: denials = []
            }
        }

        var verdict: Verdict { failure != nil ? .error : denials.isEmpty ? .allow : .deny }

        func write() throws -> StoreWrite {
            if isEvent {
                return .leaf(
                    LeafRow(kind: "role.denied", time: time, principal: principal, sequence: sequence, text: "event"))
            }
            return .leaf(
                try Sample.leaf(
                    sequence, ["executive": .string(executive), "mission_id": mission.map { .string($0) } ?? .null],
                    time: time, principal: principal, denials: denials, failure: failure,
                    sessionID: verdict == .allow ? "s-\(sequence)" : nil))
        }

        func meets(_ filter: DecisionFilter) -> Bool {
            let denied =
                filter.policy == nil && filter.rule == nil
                || denials.contains { denial in
                    (filter.policy ?? denial.policy) == denial.policy && (filter.rule ?? denial.rule) == denial.rule
                }
            return !isEvent && denied && (filter.verdict ?? verdict) == verdict
                && (filter.principal ?? principal) == principal && (filter.executive ?? executive) == executive
                && (filter.missionID == nil || filter.missionID == mission) && (filter.since ?? time) <= time
                && (filter.until.map { time < $0 } ?? true)
                && (filter.sessionID == nil || verdict == .allow && filter.sessionID == "s-\(sequence)")
        }
    }

    private static let count: Int64 = 5000
    private static let all = (0..<count).map(Expected.init)

    private static func filters() -> [DecisionFilter] {
        var filters: [DecisionFilter] = [DecisionFilter()]
        func vary<Value>(_ path: WritableKeyPath<DecisionFilter, Value?>, _ values: Value...) {
            filters += filters.flatMap { filter in
                values.map { value in
                    var varied = filter
                    varied[keyPath: path] = value
                    return varied
                }
            }
        }
        vary(\.verdict, .deny, .error)
        vary(\.principal, "p1", "rare", "nobody")
        vary(\.policy, "a", "b")
        vary(\.rule, "r1", "r2")
        vary(\.since, 1_010_240, 1_049_900)
        vary(\.until, 1_000_500, 1_030_720)
        for (executive, mission) in [("e1", nil), ("e0", "m1240"), (nil, "m4995")] as [(String?, String?)] {
            var filter = DecisionFilter()
            (filter.executive, filter.missionID) = (executive, mission)
            filters.append(filter)
        }
        for session in ["s-4", "s-4997", "s-none"] {
            var filter = DecisionFilter()
            filter.sessionID = session
            filters.append(filter)
        }
        return filters
    }

    @Test func everyCombinationOfFiltersAnswersWhatALookAtEveryLeafWould() throws {
        let run = try StoreRun()
        for start in stride(from: 0, to: Self.count, by: 700) {
            try run.store.commit(
                try Self.all[Int(start)..<Int(min(start + 700, Self.count))].map { try $0.write() }, durably: false)
        }
        try check(run.store)
        try run.reopen()
        try check(run.store)
    }

    private func check(_ store: Store) throws {
        let filters = Self.filters()
        #expect(filters.count > 300)
        for filter in filters {
            let expected = Self.all.reversed().filter { $0.meets(filter) }.map(\.sequence)
            for (before, from) in [(nil, nil), (4500, nil), (2048, 1024), (3001, 10), (5, nil)] as [(Int64?, Int64?)] {
                let wanted = expected.filter { $0 < before ?? .max && $0 >= from ?? 0 }.prefix(300)
                let found = try store.decisions(filter, before: before, from: from, limit: 300).rows.map(\.sequence)
                #expect(found == Array(wanted), "\(filter) \(before ?? -1) \(from ?? -1)")
            }
        }
        #expect(try store.decisions(DecisionFilter(), before: 0, limit: 9).rows.isEmpty)
    }

    @Test func aTurnThatIsNotKeptSealsNothing() throws {
        let run = try StoreRun()
        try run.store.commit(try Self.all[..<1000].map { try $0.write() }, durably: false)
        #expect(throws: StoreFailure.self) {
            try run.store.commit(try (Self.all[1000..<1100] + Self.all[..<1]).map { try $0.write() }, durably: false)
        }
        try run.store.commit(try Self.all[1000..<1100].map { try $0.write() }, durably: false)
        #expect(
            try run.store.decisions(DecisionFilter(), before: nil, limit: 2000).rows.map(\.sequence)
                == Self.all[..<1100].reversed().filter { !$0.isEvent }.map(\.sequence))
    }
}
