internal import Platform

/// A bar on standard error, for a person at a terminal. Elsewhere it shows nothing.
struct ProgressBar {
    private static let width = 40
    private let isShown = Process.errorsAreTerminal
    private var isDrawn = false

    /// Draws so much of so much, over what stood there.
    mutating func show(done: Int64, total: Int64) {
        guard isShown else { return }
        isDrawn = true
        let share = total > 0 ? min(1, Double(done) / Double(total)) : 0
        let filled = Int(share * Double(Self.width))
        let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: Self.width - filled)
        Output.errorBytes(Array("\r\u{1B}[K\(bar) \(Int(share * 100)) %  \(done) of about \(total)".utf8))
    }

    /// Takes it away.
    mutating func clear() {
        if isDrawn { Output.errorBytes(Array("\r\u{1B}[K".utf8)) }
        isDrawn = false
    }
}
