/// The bytes of a string that the scanner has found well-formed, escapes resolved, one at a time.
struct UnescapedBytes: IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    private let escaped: Bool
    private var position = 0
    /// The rest of a scalar that was written as `\u`, in UTF-8, first byte lowest; 0 where there is none, which
    /// cannot be taken for U+0000, as that is a single byte and given out at once.
    private var pending: UInt32 = 0

    /// `bytes` is what stands between the quotes. With `escaped` false a backslash is a byte like any other.
    init(_ bytes: UnsafeRawBufferPointer, escaped: Bool = true) {
        self.bytes = bytes
        self.escaped = escaped
    }

    mutating func next() -> UInt8? {
        if pending != 0 {
            defer { pending >>= 8 }
            return UInt8(truncatingIfNeeded: pending)
        }
        guard position < bytes.count else { return nil }
        let byte = bytes[position]
        position += 1
        guard escaped, byte == UInt8(ascii: "\\") else { return byte }
        let letter = bytes[position]
        position += 1
        switch letter {
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "u"): return firstByte(of: scalar())
        default: return letter
        }
    }

    private mutating func scalar() -> UInt32 {
        let unit = codeUnit()
        guard unit & 0xFC00 == 0xD800 else { return unit }
        position += 2  // the `\u` of the second half
        return 0x10000 + ((unit & 0x3FF) << 10) + (codeUnit() & 0x3FF)
    }

    private mutating func codeUnit() -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            unit = unit << 4 | UInt32(JSONText.hexadecimalValue(bytes[position]) ?? 0)
            position += 1
        }
        return unit
    }

    private mutating func firstByte(of scalar: UInt32) -> UInt8 {
        if scalar < 0x80 { return UInt8(scalar) }
        let last = 0x80 | scalar & 0x3F
        if scalar < 0x800 {
            pending = last
            return UInt8(0xC0 | scalar >> 6)
        }
        let middle = 0x80 | scalar >> 6 & 0x3F
        if scalar < 0x10000 {
            pending = middle | last << 8
            return UInt8(0xE0 | scalar >> 12)
        }
        pending = 0x80 | scalar >> 12 & 0x3F | middle << 8 | last << 16
        return UInt8(0xF0 | scalar >> 18)
    }
}

extension UnescapedBytes {
    /// Writes the unescaped bytes of a string to `out`, which has room for as many as `bytes` has; answers how many there
    /// were. A text in a text has an escape every few bytes, so that neither runs nor single bytes are taken: eight are
    /// copied, and those before an escape count.
    static func write(_ bytes: UnsafeRawBufferPointer, to out: UnsafeMutableRawBufferPointer) -> Int {
        precondition(out.count >= bytes.count, "there is room for all")
        let ones: UInt64 = 0x0101_0101_0101_0101
        var (from, to) = (0, 0)
        while from + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: from, as: UInt64.self))
            out.storeBytes(of: word.littleEndian, toByteOffset: to, as: UInt64.self)
            // `(x - 1) & ~x` has the top bit of the lowest zero byte set.
            let difference = word ^ (ones &* 0x5C)
            let hits = (difference &- ones) & ~difference & (ones &* 0x80)
            let plain = hits == 0 ? 8 : hits.trailingZeroBitCount / 8
            from += plain
            to += plain
            if hits != 0 { writeEscape(bytes, &from, out, &to) }
        }
        while from < bytes.count {
            if bytes[from] == UInt8(ascii: "\\") {
                writeEscape(bytes, &from, out, &to)
            } else {
                out[to] = bytes[from]
                from += 1
                to += 1
            }
        }
        return to
    }

    @inline(__always)
    private static func writeEscape(
        _ bytes: UnsafeRawBufferPointer, _ from: inout Int, _ out: UnsafeMutableRawBufferPointer, _ to: inout Int
    ) {
        let letter = bytes[from + 1]
        if letter == UInt8(ascii: "\"") || letter == UInt8(ascii: "\\") {
            out[to] = letter
            from += 2
            to += 1
            return
        }
        var escape = UnescapedBytes(UnsafeRawBufferPointer(rebasing: bytes[from...]))
        repeat {
            guard let byte = escape.next() else { return }
            out[to] = byte
            to += 1
        } while escape.pending != 0
        from += escape.position
    }
}
