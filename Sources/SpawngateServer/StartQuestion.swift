internal import Platform
package import Policy
internal import Sessions
package import Wire

/// What the policies would be asked about a start, without a server: built by the code that builds it there.
package enum StartQuestion {
    /// The `request` for a JSON text: the params of `session.start`, the `request` of a decision, or a whole decision as
    /// `decision show --json` has it.
    ///
    /// Params are looked at as from a server that runs here and now, with nothing running besides; names of folders and
    /// programs are those of this machine. The principal counts for params alone. Throws `JSONSyntaxError`, or
    /// `RPCError` with the param that is to blame.
    package static func request(text: [UInt8], principal: Principal) throws -> JSONValue {
        let reader = JSONReader()
        return try text.withUnsafeBytes { bytes in
            try reader.read(bytes) { root in
                let decision = root["decision"] ?? root
                if let request = decision["request"], request.kind == .object { return request.value }
                // No params have this member, and no question is without.
                if root["principal"] != nil { return root.value }
                return try question(root, principal)
            }
        }
    }

    private static func question(_ params: JSONView, _ principal: Principal) throws(RPCError) -> JSONValue {
        let configuration = Configuration(host: "", port: 0, stateFolder: "", policyFolder: "", programFolder: "")
        let request = try StartRequest(params: params)
        return try PendingStart(
            request: request, launch: try SessionLaunch(request, configuration: configuration), principal: principal,
            time: SystemClock().wallMilliseconds(), running: RunningCounts(), paramsDigest: nil, replies: []
        ).question
    }
}
