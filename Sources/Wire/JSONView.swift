/// A value inside the text being read. It owns nothing: it is valid only inside the body given to `JSONReader.read`.
package struct JSONView {
    /// What the value is written as.
    package enum Kind: UInt8, Sendable { case null, bool, number, string, array, object }

    let text: UnsafePointer<UInt8>
    let node: UnsafePointer<JSONNode>

    /// What the value is written as.
    package var kind: Kind { node.pointee.kind }

    /// The value exactly as written, a string with its quotes.
    package var rawBytes: UnsafeRawBufferPointer {
        let (start, end) = (Int(node.pointee.start), Int(node.pointee.end))
        return UnsafeRawBufferPointer(start: text + start, count: end - start)
    }

    /// The truth value, nil where it is of another kind.
    package var bool: Bool? {
        kind == .bool ? text[Int(node.pointee.start)] == UInt8(ascii: "t") : nil
    }

    /// The number where it is exactly an integer of 64 bits, however written: `7`, `7.0` and `70e-1` are the same.
    package var int: Int64? {
        kind == .number ? JSONNumber.integer(rawBytes) : nil
    }

    /// The number as the nearest double; infinite where it is written too large for one.
    package var double: Double? {
        kind == .number ? JSONNumber.double(rawBytes) : nil
    }

    /// The string with its escapes resolved.
    package var string: String? {
        guard kind == .string else { return nil }
        guard node.pointee.isEscaped else { return String(decoding: content, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: content.count) { buffer in
            UnescapedBytes.write(content, to: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// Whether this is a string of exactly these bytes, escapes resolved. Nothing is allocated.
    package func equals(_ other: StaticString) -> Bool {
        guard kind == .string else { return false }
        return other.withUTF8Buffer { sameBytes(UnsafeRawBufferPointer($0), escaped: false) }
    }

    /// Whether any string in this value, member names too, at any depth, contains U+0000.
    package var containsNUL: Bool { node.pointee.containsNUL }

    /// Members of an object, elements of an array; 0 for all else.
    package var count: Int { Int(node.pointee.count) }

    /// The member of that name; nil where there is none or this is not an object. Takes time in the members.
    package subscript(name: StaticString) -> JSONView? {
        guard kind == .object else { return nil }
        let length = name.utf8CodeUnitCount
        var member = first
        for _ in 0..<count {
            let value = member.following
            // Most of the others are of another length, which is seen at once.
            if member.node.pointee.isEscaped || member.content.count == length, member.equals(name) { return value }
            member = value.following
        }
        return nil
    }

    /// The element at that place; nil where there is none or this is not an array. Takes time in the index.
    package subscript(index: Int) -> JSONView? {
        guard kind == .array, index >= 0, index < count else { return nil }
        var element = first
        for _ in 0..<index { element = element.following }
        return element
    }

    /// Calls `body` for each member in the order written; never where this is not an object.
    package func forEachMember(_ body: (_ name: JSONView, _ value: JSONView) throws -> Void) rethrows {
        guard kind == .object else { return }
        var name = first
        for _ in 0..<count {
            let value = name.following
            try body(name, value)
            name = value.following
        }
    }

    /// Calls `body` for each element in order; never where this is not an array.
    package func forEachElement(_ body: (JSONView) throws -> Void) rethrows {
        guard kind == .array else { return }
        var element = first
        for _ in 0..<count {
            try body(element)
            element = element.following
        }
    }

    /// A copy that outlives the text.
    package var value: JSONValue {
        switch kind {
        case .null: return .null
        case .bool: return .bool(bool == true)
        case .number:
            if let int { return .integer(int) }
            return .number(JSONNumber.double(rawBytes))
        case .string: return .string(string ?? "")
        case .array:
            var elements: [JSONValue] = []
            elements.reserveCapacity(count)
            forEachElement { elements.append($0.value) }
            return .array(elements)
        case .object:
            var members: [JSONMember] = []
            members.reserveCapacity(count)
            forEachMember { members.append(JSONMember(name: $0.string ?? "", value: $1.value)) }
            return .object(members)
        }
    }
}

extension JSONView {
    /// The first node inside a container: meaningful only where it is not empty.
    private var first: JSONView { JSONView(text: text, node: node + 1) }

    /// What stands next to this value on the tape.
    private var following: JSONView { JSONView(text: text, node: node + Int(node.pointee.span)) }

    /// A string's bytes between its quotes, escapes as written.
    var content: UnsafeRawBufferPointer {
        let (start, end) = (Int(node.pointee.start), Int(node.pointee.end))
        return UnsafeRawBufferPointer(start: text + start + 1, count: end - start - 2)
    }

    /// Whether two strings are the same once unescaped.
    func isSameString(as other: JSONView) -> Bool {
        sameBytes(other.content, escaped: other.node.pointee.isEscaped)
    }

    private func sameBytes(_ other: UnsafeRawBufferPointer, escaped: Bool) -> Bool {
        let content = content
        if !escaped && !node.pointee.isEscaped {
            return JSONText.areSame(content, other)
        }
        var left = UnescapedBytes(content, escaped: node.pointee.isEscaped)
        var right = UnescapedBytes(other, escaped: escaped)
        while true {
            let (a, b) = (left.next(), right.next())
            if a != b { return false }
            if a == nil { return true }
        }
    }

    /// Feeds the unescaped bytes of a string to a hasher.
    func hash(into hasher: inout Hasher) {
        guard node.pointee.isEscaped else { return hasher.combine(bytes: content) }
        var unescaped = UnescapedBytes(content)
        while let byte = unescaped.next() { hasher.combine(byte) }
    }

    /// The beginning of a string, short enough for a sentence.
    var excerpt: String { RPCError.excerpt(string ?? "") }
}
