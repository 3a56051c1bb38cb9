internal import ArgumentParser
internal import Platform

/// A time as a person writes it: a timestamp, a day by UTC, or how long ago it was.
enum Moment: Equatable {
    case at(Timestamp)
    case ago(TimeSpan)

    init?(argument: String) {
        if let timestamp = Timestamp(argument) ?? Timestamp("\(argument)T00:00:00Z") {
            self = .at(timestamp)
        } else if let span = TimeSpan(argument: argument) {
            self = .ago(span)
        } else {
            return nil
        }
    }

    /// The time that an option names.
    static func option(_ text: String) throws -> Moment {
        guard let moment = Moment(argument: text) else {
            throw ValidationError(
                "write 2026-11-24T11:55:31Z, 2026-11-24 for its first moment by UTC, or how long ago: 90s, 30m, 12h, 7d"
            )
        }
        return moment
    }

    /// When that is.
    func timestamp(now: Timestamp) -> Timestamp {
        switch self {
        case .at(let timestamp): timestamp
        // Nothing was decided before 1970.
        case .ago(let span): Timestamp(milliseconds: max(0, now.milliseconds - span.milliseconds))
        }
    }
}

extension Timestamp {
    /// By this machine's clock.
    static var now: Timestamp { Timestamp(milliseconds: SystemClock().wallMilliseconds()) }
}
