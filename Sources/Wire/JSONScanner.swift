/// Walks over one text and lays its values onto a tape, refusing whatever RFC 8259 does not allow.
///
/// A loop with a stack of its own rather than recursion: what a stranger nests costs none of the thread's stack.
struct JSONScanner<Form: JSONForm> {
    private let text: UnsafePointer<UInt8>
    private let end: Int
    private var position = 0
    /// To be taken back after `scan`, also where that has thrown: it may have moved.
    private(set) var tape: JSONTape
    /// The last node with a U+0000: a container holds one exactly where that node stands behind it.
    private var lastNUL = -1

    init(_ text: UnsafePointer<UInt8>, count: Int, tape: JSONTape) {
        self.text = text
        self.end = count
        self.tape = tape
    }

    /// Reads the whole text.
    mutating func scan() throws(JSONSyntaxError) {
        if end >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF { throw fault("a byte order mark") }
        var isValueNext = true
        while isValueNext {
            if try scanValue() { isValueNext = try scanAfterValue() }
        }
        skipSpace()
        guard position == end else { throw fault("bytes after the value") }
    }

    /// Reads a scalar, an empty container, or the opening of another; true where that completes a value.
    private mutating func scanValue() throws(JSONSyntaxError) -> Bool {
        skipSpace()
        guard position < end else { throw unexpected() }
        switch text[position] {
        case UInt8(ascii: "\""): try scanString()
        case UInt8(ascii: "{"):
            try openContainer(.object)
            guard isNext(UInt8(ascii: "}")) else {
                try scanName()
                return false
            }
            try closeContainer()
        case UInt8(ascii: "["):
            try openContainer(.array)
            guard isNext(UInt8(ascii: "]")) else { return false }
            try closeContainer()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try scanNumber()
        case UInt8(ascii: "t"): try scanWord("true", .bool)
        case UInt8(ascii: "f"): try scanWord("false", .bool)
        case UInt8(ascii: "n"): try scanWord("null", .null)
        default: throw unexpected()
        }
        return true
    }

    /// Reads what may follow a value: a comma, or the ends of containers; true where another value must come.
    private mutating func scanAfterValue() throws(JSONSyntaxError) -> Bool {
        while tape.depth > 0 {
            let container = tape.nodes + tape.innermost
            container.pointee.count += 1
            skipSpace()
            guard position < end else { throw unexpected() }
            let isObject = container.pointee.kind == .object
            switch text[position] {
            case UInt8(ascii: ","):
                position += 1
                if isObject { try scanName() }
                return true
            case UInt8(ascii: "}") where isObject: try closeContainer()
            case UInt8(ascii: "]") where !isObject: try closeContainer()
            default: throw unexpected()
            }
        }
        return false
    }

    private mutating func openContainer(_ kind: JSONView.Kind) throws(JSONSyntaxError) {
        let isOpen = tape.push(JSONNode(start: UInt32(truncatingIfNeeded: position), end: 0, kind: kind))
        guard isOpen else { throw fault("nesting deeper than \(tape.depth)") }
        position += 1
    }

    private mutating func closeContainer() throws(JSONSyntaxError) {
        position += 1
        let index = tape.innermost
        let container = tape.nodes + index
        container.pointee.end = UInt32(truncatingIfNeeded: position)
        container.pointee.span = UInt32(truncatingIfNeeded: tape.count - index)
        container.pointee.containsNUL = lastNUL > index
        tape.pop()
        // Names in their order are different ones.
        if !Form.isCanonical, container.pointee.kind == .object, container.pointee.count > 1 {
            try MemberNames(JSONView(text: text, node: container)).refuseDuplicates()
        }
    }

    /// Reads a member's name and the colon after it.
    private mutating func scanName() throws(JSONSyntaxError) {
        guard isNext(UInt8(ascii: "\"")) else { throw unexpected() }
        let name = tape.count
        try scanString()
        if Form.isCanonical { try checkOrder(ofName: name) }
        guard isNext(UInt8(ascii: ":")) else { throw unexpected() }
        position += 1
    }

    /// In canonical form a name comes after the one before it in its object.
    private mutating func checkOrder(ofName name: Int) throws(JSONSyntaxError) {
        // While a container is open nobody needs its end: there the number of its last name is kept.
        let container = tape.nodes + tape.innermost
        let last = Int(container.pointee.end)
        container.pointee.end = UInt32(truncatingIfNeeded: name)
        if last == 0 { return }
        let isInOrder = CanonicalForm.precedes(
            JSONView(text: text, node: tape.nodes + last), JSONView(text: text, node: tape.nodes + name))
        if !isInOrder { throw fault("a member name out of order", at: Int(tape.nodes[name].start)) }
    }

