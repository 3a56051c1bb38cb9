/// How long something took, in buckets that are never more than 1/16 wide: an answer of percentiles costs 8 kB.
struct LatencyHistogram {
    private var buckets = [UInt64](repeating: 0, count: 16 * 48)
    private(set) var count: UInt64 = 0
    private(set) var maximumNanoseconds: Int64 = 0

    mutating func record(nanoseconds: Int64) {
        buckets[Self.bucket(of: UInt64(max(0, nanoseconds)))] += 1
        count += 1
        maximumNanoseconds = max(maximumNanoseconds, nanoseconds)
    }

    /// The upper end of the bucket in which the given share of all lies, in microseconds.
    func microseconds(atPercentile percentile: Double) -> Double {
        let rank = UInt64((Double(count) * percentile / 100).rounded(.up))
        var seen: UInt64 = 0
        for (index, bucket) in buckets.enumerated() where bucket > 0 {
            seen += bucket
            if seen >= rank { return min(Double(Self.upperEnd(of: index)), Double(maximumNanoseconds)) / 1000 }
        }
        return 0
    }

    private static func bucket(of value: UInt64) -> Int {
        if value < 16 { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        let index = (exponent - 3) * 16 + Int(value >> (exponent - 4) & 15)
        return min(index, 16 * 48 - 1)
    }

    private static func upperEnd(of index: Int) -> UInt64 {
        if index < 16 { return UInt64(index) }
        let exponent = index / 16 + 3
        return (UInt64(16 + index % 16 + 1) << (exponent - 4)) - 1
    }
}
