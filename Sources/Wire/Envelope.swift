// Room: Wire. Bytes to messages and back: frames, JSON, JSON-RPC 2.0, the error table. No I/O, no clock, no imports;
// nothing here knows a method's name.

/// One call, still pointing into the text it was read from.
package struct Call {
    /// The id exactly as written, quotes and all; nil where it is a notification, which is never answered.
    package let id: UnsafeRawBufferPointer?
    /// The method's name: a string.
    package let method: JSONView
    /// An object, or nil where there were none.
    package let params: JSONView?
}

/// Something that came in place of a call, and its answer.
package struct InvalidCall: Error {
    /// The id to answer under, as written, or `null` where none could be made out; nil where nothing is answered
    /// because a notification is to blame.
    ///
    /// Unsafe, because `Result` wants an `Error`, an `Error` is `Sendable`, and a pointer is not; it is used where the
    /// text is being read, and goes to no other thread.
    package nonisolated(unsafe) let id: UnsafeRawBufferPointer?
    /// What to answer.
    package let error: RPCError
}

/// What one frame asks for.
package enum Incoming {
    /// One call, answered by one object. Also a batch that is refused as a whole.
    case single(Result<Call, InvalidCall>)
    /// A batch of 1 to 100, answered by one array.
    case batch([Result<Call, InvalidCall>])
}

/// JSON-RPC 2.0 around a call: exactly `jsonrpc`, `method`, and perhaps `id` and `params`.
package enum Envelope {
    /// The most calls in one batch.
    package static let batchItemsMax = 100

    /// Tells what a text asks for.
    package static func classify(_ root: JSONView) -> Incoming {
        guard root.kind == .array else { return .single(call(root)) }
        guard (1...batchItemsMax).contains(root.count) else {
            return .single(refusal("A batch has 1 to \(batchItemsMax) items, not \(root.count)."))
        }
        var items: [Result<Call, InvalidCall>] = []
        items.reserveCapacity(root.count)
        root.forEachElement { items.append(call($0)) }
        return .batch(items)
    }

    private static func call(_ item: JSONView) -> Result<Call, InvalidCall> {
        guard item.kind == .object else { return refusal("A request is a JSON object.") }
        var members = Members()
        item.forEachMember { members.take($0, $1) }

        var answerID = nullID
        if let id = members.id {
            guard id.kind == .string || id.kind == .number || id.kind == .null else {
                return refusal("The id of a request is a string, a number or null.")
            }
            answerID = id.rawBytes
        }
        if let unknown = members.unknown {
            if members.method == nil, item["result"] != nil || item["error"] != nil {
                return refusal("This is an answer, and the server asks nothing.", answerID)
            }
            return refusal("A request has no member \"\(unknown.excerpt)\".", answerID)
        }
        guard members.version?.equals("2.0") == true else {
            return refusal("A request says \"jsonrpc\": \"2.0\".", answerID)
        }
        guard let method = members.method, method.kind == .string else {
            return refusal("The method of a request is a string.", answerID)
        }
        switch members.params?.kind {
        case nil, .object: return .success(Call(id: members.id?.rawBytes, method: method, params: members.params))
        case .array:
            let error = RPCError.invalidParams("Positional params are not supported; pass an object.")
            return .failure(InvalidCall(id: members.id?.rawBytes, error: error))
        default: return refusal("The params of a request are an object.", answerID)
        }
    }

    private static func refusal(
        _ message: String, _ id: UnsafeRawBufferPointer = nullID
    ) -> Result<Call, InvalidCall> {
        .failure(InvalidCall(id: id, error: .invalidRequest(message)))
    }

    /// `null` as an id: memory of the program itself, valid always.
    private static var nullID: UnsafeRawBufferPointer {
        let word: StaticString = "null"
        return UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    }

    /// The members of a request, as far as they have been seen.
    private struct Members {
        var version: JSONView?
        var id: JSONView?
        var method: JSONView?
        var params: JSONView?
        /// The first member that a request does not have.
        var unknown: JSONView?

        mutating func take(_ name: JSONView, _ value: JSONView) {
            if name.equals("jsonrpc") {
                version = value
            } else if name.equals("id") {
                id = value
            } else if name.equals("method") {
                method = value
            } else if name.equals("params") {
                params = value
            } else if unknown == nil {
                unknown = name
            }
        }
    }
}