    private mutating func scanString() throws(JSONSyntaxError) {
        var node = JSONNode(start: UInt32(truncatingIfNeeded: position), end: 0, kind: .string)
        position += 1
        while true {
            position = JSONText.specialByte(text, from: position, to: end)
            guard position < end else { throw fault("the text ends inside a string") }
            switch text[position] {
            case UInt8(ascii: "\""):
                position += 1
                node.end = UInt32(truncatingIfNeeded: position)
                if node.containsNUL { lastNUL = tape.count }
                return tape.append(node)
            case UInt8(ascii: "\\"):
                node.isEscaped = true
                let start = position
                if try scanEscape() == 0 { node.containsNUL = true }
                if Form.isCanonical, !CanonicalForm.isEscape(text + start, count: position - start) {
                    throw fault("an escape that is not canonical", at: start)
                }
            case 0x80...:
                guard let length = JSONText.utf8Length(text, at: position, end: end) else {
                    throw fault("invalid UTF-8")
                }
                position += length
            default: throw fault("a control character in a string")
            }
        }
    }

    /// Reads one escape, two where they are the halves of a surrogate pair; answers its first code unit.
    private mutating func scanEscape() throws(JSONSyntaxError) -> UInt32 {
        let start = position
        guard start + 1 < end else { throw fault("the text ends inside a string", at: end) }
        switch text[start + 1] {
        case UInt8(ascii: "u"): break
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
            return 1  // not U+0000, which is all that is asked of it
        default: throw fault("an unknown escape")
        }
        let unit = try scanCodeUnit()
        switch unit {
        case 0xD800...0xDBFF:
            guard position + 1 < end, text[position] == UInt8(ascii: "\\"), text[position + 1] == UInt8(ascii: "u"),
                case 0xDC00...0xDFFF = try scanCodeUnit()
            else { throw fault("a lone surrogate", at: start) }
        case 0xDC00...0xDFFF: throw fault("a lone surrogate", at: start)
        default: break
        }
        return unit
    }

    /// Reads `\uXXXX`, of which the first two bytes are known to be there.
    private mutating func scanCodeUnit() throws(JSONSyntaxError) -> UInt32 {
        var unit: UInt32 = 0
        for offset in 2..<6 {
            guard position + offset < end else { throw fault("the text ends inside a string", at: end) }
            guard let digit = JSONText.hexadecimalValue(text[position + offset]) else {
                throw fault("an escape without four hexadecimal digits")
            }
            unit = unit << 4 | UInt32(digit)
        }
        position += 6
        return unit
    }

    private mutating func scanNumber() throws(JSONSyntaxError) {
        let start = position
        if text[position] == UInt8(ascii: "-") { position += 1 }
        let hasLeadingZero = position < end && text[position] == UInt8(ascii: "0")
        let wholeStart = position
        try skipDigits()
        if hasLeadingZero, position > wholeStart + 1 { throw fault("a number with a leading zero", at: wholeStart) }
        if position < end, text[position] == UInt8(ascii: ".") {
            position += 1
            try skipDigits()
        }
        if position < end, text[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < end, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
                position += 1
            }
            try skipDigits()
        }
        if Form.isCanonical,
            !CanonicalForm.isNumber(UnsafeRawBufferPointer(start: text + start, count: position - start))
        {
            throw fault("a number that is not canonical", at: start)
        }
        append(.number, from: start)
    }

    /// Skips digits, of which there must be one at least.
    @inline(__always)
    private mutating func skipDigits() throws(JSONSyntaxError) {
        let start = position
        while position < end, JSONText.isDigit(text[position]) { position += 1 }
        guard position > start else { throw unexpected() }
    }

    private mutating func scanWord(_ word: StaticString, _ kind: JSONView.Kind) throws(JSONSyntaxError) {
        let start = position
        for offset in 0..<word.utf8CodeUnitCount {
            guard position < end, text[position] == word.utf8Start[offset] else { throw unexpected() }
            position += 1
        }
        append(kind, from: start)
    }

    private mutating func append(_ kind: JSONView.Kind, from start: Int) {
        let (start, end) = (UInt32(truncatingIfNeeded: start), UInt32(truncatingIfNeeded: position))
        tape.append(JSONNode(start: start, end: end, kind: kind))
    }

    @inline(__always)
    private mutating func skipSpace() {
        if Form.isCanonical { return }
        while position < end {
            switch text[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// Skips space; whether that byte comes then.
    @inline(__always)
    private mutating func isNext(_ byte: UInt8) -> Bool {
        skipSpace()
        return position < end && text[position] == byte
    }

    private func fault(_ reason: String, at offset: Int? = nil) -> JSONSyntaxError {
        JSONSyntaxError(reason: reason, offset: offset ?? position)
    }

    private func unexpected() -> JSONSyntaxError {
        guard position < end else { return fault("the text ends too early") }
        let byte = text[position]
        if byte > 0x20, byte < 0x7F { return fault("unexpected \(Character(Unicode.Scalar(byte)))") }
        return fault("unexpected byte 0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))")
    }
}
