package import Wire

extension JSONValue {
    /// The value as JSON text.
    package var text: String {
        var writer = JSONWriter()
        writer.value(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The value of a JSON text; throws where it is none.
    package init(text: String) throws {
        self = try JSONReader().value(of: Array(text.utf8))
    }

    /// An object with one member more; one of that name is replaced, and taken out where the value is nil.
    package func with(_ name: String, _ value: JSONValue?) -> JSONValue {
        let others = (object ?? []).filter { $0.name != name }
        return .object(others + (value.map { [JSONMember(name: name, value: $0)] } ?? []))
    }

    /// An object with the members of both, those of `other` counting where both have one.
    package func with(_ other: JSONValue) -> JSONValue {
        (other.object ?? []).reduce(self) { $0.with($1.name, $1.value) }
    }

    /// The names of an object's members, in the order written.
    package var names: [String] { (object ?? []).map(\.name) }

    /// The strings of a list, nil where it is something else.
    package var strings: [String]? {
        guard let array else { return nil }
        let strings = array.compactMap(\.string)
        return strings.count == array.count ? strings : nil
    }
}
