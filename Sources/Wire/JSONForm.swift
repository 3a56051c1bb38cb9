/// How strict a scanner is, known when it is compiled, so that the form which a stranger may write pays nothing for the other.
protocol JSONForm {
    static var isCanonical: Bool { get }
}

/// Whatever RFC 8259 allows.
enum AnyForm: JSONForm { static var isCanonical: Bool { false } }

/// The one form that RFC 8785 leaves of it: what these functions say of a value that the scanner has found well-formed.
enum CanonicalForm: JSONForm {
    static var isCanonical: Bool { true }

    /// Whether the first name comes before the second by UTF-16 code units; so also that they are not the same.
    static func precedes(_ left: JSONView, _ right: JSONView) -> Bool {
        if !left.node.pointee.isEscaped && !right.node.pointee.isEscaped {
            let (left, right) = (left.content, right.content)
            for index in 0..<min(left.count, right.count) where left[index] != right[index] {
                return rank(left[index]) < rank(right[index])
            }
            return left.count < right.count
        }
        var (left, right) = (left.unescaped, right.unescaped)
        while true {
            switch (left.next(), right.next()) {
            case (_, nil): return false
            case (nil, _): return true
            case (let a?, let b?) where a != b: return rank(a) < rank(b)
            default: continue
            }
        }
    }

    /// Bytes of UTF-8 have the order of UTF-16, but for U+E000 to U+FFFF, which come after all that takes two code units.
    private static func rank(_ byte: UInt8) -> UInt8 { byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte }

    /// Whether a number is written as ECMAScript writes it.
    static func isNumber(_ text: UnsafeRawBufferPointer) -> Bool {
        // Nearly all are short integers: every double that is one has these digits and no others.
        if text.count <= 15, text.allSatisfy(JSONText.isDigit) { return true }
        let number = JSONNumber.double(text)
        guard number.isFinite else { return false }
        var bytes: [UInt8] = []
        JSONNumber.append(number, to: &bytes)
        return bytes.elementsEqual(text)
    }

    /// Whether an escape of that many bytes is the one that must be written for its character.
    static func isEscape(_ text: UnsafePointer<UInt8>, count: Int) -> Bool {
        if count == 2 { return text[1] != UInt8(ascii: "/") }
        guard count == 6 else { return false }  // a surrogate pair
        // \u00XX with small digits, of a control character that has no letter of its own.
        let isPlain = text[2] == UInt8(ascii: "0") && text[3] == UInt8(ascii: "0") && text[4] < UInt8(ascii: "2")
        let isSmall = JSONText.isDigit(text[5]) || text[5] >= UInt8(ascii: "a")
        let hasLetter = text[4] == UInt8(ascii: "0") && "89acd".utf8.contains { $0 == text[5] }
        return isPlain && isSmall && !hasLetter
    }
}
