internal import ArgumentParser
internal import Platform

/// A time as a person writes it: a timestamp, or how long ago it was.
enum Moment: ExpressibleByArgument, Equatable {
    case at(Timestamp)
    case ago(TimeSpan)

    init?(argument: String) {
        if let timestamp = Timestamp(argument) {
            self = .at(timestamp)
        } else if let span = TimeSpan(argument: argument) {
            self = .ago(span)
        } else {
            return nil
        }
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
