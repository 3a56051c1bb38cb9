extension JSONView {
    /// Whether this is a string of exactly these bytes, escapes resolved. Nothing is allocated.
    package func equals(utf8 other: UnsafeRawBufferPointer) -> Bool {
        guard kind == .string else { return false }
        if !node.pointee.isEscaped { return JSONText.areSame(content, other) }
        return unescaped.elementsEqual(other)
    }

    /// Whether both are strings, and the same once unescaped.
    package func equals(_ other: JSONView) -> Bool {
        kind == .string && other.kind == .string && isSameString(as: other)
    }

    /// Appends the bytes of a string, escapes resolved, and nothing where this is none.
    package func appendString(to bytes: inout [UInt8]) {
        guard kind == .string else { return }
        guard node.pointee.isEscaped else { return bytes.append(contentsOf: content) }
        let start = bytes.count
        // Unescaped a string is no longer than it was written.
        bytes.append(contentsOf: repeatElement(0, count: content.count))
        let count = bytes.withUnsafeMutableBytes {
            UnescapedBytes.write(content, to: UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
        }
        bytes.removeLast(content.count - count)
    }

    /// The bytes of a string.
    var unescaped: IteratorSequence<UnescapedBytes> {
        IteratorSequence(UnescapedBytes(content, escaped: node.pointee.isEscaped))
    }
}
