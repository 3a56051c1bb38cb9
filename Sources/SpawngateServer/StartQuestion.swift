internal import Platform
package import Policy
internal import Sessions
package import Wire

/// What the policies would be asked about a start, without a server: built by the code that builds it there.
package enum StartQuestion {
    /// The `request` for a JSON text: the params of `session.start`, the `request` of a decision, or a whole decision as
    /// `decision show --json` has it, secrets and all.
    ///
    /// Params are looked at as from a server that runs here and now, with nothing running besides; names of folders and
    /// programs are those of this machine. The principal counts for params alone. Throws `JSONSyntaxError`, or
    /// `RPCError` with the param that is to blame.
    package static func request(text: [UInt8], principal: Principal) throws -> JSONValue {
        let reader = JSONReader()
        return try text.withUnsafeBytes { bytes in
            try reader.read(bytes) { root in
                let decision = root["decision"] ?? root
                if let request = decision["request"], request.kind == .object {
                    return try restored(request, root["secrets"])
                }
                // No params have this member, and no question is without.
                if root["principal"] != nil { return try restored(root, nil) }
                return try question(root, principal)
            }
        }
    }

    /// The log has hashes in place of secrets, and no policy was ever asked about those.
    private static func restored(_ request: JSONView, _ secrets: JSONView?) throws(RPCError) -> JSONValue {
        guard RequestSecrets.areConcealed(in: request) else { return request.value }
        guard let secrets = secrets.flatMap({ RequestSecrets(answer: $0.value) }) else {
            throw RPCError.invalidParams(
                "The prompt and the environment of this decision are not in it, only their hashes: give what "
                    + "`decision show --json` prints, of a decision whose secrets were not erased.")
        }
        guard let whole = secrets.restored(request.value) else {
            throw RPCError.invalidParams("The secrets are not those that the decision's hashes are of.")
        }
        return whole
    }

    private static func question(_ params: JSONView, _ principal: Principal) throws(RPCError) -> JSONValue {
        let configuration = Configuration(host: "", port: 0, stateFolder: "", policyFolder: "", programFolder: "")
        let request = try StartRequest(params: params)
        let launch = try SessionLaunch(request, configuration: configuration, places: .ofEveryMachine)
        return PendingStart(
            request: request, launch: launch, principal: principal, time: SystemClock().wallMilliseconds(),
            running: RunningCounts(), isEnforced: (try? Landlock.abi()) ?? 0 >= Landlock.abiNeeded, digest: nil,
            replies: []
        ).question
    }
}
