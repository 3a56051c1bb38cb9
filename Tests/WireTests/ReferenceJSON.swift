import Wire

/// JSON read the slow and obvious way, by the grammar of RFC 8259: what the fast reader is compared with. Numbers
/// come out as strings of their text, marked with a `#`.
struct ReferenceJSON {
    private var rest: ArraySlice<Unicode.Scalar>
    private struct Refused: Error {}

    static func value(of bytes: [UInt8]) -> JSONValue? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var reference = ReferenceJSON(rest: ArraySlice(text.unicodeScalars))
        guard let value = try? reference.value(depth: 0) else { return nil }
        reference.space()
        guard reference.rest.isEmpty else { return nil }
        return value
    }

    private mutating func space() { rest = rest.drop { " \t\n\r".unicodeScalars.contains($0) } }

    private mutating func take(_ scalars: String) -> Bool {
        guard rest.starts(with: scalars.unicodeScalars) else { return false }
        rest = rest.dropFirst(scalars.unicodeScalars.count)
        return true
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        space()
        if take("null") { return .null }
        if take("true") { return true }
        if take("false") { return false }
        switch rest.first {
        case "\"": return .string(try string())
        case "[" where depth < 64, "{" where depth < 64: return try container(depth: depth + 1)
        default: return .string(try number())
        }
    }

    private mutating func container(depth: Int) throws -> JSONValue {
        let isObject = rest.removeFirst() == "{"
        let end = isObject ? "}" : "]"
        var members: [JSONMember] = []
        var names: Set<[Unicode.Scalar]> = []
        space()
        if !take(end) {
            repeat {
                space()
                let name = isObject ? try string() : ""
                space()
                let isNew = names.insert(Array(name.unicodeScalars)).inserted
                guard !isObject || isNew && take(":") else { throw Refused() }
                members.append(JSONMember(name: name, value: try value(depth: depth)))
                space()
            } while take(",")
            guard take(end) else { throw Refused() }
        }
        return isObject ? .object(members) : .array(members.map(\.value))
    }

    private mutating func string() throws -> String {
        guard take("\"") else { throw Refused() }
        var units: [UInt16] = []
        while let next = rest.popFirst(), next != "\"" {
            guard next.value >= 0x20 else { throw Refused() }
            guard next == "\\" else {
                units += String(next).utf16
                continue
            }
            guard let letter = rest.popFirst() else { throw Refused() }
            if letter == "u" {
                let digits = rest.prefix(4).filter { $0.properties.isASCIIHexDigit }
                guard digits.count == 4, let unit = UInt16(String(String.UnicodeScalarView(digits)), radix: 16) else {
                    throw Refused()
                }
                rest = rest.dropFirst(4)
                units.append(unit)
            } else {
                let escapes: [Unicode.Scalar: UInt16] = [
                    "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
                ]
                guard let unit = escapes[letter] else { throw Refused() }
                units.append(unit)
            }
            if rest.isEmpty { throw Refused() }
        }
        guard let string = String(validating: units, as: UTF16.self) else { throw Refused() }
        return string
    }

    private mutating func number() throws -> String {
        var text = take("-") ? "#-" : "#"
        let whole = digits()
        guard !whole.isEmpty, whole == "0" || !whole.hasPrefix("0") else { throw Refused() }
        text += whole
        if take(".") {
            let fraction = digits()
            guard !fraction.isEmpty else { throw Refused() }
            text += "." + fraction
        }
        if rest.first == "e" || rest.first == "E" {
            text.unicodeScalars.append(rest.removeFirst())
            if rest.first == "+" || rest.first == "-" { text.unicodeScalars.append(rest.removeFirst()) }
            let exponent = digits()
            guard !exponent.isEmpty else { throw Refused() }
            text += exponent
        }
        return text
    }

    private mutating func digits() -> String {
        let digits = rest.prefix { ("0"..."9").contains($0) }
        rest = rest.dropFirst(digits.count)
        return String(String.UnicodeScalarView(digits))
    }
}

extension JSONValue {
    /// What `ReferenceJSON` makes of the same text.
    init(likeReference view: JSONView) {
        switch view.kind {
        case .number: self = .string("#" + String(decoding: view.rawBytes, as: UTF8.self))
        case .array:
            var elements: [JSONValue] = []
            view.forEachElement { elements.append(JSONValue(likeReference: $0)) }
            self = .array(elements)
        case .object:
            var members: [JSONMember] = []
            view.forEachMember { name, value in
                members.append(JSONMember(name: name.string ?? "", value: JSONValue(likeReference: value)))
            }
            self = .object(members)
        default: self = view.value
        }
    }
}

/// SplitMix64: numbers that a failing test can have again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
