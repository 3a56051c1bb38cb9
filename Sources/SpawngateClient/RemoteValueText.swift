internal import Wire

/// A text that is not the strict JSON that a Spawngate server reads: no duplicate names, nothing after the value.
public struct RemoteValueSyntaxError: Error, Equatable, CustomStringConvertible {
    /// One short clause: `duplicate member name "a"`.
    public let reason: String
    /// Bytes from the start of the text.
    public let offset: Int
    /// One sentence for a person.
    public var description: String { "not JSON: \(reason) (at byte \(offset))" }
}

extension RemoteValue {
    /// Reads one JSON text, as strictly as the server does.
    public init(json text: String) throws(RemoteValueSyntaxError) {
        try self.init(json: Array(text.utf8))
    }

    /// Reads one JSON text in UTF-8, as strictly as the server does.
    public init(json bytes: [UInt8]) throws(RemoteValueSyntaxError) {
        do {
            self.init(try JSONReader().value(of: bytes))
        } catch let error as JSONSyntaxError {
            throw RemoteValueSyntaxError(reason: error.reason, offset: error.offset)
        } catch {
            throw RemoteValueSyntaxError(reason: "\(error)", offset: 0)
        }
    }

    /// The value as one line of JSON.
    public var json: String {
        var writer = JSONWriter()
        write(to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    init(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool(let truth): self = .bool(truth)
        case .integer(let number): self = .integer(number)
        case .number(let number): self = .number(number)
        case .string(let text): self = .string(text)
        case .array(let elements): self = .array(elements.map { RemoteValue($0) })
        case .object(let members): self = .object(members.map { Member($0.name, RemoteValue($0.value)) })
        }
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let truth): writer.bool(truth)
        case .integer(let number): writer.integer(number)
        case .number(let number): writer.number(number)
        case .string(let text): writer.string(text)
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.write(to: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for member in members {
                writer.name(member.name)
                member.value.write(to: &writer)
            }
            writer.endObject()
        }
    }
}
