import Policy
import Store
import Testing

/// Reading the log in order.
@Suite struct LeafTests {
    let run: StoreRun

    /// Times 0, 10, 20, …; every third denied by a rule.
    init() throws {
        run = try StoreRun()
        let leaves: [LeafRow] = try (0..<9).map { (number: Int64) in
            let denials = number % 3 == 0 ? [(policy: "p", rule: "r")] : []
            return try Sample.leaf(
                number, time: number * 10, principal: number == 4 ? "bob" : "ann", denials: denials)
        }
        try run.store.commit(leaves.map { StoreWrite.leaf($0) }, durably: true)
    }

    private func sequences(
        _ range: Range<Int64>, bytesMax: Int = .max, _ change: (inout DecisionFilter) -> Void = { _ in }
    ) throws -> ([Int64], Int64) {
        var filter = DecisionFilter()
        change(&filter)
        let page = try run.store.leaves(filter, in: range, bytesMax: bytesMax)
        return (page.leaves.map(\.sequence), page.next)
    }

    @Test func theyComeInOrderUntilTheyAreEnough() throws {
        #expect(try sequences(2..<5) == ([2, 3, 4], 5))
        #expect(try sequences(2..<99) == ([2, 3, 4, 5, 6, 7, 8], 99))
        // "text 0" and so on: six bytes each.
        #expect(try sequences(2..<9, bytesMax: 7) == ([2, 3], 4))
        #expect(try sequences(2..<9, bytesMax: 1) == ([2], 3), "one at least, or it would never end")
    }

    @Test func aFilterChooses() throws {
        #expect(try sequences(0..<9) { $0.verdict = .deny } == ([0, 3, 6], 9))
        #expect(try sequences(1..<6) { $0.rule = "r" } == ([3], 6))
        #expect(try sequences(0..<9) { $0.principal = "bob" } == ([4], 9))
    }

    @Test func aTimeIsARunOfNumbers() throws {
        #expect(try run.store.sequences(since: nil, until: nil) == 0..<9)
        #expect(try run.store.sequences(since: 20, until: 50) == 2..<5)
        #expect(try run.store.sequences(since: 15, until: nil) == 2..<9)
        #expect(try run.store.sequences(since: nil, until: 15) == 0..<2)
        #expect(try run.store.sequences(since: 81, until: nil).isEmpty)
        #expect(try run.store.sequences(since: 31, until: 39).isEmpty)
    }

    @Test func whatWasJudgedLongerIsOfTheTimeWhenItWasAsked() throws {
        // Leaf 9 was asked for before leaves 5 to 8 were.
        try run.store.commit([.leaf(try Sample.leaf(9, time: 45))], durably: true)
        #expect(try run.store.sequences(since: nil, until: 46) == 0..<10, "not left out, though others come along")
        #expect(try run.store.sequences(since: 45, until: nil) == 5..<10)
        #expect(try run.store.sequences(since: 90, until: nil) == 10..<10)
    }
}
