internal import Glibc

/// Reads a file or a pipe in blocks of whole lines, however large it is.
package struct LineReader: ~Copyable {
    private let file: FileDescriptor
    /// What has been read and not been handed out, and before it the last line that has.
    private var rest: [UInt8] = []
    private var hasLineBefore = false
    private var isAtEnd = false

    private static let blockBytes = 1 << 20

    package init(_ file: consuming FileDescriptor) { self.file = file }

    /// The next lines, without their line feeds; none at the end. `before`: the line before them, where there is one. They
    /// lie in `arena`. Throws `SystemError`.
    package mutating func next(
        in arena: inout ByteArena
    ) throws(SystemError) -> (before: UnsafeRawBufferPointer?, lines: ArraySlice<UnsafeRawBufferPointer>) {
        let first = hasLineBefore ? 1 : 0
        while true {
            let block = try readBlock(in: &arena)
            var lines = Self.lines(of: block)
            // What follows the last line feed is the beginning of a line, or nothing.
            guard let beginning = lines.popLast(), isAtEnd || lines.count > first else {
                rest = Array(block)
                continue
            }
            if isAtEnd {
                if !beginning.isEmpty { lines.append(beginning) }
                rest = []
            } else {
                let kept = beginning.count + 1 + lines[lines.count - 1].count
                rest = Array(block[(block.count - kept)...])
            }
            hasLineBefore = !isAtEnd
            return (first == 1 ? lines.first : nil, lines[first...])
        }
    }

    private mutating func readBlock(in arena: inout ByteArena) throws(SystemError) -> UnsafeRawBufferPointer {
        let block = arena.room(for: rest.count + Self.blockBytes)
        block.copyBytes(from: rest)
        var filled = rest.count
        while filled < block.count, !isAtEnd {
            let outcome = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: block[filled...]))
            if case .processed(let count) = outcome { filled += count } else { isAtEnd = true }
        }
        return UnsafeRawBufferPointer(rebasing: block[..<filled])
    }

    /// What stands between the line feeds, the last of which ends nothing: one piece more than there are line feeds.
    private static func lines(of block: UnsafeRawBufferPointer) -> [UnsafeRawBufferPointer] {
        var lines: [UnsafeRawBufferPointer] = []
        var position = 0
        while let start = block.baseAddress, let found = memchr(start + position, 0x0A, block.count - position) {
            let end = start.distance(to: UnsafeRawPointer(found))
            lines.append(UnsafeRawBufferPointer(rebasing: block[position..<end]))
            position = end + 1
        }
        return lines + [UnsafeRawBufferPointer(rebasing: block[position...])]
    }
}
