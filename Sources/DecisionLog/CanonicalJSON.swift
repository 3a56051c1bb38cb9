// Room: DecisionLog. What the log is made of, as values: canonical JSON, the Merkle tree, signed checkpoints. No I/O.
package import Wire

/// JSON in its one canonical form (RFC 8785): what is hashed and signed must not depend on who wrote it.
package enum CanonicalJSON {
    /// The canonical text: no space, members in the order of their names' UTF-16 code units, numbers as ECMAScript
    /// writes them. An integer that no double holds comes out as the nearest one, as for every other reader of the
    /// RFC. Numbers must be finite, names unique.
    package static func bytes(of value: JSONValue) -> [UInt8] {
        var writer = JSONWriter(reserving: 1024)
        write(value, to: &writer)
        return writer.bytes
    }

    private static func write(_ value: JSONValue, to writer: inout JSONWriter) {
        switch value {
        case .integer(let integer) where integer.magnitude > doubleExactMax: writer.number(Double(integer))
        case .number(let number):
            precondition(number.isFinite, "RFC 8785 has no form for a number that is not finite")
            writer.number(number)
        case .array(let elements):
            writer.beginArray()
            for element in elements { write(element, to: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for member in members.sorted(by: { precedes($0.name, $1.name) }) {
                writer.name(member.name)
                write(member.value, to: &writer)
            }
            writer.endObject()
        default: writer.value(value)
        }
    }

    /// 2^53: up to here every integer is a double.
    private static let doubleExactMax: UInt64 = 1 << 53

    /// Whether `left` comes first by UTF-16 code units. Bytes of UTF-8 have the same order, but for U+E000 to U+FFFF
    /// (first bytes 0xEE and 0xEF), which come after all that takes two code units (first bytes 0xF0 and up).
    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8) { rank($0) < rank($1) }
    }

    private static func rank(_ byte: UInt8) -> UInt8 { byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte }
}
