internal import Sessions

/// A moment as the wire has it: ISO 8601, UTC, `2026-11-24T11:55:31.042Z`.
struct Timestamp: Equatable {
    /// Since 1970.
    let milliseconds: Int64

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Reads the form above, with or without the milliseconds; nil for any other text.
    init?(_ text: String) {
        guard let milliseconds = Sessions.Timestamp.milliseconds(of: text) else { return nil }
        self.milliseconds = milliseconds
    }

    /// The form above.
    var text: String { Sessions.Timestamp.text(milliseconds: milliseconds) }

    /// How long ago it was, short: `5m ago`. A moment in the future, by a server whose clock is ahead, is "0ms ago".
    func age(at now: Timestamp) -> String { "\(TimeSpan(milliseconds: now.milliseconds - milliseconds).short) ago" }
}
