import SpawngateClient
import Testing

@testable import spawngate

/// What a report is made of.
@Suite struct ReportTests {
    @Test func textIsEscapedAndOnlyAPieceIsTakenAsItIs() {
        let name = "<script>alert('1')</script> & \"x\" \u{202E}\n"
        let piece: HTML = "<b>\(name)</b>"
        #expect(
            piece.markup
                == "<b>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot; \\u{202e}\\n</b>")
        #expect(("<i>\(piece)</i>" as HTML).markup == "<i>\(piece.markup)</i>")
        #expect(("\(lines: "a<\nb")" as HTML).markup == "a&lt;\nb")
    }

    @Test(
        arguments: [
            (0, 60_000 * 30, Int64(60_000), 30), (0, 86_400_000, 1_800_000 * 2, 24), (5, 6, 60_000, 1),
            (0, 86_400_000 * 30, 86_400_000 / 2, 60), (0, 86_400_000 * 365, 86_400_000 * 7, 53),
        ] as [(Int64, Int64, Int64, Int)])
    func aPeriodIsDividedIntoLengthsThatHaveAName(from: Int64, to: Int64, length: Int64, count: Int) {
        let buckets = ReportBuckets(from: from, to: to)
        #expect(buckets.length == length && buckets.count == count)
        #expect(buckets.index(of: from) == 0 && buckets.index(of: to - 1) == buckets.count - 1)
        #expect(buckets.index(of: from - 1_000_000_000_000) == 0, "a clock that was set")
    }

    @Test(
        arguments: [
            // old, new, whether the new one is more
            (.null, ["permission_mode": "plan"], false), (["permission_mode": "plan"], .null, true),
            (["permission_mode": "plan"], ["permission_mode": "default"], true),
            (["permission_mode": "default"], ["permission_mode": "manual"], false),
            (["permission_mode": "acceptEdits"], ["permission_mode": "plan"], false),
            (["permission_mode": "default"], ["permission_mode": "dontAsk"], true),
            (["allowed_tools": ["Read", "Bash"]], ["allowed_tools": ["Bash(git:*)"]], false),
            (["allowed_tools": ["Bash(git:*)"]], ["allowed_tools": ["Bash"]], true),
            (["allowed_tools": ["Read"]], ["allowed_tools": []], true),
            (["write_roots": ["/a"]], ["write_roots": ["/a/b"]], false),
            (["write_roots": ["/a"]], ["write_roots": ["/ab"]], true),
            (["write_roots": ["/"]], ["write_roots": ["/a"]], false),
            (["write_roots": []], ["write_roots": ["/a"]], true),
            (["repository_write_allowed": false], ["permission_mode": "plan"], true),
            (["permission_mode": "plan"], ["permission_mode": "plan", "args": ["x"]], false),
        ] as [(RemoteValue, RemoteValue, Bool)])
    func aGrantIsMoreWhereItIsNotPlainlyLess(old: RemoteValue, new: RemoteValue, isMore: Bool) {
        #expect(ReportGrant.isWider(new, than: old) == isMore)
        #expect(!ReportGrant.isWider(new, than: new) && !ReportGrant.isWider(new, than: .null))
    }

    @Test func aTakeoverIsAnotherSetThanTheOneBefore() throws {
        var tally = ReportTally(buckets: ReportBuckets(from: 0, to: 1))
        func decide(_ seq: Int64, _ set: String) throws {
            let leaf: RemoteValue = [
                "kind": "decision", "seq": .integer(seq), "verdict": "allow", "policy_set": .string(set),
                "policies": [],
            ]
            tally.add(try LogLeaf(["seq": .integer(seq), "leaf": .string(leaf.json)]))
        }
        func load(_ seq: Int64, _ set: String, previous: RemoteValue) throws {
            let leaf: RemoteValue = [
                "kind": "policy.loaded", "seq": .integer(seq), "policy_set": .string(set), "previous": previous,
            ]
            tally.add(try LogLeaf(["seq": .integer(seq), "leaf": .string(leaf.json)]))
        }
        try decide(0, "a")
        try load(1, "b", previous: "a")
        try decide(2, "b")
        try decide(3, "c")
        try load(4, "c", previous: "b")
        #expect(tally.takeovers.map { "\($0.seq): \($0.from) to \($0.to)" } == ["1: a to b", "3: b to c"])
        #expect(tally.whole.allowed == 3 && tally.kinds == ["decision": 3, "policy.loaded": 2])
    }

    @Test func theFirstSetOfAPeriodTakesOverOnlyWhereItIsSaidFromWhat() throws {
        func takeovers(_ previous: RemoteValue) throws -> Int {
            var tally = ReportTally(buckets: ReportBuckets(from: 0, to: 1))
            let leaf: RemoteValue = ["kind": "policy.loaded", "policy_set": "a", "previous": previous]
            tally.add(try LogLeaf(["seq": 0, "leaf": .string(leaf.json)]))
            return tally.takeovers.count
        }
        #expect(try takeovers(nil) == 0)
        #expect(try takeovers("z") == 1)
    }
}
