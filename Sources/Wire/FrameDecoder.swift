/// Cuts a byte stream into frames. It holds no bytes: the connection owns one buffer, receives at its end, asks for
/// frame after frame, and once a turn drops what has been used from its front.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +---------------------------------------------------------------+
///     |          N: bytes of the body, unsigned, big-endian           |
///     +---------------------------------------------------------------+
///     |                 body: N bytes of JSON (UTF-8)               ...
///     +---------------------------------------------------------------+
///
/// A body of no bytes is a frame like any other; that it is no JSON is for the reader to say. The length is compared
/// and otherwise believed only as far as bytes have come: nothing is ever reserved by it.
package struct FrameDecoder {
    /// What the buffer holds next.
    package enum Step: Equatable {
        /// No whole frame; receive more.
        case needMore
        /// A frame, whose body has this place in the buffer.
        case frame(Range<Int>)
        /// A frame over the limit. It stays so for good: where the next one starts will never be known.
        case tooLarge(length: Int)
    }

    /// The longest body let through, in bytes. It holds for the frames not yet asked for.
    package var frameBytesMax: Int
    private var used = 0
    private var lengthRefused: Int?

    /// A decoder at the start of a stream.
    package init(frameBytesMax: Int) { self.frameBytesMax = frameBytesMax }

    /// The next frame in `buffer`, which must hold all bytes of the stream that `takeUsed` has not yet accounted for.
    package mutating func next(in buffer: UnsafeRawBufferPointer) -> Step {
        if let lengthRefused { return .tooLarge(length: lengthRefused) }
        guard buffer.count - used >= FrameEncoder.headerBytes else { return .needMore }
        let length = Int(UInt32(bigEndian: buffer.loadUnaligned(fromByteOffset: used, as: UInt32.self)))
        guard length <= frameBytesMax else {
            lengthRefused = length
            return .tooLarge(length: length)
        }
        let start = used + FrameEncoder.headerBytes
        guard buffer.count - start >= length else { return .needMore }
        used = start + length
        return .frame(start..<used)
    }

    /// How many bytes at the front of the buffer have been given out as frames. The caller drops them.
    package mutating func takeUsed() -> Int {
        defer { used = 0 }
        return used
    }
}

extension FrameDecoder {
    /// Whether a stream that starts like this is HTTP: none of its methods is a length that a limit would let through.
    package static func looksLikeHTTP(_ start: UnsafeRawBufferPointer) -> Bool {
        guard start.count >= FrameEncoder.headerBytes else { return false }
        switch (start[0], start[1], start[2], start[3]) {
        case (0x47, 0x45, 0x54, 0x20),  // "GET "
            (0x50, 0x4F, 0x53, 0x54),  // "POST"
            (0x50, 0x55, 0x54, 0x20),  // "PUT "
            (0x48, 0x45, 0x41, 0x44),  // "HEAD"
            (0x44, 0x45, 0x4C, 0x45),  // "DELE"
            (0x4F, 0x50, 0x54, 0x49),  // "OPTI"
            (0x50, 0x41, 0x54, 0x43),  // "PATC"
            (0x54, 0x52, 0x41, 0x43),  // "TRAC"
            (0x43, 0x4F, 0x4E, 0x4E),  // "CONN"
            (0x50, 0x52, 0x49, 0x20):  // "PRI ", by which HTTP/2 begins
            return true
        default: return false
        }
    }

    /// Whether a stream that starts like this is TLS: a handshake record of version 3.
    package static func looksLikeTLS(_ start: UnsafeRawBufferPointer) -> Bool {
        start.count >= 2 && start[0] == 0x16 && start[1] == 0x03
    }
}
