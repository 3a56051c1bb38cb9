import Testing

@testable import SpawngateServer

@Suite struct LatencyHistogramTests {
    /// Around every power of two, where the buckets change their width, up to the last bucket.
    private static let values: [Int64] = (0..<51).flatMap { exponent -> [Int64] in
        let power = Int64(1) << exponent
        return [power - 1, power, power + 1, power + power / 3, power + power / 16]
    }

    @Test(arguments: values)
    func aPercentileIsNeverTooSmallAndAtMostASixteenthTooLarge(value: Int64) {
        var histogram = LatencyHistogram()
        histogram.record(nanoseconds: value)
        histogram.record(nanoseconds: .max)
        let told = histogram.microseconds(atPercentile: 50) * 1000
        // What a Double loses of 51 bits in a division and a multiplication.
        let rounding = Double(value) * 1e-15
        #expect(told >= Double(value) - rounding && told <= Double(value) * 17 / 16 + rounding)
    }

    @Test(
        arguments: [(0, 1), (1, 1), (10, 10), (50, 50), (90, 90), (99, 99), (99.1, 100), (100, 100)]
            as [(Double, Double)])
    func aPercentileIsTheShareOfAllThatItSays(percentile: Double, microseconds: Double) {
        var histogram = LatencyHistogram()
        for value in (1...100).reversed() { histogram.record(nanoseconds: Int64(value) * 1000) }
        let told = histogram.microseconds(atPercentile: percentile)
        #expect(told >= microseconds && told <= microseconds * 17 / 16)
        #expect(histogram.count == 100 && histogram.maximumNanoseconds == 100_000)
        // Nothing took longer than the longest.
        #expect(histogram.microseconds(atPercentile: 100) == 100)
    }

    @Test func nothingIsNoughtAndSoIsATimeBelowIt() {
        var histogram = LatencyHistogram()
        #expect(histogram.microseconds(atPercentile: 99) == 0 && histogram.count == 0)
        histogram.record(nanoseconds: -5)
        #expect(histogram.microseconds(atPercentile: 99) == 0 && histogram.count == 1)
        #expect(histogram.maximumNanoseconds == 0)
    }

    @Test func whatTookLongerThanTheLastBucketIsCountedAndItsMaximumKept() {
        var histogram = LatencyHistogram()
        for value in [Int64.max, 1 << 51, 1 << 62] { histogram.record(nanoseconds: value) }
        #expect(histogram.count == 3 && histogram.maximumNanoseconds == .max)
        #expect(histogram.microseconds(atPercentile: 50) >= Double((Int64(1) << 51) - 1) / 1000)
    }
}
