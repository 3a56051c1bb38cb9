/// A piece of HTML. Text that is put into it is escaped; only another piece is taken as it is, so that no name and no reason
/// can ever become part of the page's own markup.
struct HTML: ExpressibleByStringInterpolation {
    let markup: String

    init(stringLiteral markup: String) { self.markup = markup }

    init(stringInterpolation: Interpolation) { markup = stringInterpolation.markup }

    private init(markup: String) { self.markup = markup }

    /// One after the other.
    static func joined(_ pieces: some Sequence<HTML>) -> HTML { HTML(markup: pieces.map(\.markup).joined()) }

    struct Interpolation: StringInterpolationProtocol {
        fileprivate var markup = ""

        init(literalCapacity: Int, interpolationCount: Int) { markup.reserveCapacity(literalCapacity) }

        mutating func appendLiteral(_ literal: String) { markup += literal }

        mutating func appendInterpolation(_ piece: HTML) { markup += piece.markup }

        mutating func appendInterpolation(_ pieces: [HTML]) { for piece in pieces { markup += piece.markup } }

        mutating func appendInterpolation(_ number: some BinaryInteger) { markup += "\(number)" }

        /// Text of whatever origin, in one line; what would steer the reading shows as an escape.
        mutating func appendInterpolation(_ text: String) { markup += HTML.escaped(TerminalText.line(text)) }

        /// Text whose lines are to stay.
        mutating func appendInterpolation(lines text: String) {
            markup += text.split(separator: "\n", omittingEmptySubsequences: false)
                .map { HTML.escaped(TerminalText.line(String($0))) }.joined(separator: "\n")
        }
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
