/// The first message of a client, as a server looks at it before it begins a session: a stranger that stalls in the midst of
/// it costs nothing but the bytes that it has sent, and how much it announces is believed by nobody.
package enum ClientHello {
    package enum Verdict: Equatable {
        /// Its first record is not all there.
        case incomplete
        /// Its first record is.
        case ready
        /// This is no TLS.
        case otherProtocol
        /// It announces more than any client has to say.
        case tooLong
    }

    /// A hello of a client that offers post-quantum keys and much else takes 2 kB.
    package static let bytesMax = 16 << 10
    private static let recordHeaderBytes = 5
    private static let messageHeaderBytes = 4

    /// What a stream that starts like this is.
    ///
    ///     | 22 | 3 | x | length of the record, 16 bit | 1 | length of the hello, 24 bit | …
    package static func look(at start: UnsafeRawBufferPointer) -> Verdict {
        // As soon as a byte is wrong: whoever speaks otherwise may wait for an answer to a few bytes.
        for (index, expected) in [(0, 22), (1, 3), (5, 1)] as [(Int, UInt8)] where start.count > index {
            if start[index] != expected { return .otherProtocol }
        }
        guard start.count >= recordHeaderBytes + messageHeaderBytes else { return .incomplete }
        let record = Int(start[3]) << 8 | Int(start[4])
        let hello = Int(start[6]) << 16 | Int(start[7]) << 8 | Int(start[8])
        guard record >= messageHeaderBytes else { return .otherProtocol }
        guard record <= bytesMax, hello <= bytesMax else { return .tooLong }
        return start.count >= recordHeaderBytes + record ? .ready : .incomplete
    }
}
