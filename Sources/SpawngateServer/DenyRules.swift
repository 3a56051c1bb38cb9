/// The rules that a policy's text names: what stands as a plain string first in a call of `deny`.
///
/// A reading of the text and not of the program: a name that is put together while it runs is not found, and one in code
/// that is never reached is. It serves to show rules that have never fired, which nothing else knows of.
enum DenyRules {
    /// The names, each once, in the order of the text.
    static func names(in text: [UInt8]) -> [String] {
        var scanner = Scanner(text: text)
        var names: [String] = []
        while let name = scanner.nextName() {
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    private struct Scanner {
        let text: [UInt8]
        var place = 0

        mutating func nextName() -> String? {
            while place < text.count {
                if skipCommentOrString() { continue }
                let isWordBegin = place == 0 || !Self.isNameByte(text[place - 1])
                guard isWordBegin, has("deny"), place + 4 < text.count, !Self.isNameByte(text[place + 4]) else {
                    place += 1
                    continue
                }
                place += 4
                if let name = argument() { return name }
            }
            return nil
        }

        /// A string right after `deny` or `deny(`, without escapes.
        private mutating func argument() -> String? {
            skipSpace()
            if place < text.count, text[place] == UInt8(ascii: "(") {
                place += 1
                skipSpace()
            }
            guard place < text.count, Self.isQuote(text[place]) else { return nil }
            let begin = place + 1
            skipString()
            let name = text[begin..<max(begin, place - 1)]
            return name.contains(UInt8(ascii: "\\")) ? nil : String(decoding: name, as: UTF8.self)
        }

        private mutating func skipCommentOrString() -> Bool {
            if Self.isQuote(text[place]) {
                skipString()
                return true
            }
            if has("--") {
                place += 2
                if !skipLongBracket() { while place < text.count, text[place] != UInt8(ascii: "\n") { place += 1 } }
                return true
            }
            return skipLongBracket()
        }

        private mutating func skipString() {
            let quote = text[place]
            place += 1
            while place < text.count, text[place] != quote {
                place += text[place] == UInt8(ascii: "\\") ? 2 : 1
            }
            place = min(place + 1, text.count)
        }

        /// `[[…]]`, `[==[…]==]`.
        private mutating func skipLongBracket() -> Bool {
            var end = place
            guard end < text.count, text[end] == UInt8(ascii: "[") else { return false }
            end += 1
            while end < text.count, text[end] == UInt8(ascii: "=") { end += 1 }
            guard end < text.count, text[end] == UInt8(ascii: "[") else { return false }
            let closing = "]" + String(repeating: "=", count: end - place - 1) + "]"
            place = end + 1
            while place < text.count, !has(closing) { place += 1 }
            place = min(place + closing.utf8.count, text.count)
            return true
        }

        private mutating func skipSpace() {
            while place < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[place]) { place += 1 }
        }

        private func has(_ word: String) -> Bool { text[place...].starts(with: word.utf8) }

        private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }

        private static func isNameByte(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
