// Room: SpawngateClient. What a program needs to talk to a Spawngate server. It knows the wire and how sessions and
// decisions look; it knows no server, no policy and no terminal.

/// A JSON value, sent or received. Members keep the order in which they stand in the text.
///
/// Written with literals: `["name": "build", "args": ["-v"], "timeout_ms": 60_000]`. Read with subscripts, which answer
/// null for what is not there, so that they can be chained: `decision["principal"]["name"].string`.
public enum RemoteValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// A number without a fraction that fits 64 bits.
    case integer(Int64)
    /// Any other number, but never NaN, for which JSON has no word.
    case number(Double)
    case string(String)
    case array([RemoteValue])
    case object([Member])

    /// One name of an object, with its value.
    public struct Member: Equatable, Sendable {
        /// The name; the server refuses an object that has one twice.
        public let name: String
        /// What stands under the name.
        public let value: RemoteValue

        /// A member of an object.
        public init(_ name: String, _ value: RemoteValue) {
            self.name = name
            self.value = value
        }
    }

    /// The member of that name; null where there is none or this is no object.
    public subscript(name: String) -> RemoteValue {
        members.first { $0.name == name }?.value ?? .null
    }

    /// The text; nil where this is no string.
    public var string: String? { if case .string(let text) = self { text } else { nil } }

    /// The whole number; nil where this is none.
    public var integer: Int64? { if case .integer(let number) = self { number } else { nil } }

    /// The truth value; nil where this is none.
    public var bool: Bool? { if case .bool(let truth) = self { truth } else { nil } }

    /// The elements; none where this is no array.
    public var elements: [RemoteValue] { if case .array(let elements) = self { elements } else { [] } }

    /// The members in order; none where this is no object.
    public var members: [Member] { if case .object(let members) = self { members } else { [] } }

    /// Whether this is null, which is also what an absent member reads as.
    public var isNull: Bool { self == .null }
}

extension RemoteValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// A string.
    public init(stringLiteral text: String) { self = .string(text) }
}

extension RemoteValue: ExpressibleByIntegerLiteral {
    /// A whole number.
    public init(integerLiteral number: Int64) { self = .integer(number) }
}

extension RemoteValue: ExpressibleByBooleanLiteral {
    /// true or false.
    public init(booleanLiteral truth: Bool) { self = .bool(truth) }
}

extension RemoteValue: ExpressibleByNilLiteral {
    /// null.
    public init(nilLiteral: ()) { self = .null }
}

extension RemoteValue: ExpressibleByArrayLiteral {
    /// An array.
    public init(arrayLiteral elements: RemoteValue...) { self = .array(elements) }
}

extension RemoteValue: ExpressibleByDictionaryLiteral {
    /// An object, its members in the order written.
    public init(dictionaryLiteral members: (String, RemoteValue)...) {
        self = .object(members.map { Member($0.0, $0.1) })
    }
}
