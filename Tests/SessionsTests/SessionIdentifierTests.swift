import Sessions
import Testing

@Suite struct SessionIdentifierTests {
    private static let forty = String(repeating: "a", count: 40)

    @Test(arguments: [
        ("Fix the parser", "fix-the-parser"), ("a", "a"), ("A-B_c.D", "a-b-c-d"), ("  two   words  ", "two-words"),
        ("--x--", "x"), ("2026", "2026"), ("", "session"), ("---", "session"), ("\u{1F680}", "session"),
        ("日本語", "session"), ("Café", "caf"), ("Cafe\u{301}", "cafe"), ("naïve plan", "na-ve-plan"),
        ("\u{1F680} launch \u{1F680}", "launch"), ("\u{212A}elvin", "kelvin"), ("İstanbul", "i-stanbul"),
        ("Straße", "stra-e"), ("a\u{200B}b", "a-b"), ("a\u{0}b\n", "a-b"), ("../../etc/passwd", "etc-passwd"),
        ("١٢٣", "session"), ("ＡＢ", "session"), (forty, forty), (forty + "a", forty), (forty + "-b", forty),
        // The cut comes last, as in the seed, and may leave a dash.
        (String(repeating: "a", count: 39) + "-b", String(repeating: "a", count: 39) + "-"),
        ("-" + forty, forty),
    ])
    func aNameBecomesItsSlug(name: String, slug: String) {
        var source = SessionIdentifierSource(after: 0)
        #expect(SessionIdentifierSource.slug(of: name) == slug)
        #expect(source.next(name: name, wallMilliseconds: 1_764_000_000_000) == "\(slug)-midc1z40")
        #expect(slug.utf8.allSatisfy { byte in Array("abcdefghijklmnopqrstuvwxyz0123456789-".utf8).contains(byte) })
    }

    @Test func noIdIsMadeTwiceInOneMillisecond() {
        var source = SessionIdentifierSource(after: 0)
        let ids = (0..<1000).map { _ in source.next(name: "n", wallMilliseconds: 5000) }
        #expect(Set(ids).count == 1000)
        #expect(ids.compactMap(SessionIdentifierSource.milliseconds(of:)) == Array(5000..<6000))
    }

    @Test func otherNamesShareAMillisecondAndNamesOfOneSlugDoNot() {
        var source = SessionIdentifierSource(after: 0)
        let ids = ["a b", "c", "A-B", "c"].map { source.next(name: $0, wallMilliseconds: 35) }
        #expect(ids == ["a-b-z", "c-z", "a-b-10", "c-10"])
    }

    @Test func anIdNeverGoesBackWhereTheClockDoes() {
        var source = SessionIdentifierSource(after: 0)
        let ids = [100, 99, 50, 101, 7].map { source.next(name: "n", wallMilliseconds: $0) }
        #expect(ids.compactMap(SessionIdentifierSource.milliseconds(of:)) == [100, 101, 102, 103, 104])
    }

    @Test(arguments: [(0, 1001), (1000, 1001), (1001, 1001), (1002, 1002)] as [(Int64, Int64)])
    func theFirstIdComesAfterThoseOfAnEarlierRun(clock: Int64, expected: Int64) {
        var source = SessionIdentifierSource(after: 1000)
        let id = source.next(name: "n", wallMilliseconds: clock)
        #expect(SessionIdentifierSource.milliseconds(of: id) == expected)
    }

    @Test(
        arguments: [("a-b-z", 35), ("session-midc1z40", 1_764_000_000_000), ("a--10", 36), ("a-b_c", nil), ("", nil)]
            as [(String, Int64?)])
    func anIdTellsItsMillisecond(id: String, milliseconds: Int64?) {
        #expect(SessionIdentifierSource.milliseconds(of: id) == milliseconds)
    }
}
