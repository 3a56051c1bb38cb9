internal import Policy
internal import Sessions
internal import Store
internal import Wire

/// Methods that judge again what has been judged.
enum ReplayMethods {
    static let table: [Method] = [
        Method(name: "decision.replay", roles: MethodTable.auditing, run: decision),
        Method(name: "policy.replay", roles: MethodTable.auditing, run: policies),
    ]

    // MARK: one decision

    private static func decision(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let id = try call.read("id").requiredText("id")
        let server = call.server
        let limit = server.configuration.limits.decisionReplaysMax
        if server.panels.count >= limit {
            throw RPCError.limited("\(limit) decisions are being replayed.", limit: limit, retryAfterMilliseconds: 200)
        }
        guard let leaf = try SessionMethods.reading({ () throws(StoreFailure) in try server.store.leaf(id: id) }) else {
            throw DecisionMethods.notFound
        }
        let (recorded, request) = try read(leaf, server)
        guard let question = recorded.question else { throw erased }
        guard let digest = recorded.policySet else {
            // Without a set nothing was asked and nothing can be: it comes out as it did.
            write(
                Judgement(
                    set: nil, policies: [], failure: recorded.objections.failures.first?.reason,
                    durationMicroseconds: 0), of: recorded, leaf, request, server.notary.checkpoint().note, to: &json)
            return .now
        }
        let panel = PolicyPanel(
            try policySet(digest, server.store), workers: 1, configuration: server.configuration, loop: server.loop,
            clock: server.clock)
        let key = ObjectIdentifier(panel)
        let reply = call.later()
        panel.becameIdle = { [unowned server, unowned panel] in
            _ = panel.ask(question) { judgement in
                server.panels[key] = nil
                let checkpoint = server.notary.checkpoint().note
                reply.send { write(judgement, of: recorded, leaf, request, checkpoint, to: &$0) }
            }
        }
        panel.broke = { [unowned server] error in
            server.panels[key] = nil
            reply.fail(.internalFault("The policy set of this decision does not load: \(error.sentence)."))
        }
        server.panels[key] = panel
        panel.open()
        return .later
    }

    private static let erased = RPCError.conflict(
        "The prompt and the environment of this decision were erased, so it cannot be judged again.",
        data: [JSONMember(name: "erased", value: true)])

    private static func read(
        _ leaf: StoredLeaf, _ server: Server
    ) throws(RPCError) -> (RecordedDecision, request: JSONValue) {
        let text = Array(leaf.text.utf8)
        let secrets = try SessionMethods.reading { () throws(StoreFailure) in
            try server.store.secrets(of: leaf.sequence)
        }
        let read = try? text.withUnsafeBytes { bytes in
            try server.storedReader.read(bytes) { root in
                (RecordedDecision(root, secrets: secrets), root["request"]?.value)
            }
        }
        guard let recorded = read?.0, let request = read?.1 else {
            throw RPCError.storageFailed("Leaf \(leaf.sequence) of the log cannot be read.")
        }
        return (recorded, request)
    }

    private static func write(
        _ judgement: Judgement, of recorded: RecordedDecision, _ leaf: StoredLeaf, _ request: JSONValue,
        _ checkpoint: String, to json: inout JSONWriter
    ) {
        json.beginObject()
        json.member("same", recorded.isSame(as: judgement))
        json.name("decision")
        json.value(judgement.preview(of: request))
        json.name("recorded")
        json.raw(Array(leaf.text.utf8))
        json.member("checkpoint", checkpoint)
        json.endObject()
    }

    // MARK: many decisions

