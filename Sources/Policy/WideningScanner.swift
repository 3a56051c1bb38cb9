/// A word of a Lua text, as far as the search has a use for it.
enum WideningToken: Equatable {
    /// Keywords too.
    case name(String)
    case text(String)
    case integer(Int64)
    /// `==` or `~=`.
    case comparison
    case symbol(UInt8)
}

/// Takes a Lua text apart, without comments. What is not Lua gives some words or other: they are only ever tried.
struct WideningScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) { bytes = text }

    static func tokens(of text: [UInt8]) -> [WideningToken] {
        var scanner = WideningScanner(text)
        var tokens: [WideningToken] = []
        while let token = scanner.next() { tokens.append(token) }
        return tokens
    }

    private mutating func next() -> WideningToken? {
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "-") where peek(1) == byte: skipComment()
            case UInt8(ascii: "\""), UInt8(ascii: "'"): return .text(quoted(by: byte))
            case UInt8(ascii: "["):
                if let text = longText() { return .text(text) }
                position += 1
                return .symbol(byte)
            case UInt8(ascii: "="), UInt8(ascii: "~"):
                position += 1
                guard peek() == UInt8(ascii: "=") else { return .symbol(byte) }
                position += 1
                return .comparison
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if let number = Int64(word()) { return .integer(number) }
            case _ where Self.isWord(byte): return .name(word())
            case 0...0x20: position += 1
            default:
                position += 1
                return .symbol(byte)
            }
        }
        return nil
    }

    private func peek(_ distance: Int = 0) -> UInt8? {
        position + distance < bytes.count ? bytes[position + distance] : nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private mutating func word() -> String {
        let start = position
        while let byte = peek(), Self.isWord(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func skipComment() {
        position += 2
        if longText() != nil { return }
        while let byte = peek(), byte != UInt8(ascii: "\n") { position += 1 }
    }

    /// `[[…]]` or `[==[…]==]`; nil where none begins here.
    private mutating func longText() -> String? {
        guard peek() == UInt8(ascii: "[") else { return nil }
        var level = 0
        while peek(1 + level) == UInt8(ascii: "=") { level += 1 }
        guard peek(1 + level) == UInt8(ascii: "[") else { return nil }
        let start = position + level + 2
        let bracket = UInt8(ascii: "]")
        let end = [bracket] + [UInt8](repeating: UInt8(ascii: "="), count: level) + [bracket]
        position = start
        while position < bytes.count, !bytes[position...].starts(with: end) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        position = min(position + end.count, bytes.count)
        return text
    }

    /// Of the escapes, those of one byte; a path or a name has no other.
    private mutating func quoted(by quote: UInt8) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = peek(), byte != quote, byte != UInt8(ascii: "\n") {
            position += 1
            if byte == UInt8(ascii: "\\"), let escaped = peek() {
                position += 1
                text.append(escaped == UInt8(ascii: "n") ? UInt8(ascii: "\n") : escaped)
            } else {
                text.append(byte)
            }
        }
        position = min(position + 1, bytes.count)
        return String(decoding: text, as: UTF8.self)
    }
}
