/// Puts the length before a body; `FrameDecoder` draws the frame.
package enum FrameEncoder {
    /// What stands before a body, in bytes.
    package static let headerBytes = 4

    /// The header of a body of that many bytes, which must be fewer than 4 GiB.
    package static func header(bodyLength: Int) -> (UInt8, UInt8, UInt8, UInt8) {
        let length = UInt32(bodyLength)
        return (
            UInt8(truncatingIfNeeded: length >> 24), UInt8(truncatingIfNeeded: length >> 16),
            UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)
        )
    }

    /// Leaves room for a header and starts a text behind it; answers where the header is.
    package static func begin(in writer: inout JSONWriter) -> Int {
        let start = writer.bytes.count
        for _ in 0..<headerBytes { writer.bytes.append(0) }
        writer.beginText()
        return start
    }

    /// Makes what was written since `begin`, which answered `start`, one frame.
    package static func end(at start: Int, in writer: inout JSONWriter) {
        let header = header(bodyLength: writer.bytes.count - start - headerBytes)
        (writer.bytes[start], writer.bytes[start + 1], writer.bytes[start + 2], writer.bytes[start + 3]) = header
    }
}
