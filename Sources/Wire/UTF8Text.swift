/// Bytes looked at as UTF-8.
package enum UTF8Text {
    /// How many bytes, from the first on, are whole characters; fewer than all only where the last character is not whole
    /// yet. Nil where the bytes are not UTF-8, whatever came after them.
    package static func wholeCharacters(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress else { return 0 }
        let text = base.assumingMemoryBound(to: UInt8.self)
        let end = bytes.count
        var position = 0
        while position < end {
            while position + 8 <= end,
                UnsafeRawPointer(text + position).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                position += 8
            }
            guard position < end else { break }
            if text[position] < 0x80 {
                position += 1
            } else if let length = JSONText.utf8Length(text, at: position, end: end) {
                position += length
            } else {
                return canBegin(text, position..<end) ? position : nil
            }
        }
        return end
    }

    /// Whether the bytes are the beginning of a character: whether some bytes make it whole.
    private static func canBegin(_ text: UnsafePointer<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count < 4 else { return false }
        // One of these may stand in each second place (Unicode 15, table 3-7), and each of them in the places after it.
        return [0x80, 0x90, 0xA0].contains { (filler: UInt8) in
            (1...4 - range.count).contains { missing in
                let candidate = range.map { text[$0] } + [UInt8](repeating: filler, count: missing)
                return candidate.withUnsafeBufferPointer { candidate in
                    candidate.baseAddress.flatMap { JSONText.utf8Length($0, at: 0, end: candidate.count) }
                        == candidate.count
                }
            }
        }
    }
}