    private static func policies(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read(
            "files", "policy_set", "verdict", "principal", "policy", "rule", "session_id", "executive", "mission_id",
            "since", "until", "limit", "cursor", "progress")
        let server = call.server
        let limits = server.configuration.limits
        let scope = ReplayJob.Scope(
            filter: try DecisionMethods.filter(params), before: try Cursor.ordinal(params) ?? Int64.max,
            limit: try params.integer("limit", in: 1...Int64.max) ?? Int64.max)
        let tellsProgress = try params.flag("progress") ?? false
        let set = try candidate(params, server)
        if server.replays.count >= limits.replaysMax {
            throw RPCError.limited(
                "\(limits.replaysMax) replays run already.", limit: limits.replaysMax, retryAfterMilliseconds: 5000)
        }
        let (reply, connection) = (call.later(), call.connection)
        var tell: ((Int64, Int64) -> Void)?
        if tellsProgress {
            tell = { [unowned server] done, estimate in
                server.notify(
                    connection, "policy.replay.progress",
                    ["total_estimate": .integer(max(done, estimate)), "done": .integer(done)])
            }
        }
        var key: ObjectIdentifier?
        let job = ReplayJob(set, scope: scope, server: server, connection: connection, progress: tell) {
            [unowned server] outcome in
            if let key { server.replays[key] = nil }
            answer(outcome, set, reply)
        }
        key = ObjectIdentifier(job)
        server.replays[ObjectIdentifier(job)] = job
        job.begin()
        return .later
    }

    private static func candidate(_ params: ParamReader, _ server: Server) throws(RPCError) -> PolicySet {
        switch (params.member("files") == nil, try params.text("policy_set")) {
        case (false, nil): return try PolicyFilesParam.set(params, server.configuration.limits)
        case (true, let digest?): return try policySet(digest, server.store)
        default: throw RPCError.invalidParams("Give either files or policy_set.")
        }
    }

    static func policySet(_ digest: String, _ store: Store) throws(RPCError) -> PolicySet {
        let found = try SessionMethods.reading { () throws(StoreFailure) in try store.policySet(digest: digest) }
        guard let found else { throw RPCError.notFound("No decision was made under this policy set.") }
        return found
    }

    private static func answer(_ outcome: ReplayJob.Outcome, _ set: PolicySet, _ reply: Reply) {
        switch outcome {
        case .finished(var tally): reply.send { tally.write(policySet: set.digest, to: &$0) }
        case .invalidSet(let error): reply.fail(PolicyFilesParam.doesNotLoad(error))
        case .failed(let reason): reply.fail(.storageFailed("\(reason)."))
        case .abandoned: reply.fail(.internalFault("Nobody waited for the replay."))
        }
    }
}

/// The param `files`: a policy folder as {name: text}.
enum PolicyFilesParam {
    /// The set that the files make up; whether it loads, only a worker can say. Throws -32602.
    static func set(_ params: ParamReader, _ limits: Limits) throws(RPCError) -> PolicySet {
        let texts = try params.texts("files", countMax: limits.policyFilesMax, bytesMax: limits.policyFileBytesMax)
        let files = texts.map { PolicyFile(name: $0.name, text: Array($0.text.utf8)) }
        for file in files where file.role == nil || !isPlain(file.name) {
            throw params.wrong(
                "files", "has \"\(file.name)\", which is none of NAME.lua, lib/NAME.lua and tests/NAME_test.lua")
        }
        return PolicySet(files: files)
    }

    /// A set that was given and does not load.
    static func doesNotLoad(_ error: PolicyLoadError) -> RPCError {
        RPCError.invalidParams("The policies do not load: \(error.sentence)", param: "files")
    }

    /// A name that may be written into the policy folder, and that a reading of the folder would find again.
    private static func isPlain(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count <= 2 && !parts.contains { $0.isEmpty || $0.hasPrefix(".") } && name.utf8.count <= 255
    }
}

extension Server {
    /// Tells a client what it has not asked for just now. One that does not read is not told.
    func notify(_ connection: Connection, _ method: String, _ params: JSONValue) {
        guard connection.watch != nil, connection.mayProcess(configuration.limits) else { return }
        let start = FrameEncoder.begin(in: &connection.out)
        connection.out.value(["jsonrpc": "2.0", "method": .string(method), "params": params])
        FrameEncoder.end(at: start, in: &connection.out)
        mark(connection)
    }
}
