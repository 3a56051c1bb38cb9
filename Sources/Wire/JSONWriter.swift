/// Appends JSON text to a byte array. Commas come by themselves; that names, values and ends come in an order that
/// makes sense is the caller's affair.
package struct JSONWriter {
    /// What has been written so far.
    package var bytes: [UInt8]
    /// Whether a value has just been written, so that another one needs a comma.
    private var needsComma = false

    /// A writer that has written nothing.
    package init() { bytes = [] }

    /// A writer with room for that many bytes.
    package init(reserving capacity: Int) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Starts a new text behind what is there already.
    package mutating func beginText() { needsComma = false }

    /// Opens an object.
    package mutating func beginObject() { open(UInt8(ascii: "{")) }
    /// Closes an object.
    package mutating func endObject() { close(UInt8(ascii: "}")) }
    /// Opens an array.
    package mutating func beginArray() { open(UInt8(ascii: "[")) }
    /// Closes an array.
    package mutating func endArray() { close(UInt8(ascii: "]")) }

    /// Writes a member's name; its value must follow. The name must need no escapes, as names in source code do not.
    package mutating func name(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a member's name; its value must follow.
    package mutating func name(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string.
    package mutating func string(_ string: String) {
        var string = string
        string.withUTF8 { self.string(utf8: UnsafeRawBufferPointer($0)) }
    }

    /// Writes a string from its bytes, which must be valid UTF-8.
    package mutating func string(utf8 content: UnsafeRawBufferPointer) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        if let start = content.baseAddress {
            escape(UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: content.count))
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Writes an integer.
    package mutating func integer(_ integer: Int64) {
        separate()
        if integer < 0 { bytes.append(UInt8(ascii: "-")) }
        let start = bytes.count
        var rest = integer.magnitude
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest != 0
        bytes[start...].reverse()
        needsComma = true
    }

    /// Writes an integer.
    package mutating func integer(_ integer: Int) { self.integer(Int64(integer)) }

    /// Writes a number as ECMAScript does. An infinite one becomes `1e999`, which is what it was read from: JSON
    /// has no other word for it. NaN is misuse.
    package mutating func number(_ number: Double) {
        precondition(!number.isNaN, "JSON has no NaN")
        separate()
        if number.isInfinite {
            bytes += (number < 0 ? "-1e999" : "1e999").utf8
        } else {
            JSONNumber.append(number, to: &bytes)
        }
        needsComma = true
    }

    /// Writes `true` or `false`.
    package mutating func bool(_ bool: Bool) { word(bool ? "true" : "false") }

    /// Writes `null`.
    package mutating func null() { word("null") }

    /// Writes a value that is JSON already.
    package mutating func raw(_ value: [UInt8]) {
        separate()
        bytes += value
        needsComma = true
    }

    /// Writes a value that is JSON already.
    package mutating func raw(_ value: UnsafeRawBufferPointer) {
        separate()
        bytes.append(contentsOf: value)
        needsComma = true
    }

    /// Writes a tree.
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let bool): self.bool(bool)
        case .integer(let integer): self.integer(integer)
        case .number(let number): self.number(number)
        case .string(let string): self.string(string)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let members):
            beginObject()
            for member in members {
                name(member.name)
                self.value(member.value)
            }
            endObject()
        }
    }
}

extension JSONWriter {
    @inline(__always)
    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func word(_ word: StaticString) {
        separate()
        word.withUTF8Buffer { bytes.append(contentsOf: $0) }
        needsComma = true
    }

    /// Escapes what must be escaped and nothing else, in the one way that RFC 8785 allows.
    private mutating func escape(_ content: UnsafeBufferPointer<UInt8>) {
        guard let text = content.baseAddress else { return }
        var written = 0
        var position = 0
        while true {
            position = JSONText.specialByte(text, from: position, to: content.count)
            guard position < content.count else { break }
            if text[position] < 0x80 {
                bytes.append(contentsOf: UnsafeBufferPointer(start: text + written, count: position - written))
                appendEscape(of: text[position])
                written = position + 1
            }
            position += 1
        }
        bytes.append(contentsOf: UnsafeBufferPointer(start: text + written, count: content.count - written))
    }

    private mutating func appendEscape(of byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x00..<0x20:
            bytes += "u00".utf8
            bytes.append(UInt8(ascii: "0") + (byte >> 4))
            let low = byte & 15
            bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + (low - 10))
        default: bytes.append(byte)
        }
    }
}
