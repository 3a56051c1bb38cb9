import Sessions
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (-86_400_000, "1969-12-31T00:00:00.000Z"), (-86_400_001, "1969-12-30T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"), (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_764_062_400_123, "2025-11-25T09:20:00.123Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func aMomentIsWrittenAndReadBack(milliseconds: Int64, text: String) {
        #expect(Timestamp.text(milliseconds: milliseconds) == text)
        #expect(Timestamp.milliseconds(of: text) == milliseconds)
    }

    /// A calendar that counts day by day, against the one that computes.
    @Test func everyDayOfFiveCenturiesFollowsTheOneBefore() throws {
        var milliseconds = try #require(Timestamp.milliseconds(of: "1599-12-31T00:00:00Z"))
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        for year in 1600...2100 {
            let isLeap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
            for (month, days) in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated() {
                for day in 1...days {
                    milliseconds += 86_400_000
                    let text = "\(year)-\(padded(month + 1))-\(padded(day))T00:00:00.000Z"
                    try #require(Timestamp.text(milliseconds: milliseconds) == text)
                    try #require(Timestamp.milliseconds(of: text) == milliseconds)
                }
            }
        }
    }

    @Test func theFractionMayBeLeftOut() {
        #expect(Timestamp.milliseconds(of: "1970-01-01T00:00:01Z") == 1000)
    }

    @Test(arguments: [
        "", "Z", "1970", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01T00:00:00.000", "1970-01-01 00:00:00Z",
        "1970-01-01t00:00:00z", "1970-01-01T00:00:00.0Z", "1970-01-01T00:00:00.0000Z", "1970-01-01T00:00:00,000Z",
        "1970-01-01T00:00:00.00aZ", "1970-01-01T00:00:00+00:00", "1970-01-01T00:00:00.000+00:00",
        " 1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z ", "1970-1-01T00:00:00.00Z", "-970-01-01T00:00:00Z",
        "+970-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "1970-00-01T00:00:00Z", "1970-13-01T00:00:00Z",
        "1970-01-00T00:00:00Z", "1970-01-32T00:00:00Z", "1970-04-31T00:00:00Z", "1970-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z", "2000-02-30T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:60Z", "1970/01/01T00:00:00Z", "1970-01-01T00-00-00Z", "१९७०-01-01T00:00:00Z",
    ])
    func whatIsNoMomentIsRefused(text: String) {
        #expect(Timestamp.milliseconds(of: text) == nil)
    }
}
