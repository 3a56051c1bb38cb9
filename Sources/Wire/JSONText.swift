/// What reader and writer both know of bytes.
enum JSONText {
    /// The first place at or after `position` where a byte inside a string needs a closer look: a quote, a backslash,
    /// a control character, or the start of a sequence of UTF-8; `end` where there is none.
    @inline(__always)
    static func specialByte(_ text: UnsafePointer<UInt8>, from position: Int, to end: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        var position = position
        // Eight bytes at a time: `(x - n) & ~x` has the top bit of the lowest byte below n set. Borrows make false
        // hits above a true one only, and the lowest hit is the one that is used.
        while position + 8 <= end {
            let word = UInt64(littleEndian: UnsafeRawPointer(text + position).loadUnaligned(as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            let control = (word &- ones &* 0x20) & ~word
            let hits = ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | control | word) & tops
            if hits != 0 { return position + hits.trailingZeroBitCount / 8 }
            position += 8
        }
        while position < end {
            let byte = text[position]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C || byte >= 0x80 { return position }
            position += 1
        }
        return end
    }

    /// Whether both are the same bytes: eight at a time, for names and digests are mostly longer.
    @inline(__always)
    static func areSame(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count, let a = left.baseAddress, let b = right.baseAddress else {
            return left.count == right.count
        }
        var position = 0
        while position + 8 <= left.count {
            if (a + position).loadUnaligned(as: UInt64.self) != (b + position).loadUnaligned(as: UInt64.self) {
                return false
            }
            position += 8
        }
        while position < left.count {
            if a.load(fromByteOffset: position, as: UInt8.self) != b.load(fromByteOffset: position, as: UInt8.self) {
                return false
            }
            position += 1
        }
        return true
    }

    /// How many bytes the sequence of UTF-8 takes whose first byte, 0x80 or above, is at `position`; nil where it is
    /// not well-formed (Unicode 15, table 3-7).
    static func utf8Length(_ text: UnsafePointer<UInt8>, at position: Int, end: Int) -> Int? {
        let first = text[position]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF:
            length = 3
            if first == 0xE0 { second = 0xA0...0xBF }  // below that: overlong
            if first == 0xED { second = 0x80...0x9F }  // above that: surrogates
        case 0xF0...0xF4:
            length = 4
            if first == 0xF0 { second = 0x90...0xBF }  // below that: overlong
            if first == 0xF4 { second = 0x80...0x8F }  // above that: beyond U+10FFFF
        default: return nil
        }
        guard end - position >= length, second.contains(text[position + 1]) else { return nil }
        for offset in 2..<max(length, 2) where text[position + offset] & 0xC0 != 0x80 { return nil }
        return length
    }

    /// The value of a hexadecimal digit in either case.
    static func hexadecimalValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Whether the byte is one of `0` to `9`.
    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
