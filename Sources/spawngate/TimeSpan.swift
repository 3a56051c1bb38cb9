internal import ArgumentParser

/// A length of time as a person writes it: `90` (seconds), `500ms`, `90s`, `30m`, `12h`, `30d`.
struct TimeSpan: ExpressibleByArgument, Equatable {
    let milliseconds: Int64

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits), let unit = Self.unit(named: argument[digits.endIndex...]) else { return nil }
        let (total, overflow) = count.multipliedReportingOverflow(by: unit)
        if overflow { return nil }
        milliseconds = total
    }

    private static func unit(named name: Substring) -> Int64? {
        switch name {
        case "ms": 1
        case "", "s": 1000
        case "m": 60_000
        case "h": 3_600_000
        case "d": 86_400_000
        default: nil
        }
    }

    /// The one or two digits that matter: `45s`, `12m`, `3h`, `20d`.
    var short: String {
        switch milliseconds {
        case ..<1000: "\(max(0, milliseconds))ms"
        case ..<120_000: "\(milliseconds / 1000)s"
        case ..<7_200_000: "\(milliseconds / 60_000)m"
        case ..<172_800_000: "\(milliseconds / 3_600_000)h"
        default: "\(milliseconds / 86_400_000)d"
        }
    }
}
