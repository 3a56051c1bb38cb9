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
        if node.pointee.isEscaped { bytes.append(contentsOf: unescaped) } else { bytes.append(contentsOf: content) }
    }

    /// The bytes of a string.
    var unescaped: IteratorSequence<UnescapedBytes> {
        IteratorSequence(UnescapedBytes(content, escaped: node.pointee.isEscaped))
    }
}
