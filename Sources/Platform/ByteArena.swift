/// Memory for bytes that are all let go at once. What lies in it does not move.
package struct ByteArena: ~Copyable {
    private var blocks: [UnsafeMutableRawBufferPointer] = []
    private var used = 0
    private static let blockBytes = 1 << 20

    package init() {}

    deinit { for block in blocks { block.deallocate() } }

    /// Whether there is a MiB or more in it, at least nearly.
    package var isLarge: Bool { blocks.count > 1 || used >= Self.blockBytes }

    /// Lets go of all that lies in it, and keeps the last block for what comes.
    package mutating func removeAll() {
        for block in blocks.dropLast() { block.deallocate() }
        blocks = blocks.suffix(1)
        used = 0
    }

    /// Room for so many bytes, which are not cleared.
    package mutating func room(for count: Int) -> UnsafeMutableRawBufferPointer {
        if blocks.last.map({ $0.count - used < count }) ?? true {
            // Rounded up, so that it will do for what is a little larger, too.
            let size = (max(count, Self.blockBytes) + Self.blockBytes - 1) / Self.blockBytes * Self.blockBytes
            blocks.append(.allocate(byteCount: size, alignment: 16))
            used = 0
        }
        defer { used += count }
        return UnsafeMutableRawBufferPointer(rebasing: blocks[blocks.count - 1][used..<(used + count)])
    }

    /// A copy of these bytes.
    package mutating func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let copy = room(for: bytes.count)
        copy.copyMemory(from: bytes)
        return UnsafeRawBufferPointer(copy)
    }
}
