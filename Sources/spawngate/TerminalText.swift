/// Makes text of unknown origin safe to show: a session's name or a reason must not move a person's cursor, colour the
/// screen, break a table's line or turn the reading direction.
enum TerminalText {
    /// The text in one line; what would steer a terminal shows as an escape.
    static func line(_ text: String) -> String {
        if text.unicodeScalars.allSatisfy({ !steers($0) }) { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": shown += "\\n"
            case "\t": shown += "\\t"
            case _ where steers(scalar): shown += "\\u{\(String(scalar.value, radix: 16))}"
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// The text in one line of at most so many characters, with what is missing said.
    static func excerpt(_ text: String, charactersMax: Int) -> String {
        let start = text.prefix(charactersMax)
        return start.endIndex == text.endIndex ? line(text) : "\(line(String(start)))… (\(text.utf8.count) bytes)"
    }

    /// An argument list as a person would type it.
    static func command(_ words: [String]) -> String { line(words.map(quoted).joined(separator: " ")) }

    private static func quoted(_ word: String) -> String {
        let plain = word.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isAlphabetic || "0123456789-_./:=,@%+".unicodeScalars.contains(scalar)
        }
        if plain && !word.isEmpty { return word }
        return "'\(word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
    }

    private static func steers(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F: true
        // Line and paragraph separators, and the controls of the reading direction.
        case 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
