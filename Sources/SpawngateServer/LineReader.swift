internal import Platform

/// Reads a file or a pipe line by line, however large it is.
struct LineReader: ~Copyable {
    private let file: FileDescriptor
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    private static let chunkBytes = 1 << 20

    init(_ file: consuming FileDescriptor) { self.file = file }

    /// Hands each line, without its line feed, to `body`.
    mutating func forEach(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        while true {
            try giveLines(body)
            if isAtEnd { break }
            buffer.removeFirst(start)
            start = 0
            try fill()
        }
        if start < buffer.count {
            try buffer.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        }
    }

    private mutating func giveLines(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var position = start
        try buffer.withUnsafeBytes { bytes in
            while let end = bytes[position...].firstIndex(of: 0x0A) {
                try body(UnsafeRawBufferPointer(rebasing: bytes[position..<end]))
                position = end + 1
            }
        }
        start = position
    }

    private mutating func fill() throws {
        var bytes: [UInt8] = []
        swap(&bytes, &buffer)
        let old = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: Self.chunkBytes))
        let outcome = try bytes.withUnsafeMutableBytes {
            try file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[old...]))
        }
        var got = 0
        if case .processed(let count) = outcome { got = count }
        isAtEnd = got == 0
        bytes.removeLast(Self.chunkBytes - got)
        buffer = bytes
    }
}
