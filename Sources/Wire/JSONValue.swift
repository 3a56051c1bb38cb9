/// A JSON value as a tree, for what is built or kept. Equality of strings is Swift's: by canonical equivalence.
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// Every number that a reader finds to be an integer of 64 bits.
    case integer(Int64)
    /// All other numbers; never NaN.
    case number(Double)
    case string(String)
    case array([JSONValue])
    /// In the order written; no name twice.
    case object([JSONMember])

    /// The member of that name; nil where there is none or this is not an object.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        // By bytes: `==` on strings takes U+212A for a K.
        return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// The string, nil where it is of another kind.
    package var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// The integer, nil where it is of another kind.
    package var int: Int64? {
        if case .integer(let integer) = self { integer } else { nil }
    }

    /// The truth value, nil where it is of another kind.
    package var bool: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    /// The elements, nil where it is of another kind.
    package var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members, nil where it is of another kind.
    package var object: [JSONMember]? {
        if case .object(let members) = self { members } else { nil }
    }
}

/// A member of an object.
package struct JSONMember: Equatable, Sendable {
    /// The name, unescaped.
    package let name: String
    /// What it stands for.
    package let value: JSONValue

    /// A member of that name.
    package init(name: String, value: JSONValue) {
        self.name = name
        self.value = value
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// A string.
    package init(stringLiteral value: String) { self = .string(value) }
}

extension JSONValue: ExpressibleByIntegerLiteral {
    /// An integer.
    package init(integerLiteral value: Int64) { self = .integer(value) }
}

extension JSONValue: ExpressibleByFloatLiteral {
    /// A number; one that is integral compares unequal to what a reader makes of it.
    package init(floatLiteral value: Double) { self = .number(value) }
}

extension JSONValue: ExpressibleByBooleanLiteral {
    /// A truth value.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue: ExpressibleByNilLiteral {
    /// null.
    package init(nilLiteral: ()) { self = .null }
}

extension JSONValue: ExpressibleByArrayLiteral {
    /// An array.
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    /// An object, its members in the order written.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { JSONMember(name: $0.0, value: $0.1) })
    }
}
