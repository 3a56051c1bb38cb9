internal import Wire

/// What is told of the bytes that were read from a log: nothing twice, nothing left out, no character torn.
struct OutputChunk: Equatable {
    enum Encoding: String {
        case utf8
        /// For bytes that are not UTF-8.
        case base64
    }

    /// Where the first byte stands in the stream.
    let offset: Int64
    let bytes: ArraySlice<UInt8>
    let encoding: Encoding

    var end: Int64 { offset + Int64(bytes.count) }

    /// Cuts what was read at `offset`, before which and from which on all before `dropped` is known to be gone: that may
    /// have been read as zeros. `isLast`: no byte will ever follow, so that a character that is not whole is told as it
    /// is. May be empty.
    init(_ read: [UInt8], at offset: Int64, dropped: Int64, isLast: Bool) {
        let gone = max(0, dropped - offset)
        let kept = gone < read.count ? read.dropFirst(Int(gone)) : []
        self.offset = offset + gone
        let whole = kept.withUnsafeBytes { UTF8Text.wholeCharacters(in: $0) }
        switch whole {
        case let count? where count > 0 || !isLast:
            bytes = kept.prefix(count)
            encoding = .utf8
        default:
            bytes = kept
            encoding = kept.isEmpty ? .utf8 : .base64
        }
    }
}
