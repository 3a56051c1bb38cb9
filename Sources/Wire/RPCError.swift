/// What a call is refused with: the one table of codes.
package struct RPCError: Error, Equatable, Sendable {
    /// The JSON-RPC code.
    package let code: Int
    /// One sentence.
    package let message: String
    /// What a program can act on; always begins with `status`.
    package let data: [JSONMember]

    private init(_ code: Int, status: Int64, _ message: String, _ data: [JSONMember] = []) {
        self.code = code
        self.message = message
        self.data = [JSONMember(name: "status", value: .integer(status))] + data
    }

    /// Writes the error object.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("code")
        writer.integer(code)
        writer.name("message")
        writer.string(message)
        writer.name("data")
        writer.value(.object(data))
        writer.endObject()
    }

    /// The beginning of a stranger's text, short enough for a sentence.
    package static func excerpt(_ text: String) -> String {
        let charactersMax = 64
        // By scalars: a single character may be a megabyte of combining marks.
        let scalars = text.unicodeScalars
        guard let cut = scalars.index(scalars.startIndex, offsetBy: charactersMax, limitedBy: scalars.endIndex),
            cut != scalars.endIndex
        else { return text }
        return String(scalars[..<cut]) + "…"
    }
}

extension RPCError {
    /// Not strict JSON.
    package static func parse(reason: String, offset: Int) -> RPCError {
        RPCError(
            -32700, status: 400, "Not valid JSON at byte \(offset): \(reason).",
            [
                JSONMember(name: "reason", value: .string(reason)),
                JSONMember(name: "offset", value: .integer(Int64(offset))),
            ])
    }

    /// Not a JSON-RPC 2.0 request.
    package static func invalidRequest(_ message: String) -> RPCError { RPCError(-32600, status: 400, message) }

    /// A frame over the limit, in bytes.
    package static func frameTooLarge(limit: Int) -> RPCError {
        RPCError(
            -32600, status: 400, "A frame may have at most \(limit) bytes here.",
            [JSONMember(name: "limit", value: .integer(Int64(limit)))])
    }

    /// No method of that name.
    package static func methodNotFound(_ name: String) -> RPCError {
        RPCError(-32601, status: 404, "There is no method \"\(excerpt(name))\".")
    }

    /// Wrong params; `param` names the one to blame.
    package static func invalidParams(_ message: String, param: String? = nil) -> RPCError {
        RPCError(
            -32602, status: 400, message,
            param.map { [JSONMember(name: "param", value: .string(excerpt($0)))] } ?? [])
    }

    /// The server's own fault.
    package static func internalFault(_ message: String) -> RPCError { RPCError(-32603, status: 500, message) }

    /// A call that only a known principal may make.
    package static func notAuthenticated(
        _ message: String = "Authenticate first, with auth.authenticate."
    ) -> RPCError {
        RPCError(-32001, status: 401, message)
    }

    /// A call that none of the principal's roles allows; `required` names the least role that does.
    package static func forbidden(required: String) -> RPCError {
        RPCError(
            -32003, status: 403, "This needs the role \(required).",
            [JSONMember(name: "required", value: .string(required))])
    }

    /// No such session, decision, policy…
    package static func notFound(_ message: String) -> RPCError { RPCError(-32004, status: 404, message) }

    /// In conflict with what exists.
    package static func conflict(_ message: String, data: [JSONMember] = []) -> RPCError {
        RPCError(-32009, status: 409, message, data)
    }

    /// Denied by policy; `denials` are objects of `policy`, `rule`, `reason`.
    package static func denied(decisionID: String, denials: [JSONValue]) -> RPCError {
        RPCError(
            -32010, status: 403, "Denied by policy.",
            [
                JSONMember(name: "decision_id", value: .string(decisionID)),
                JSONMember(name: "denials", value: .array(denials)),
            ])
    }

    /// A policy failed, and so nothing is allowed; `failures` are objects of `policy`, `reason`.
    package static func policyFailed(decisionID: String, failures: [JSONValue]) -> RPCError {
        RPCError(
            -32011, status: 403, "Not allowed, because a policy failed.",
            [
                JSONMember(name: "decision_id", value: .string(decisionID)),
                JSONMember(name: "failures", value: .array(failures)),
            ])
    }

    /// Over a limit, to be tried again later.
    package static func limited(_ message: String, limit: Int, retryAfterMilliseconds: Int) -> RPCError {
        RPCError(
            -32029, status: 429, message,
            [
                JSONMember(name: "limit", value: .integer(Int64(limit))),
                JSONMember(name: "retry_after_ms", value: .integer(Int64(retryAfterMilliseconds))),
            ])
    }

    /// Allowed, but could not be started.
    package static func notStarted(_ message: String, sessionID: String, decisionID: String) -> RPCError {
        RPCError(
            -32050, status: 500, message,
            [
                JSONMember(name: "session_id", value: .string(sessionID)),
                JSONMember(name: "decision_id", value: .string(decisionID)),
            ])
    }

    /// Storage failed or is full: nothing was started.
    package static func storageFailed(_ message: String) -> RPCError { RPCError(-32053, status: 503, message) }
}
