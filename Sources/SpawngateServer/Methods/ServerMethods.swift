internal import Logging
internal import Platform
internal import Policy
internal import Sessions
internal import Store
internal import TLS
internal import Wire

/// Methods about the server itself, and the one by which a caller says who it is.
enum ServerMethods {
    static let table: [Method] = [
        Method(name: "server.ping", roles: nil, run: ping),
        Method(name: "auth.authenticate", roles: nil, run: authenticate),
        Method(name: "server.info", roles: MethodTable.reading, run: info),
        Method(name: "server.metrics", roles: MethodTable.reading, run: metrics),
    ]

    private static func ping(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        _ = try call.read()
        json.value([:])
        return .now
    }

    private static func authenticate(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let token = try call.read("token").requiredText("token")
        let (server, connection) = (call.server, call.connection)
        // What else stands in the same batch is not tried.
        if connection.wrongTokens >= server.configuration.limits.wrongTokensMax {
            throw RPCError.notAuthenticated("This connection has offered too many wrong tokens.")
        }
        guard let grant = server.access.grant(for: token, wallMilliseconds: server.clock.wallMilliseconds()) else {
            server.metrics.wrongTokens += 1
            connection.wrongTokens += 1
            server.logger.notice("a wrong token", metadata: ["peer": "\(connection.peer)"])
            let (reason, tokenID) = server.access.refusal(of: token)
            server.recorder.addBounded(
                .loginRefused(reason, tokenID: tokenID, address: connection.peer, at: server.loop.wallMilliseconds),
                from: "")
            if connection.wrongTokens >= server.configuration.limits.wrongTokensMax {
                connection.closing = .whenSent
                connection.closingReason = "it offered \(connection.wrongTokens) wrong tokens"
            }
            throw RPCError.notAuthenticated("The token is not valid.")
        }
        server.admit(connection, grant)
        json.beginObject()
        json.member("principal", grant.principal)
        json.member("roles", grant.roles.map(\.rawValue))
        json.endObject()
        return .now
    }

    private static func info(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        _ = try call.read()
        let server = call.server
        let limits = server.configuration.limits
        let sessions = try SessionMethods.reading { () throws(StoreFailure) in try server.store.sessionCount() }
        json.beginObject()
        json.member("version", Server.version)
        json.member("uptime_ms", (server.clock.monotonicNanoseconds() - server.startedAt) / 1_000_000)
        json.name("limits")
        json.value([
            "frame_bytes": .integer(Int64(limits.frameBytesMax)),
            "frame_bytes_unauthenticated": .integer(Int64(limits.frameBytesMaxUnauthenticated)),
            "batch_items": .integer(Int64(Envelope.batchItemsMax)),
            "connections": .integer(Int64(limits.connectionsMax)),
            "sessions_running": .integer(Int64(limits.sessionsRunningMax)),
            "session_processes": limits.sessionProcessesMax.map { .integer(Int64($0)) } ?? .null,
            "session_memory_bytes": limits.sessionMemoryBytesMax.map { .integer(Int64($0)) } ?? .null,
            "session_cpus": limits.sessionCPUsMax.map { .number($0) } ?? .null,
            "session_cgroup": .string(server.supervisor.cgroups?.folder ?? SessionCgroups.unavailable),
            "log_bytes_per_stream": .integer(Int64(limits.logBytesMax)),
            "report_bytes": .integer(Int64(limits.reportBytesMax)),
            "policy_ms": .integer(Int64(limits.policyMilliseconds)),
            "policy_memory_bytes": .integer(Int64(limits.policyMemoryBytes)),
        ])
        json.name("counts")
        json.value([
            "connections": .integer(Int64(server.connections.count)),
            "sessions": .integer(sessions),
            "sessions_running": .integer(Int64(server.supervisor.counts.total)),
            "leaves": .integer(server.store.nextSequence),
        ])
        json.member("policy_set", server.gate.inForce?.set.digest)
        json.member("policy_error", server.gate.loadError?.sentence)
        json.name("enforcement")
        let confinement = server.supervisor.confinement
        json.value([
            "setting": .string(confinement.setting.rawValue), "level": .string(confinement.enforcement.level),
            "abi": confinement.enforcement.abi.map { .integer(Int64($0)) } ?? .null,
        ])
        // Only where it is spoken: there is nothing to know of it otherwise.
        if let certificates = server.certificates {
            json.name("tls")
            json.value([
                "certificate_expires_at": .string(Timestamp.text(milliseconds: certificates.goodUntil)),
                "certificate_error": certificates.fault.map { .string($0) } ?? .null,
                "client_certificates": .bool(certificates.inForce.asksClients),
            ])
        }
        json.endObject()
        return .now
    }

    private static func metrics(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        _ = try call.read()
        let server = call.server
        let metrics = server.metrics
        let decisions = server.starts.decisionCounts
        func count(_ verdict: Verdict) -> JSONValue { .integer(Int64(decisions[verdict] ?? 0)) }
        json.beginObject()
        json.name("counters")
        json.value([
            "requests": .integer(Int64(metrics.requests)),
            "invalid_frames": .integer(Int64(metrics.invalidFrames)),
            "connections_accepted": .integer(Int64(metrics.connectionsAccepted)),
            "wrong_tokens": .integer(Int64(metrics.wrongTokens)),
            "tls_handshakes": .integer(Int64(metrics.handshakes)),
            "tls_handshakes_failed": .integer(Int64(metrics.failedHandshakes)),
            "tls_cut": .integer(Int64(metrics.cutConnections)),
            "certificates_refused": .integer(Int64(metrics.certificatesRefused)),
            "forbidden": .integer(Int64(metrics.forbidden)),
            "decisions_allow": count(.allow), "decisions_deny": count(.deny), "decisions_error": count(.error),
            "commits": .integer(Int64(metrics.commits)),
            "commits_failed": .integer(Int64(metrics.failedCommits)),
        ])
        json.name("latency_us")
        json.beginObject()
        for (index, method) in MethodTable.methods.enumerated() {
            let histogram = metrics.latencies[index]
            if histogram.count == 0 { continue }
            json.name(method.name)
            json.value([
                "count": .integer(Int64(histogram.count)),
                "p50": .number(histogram.microseconds(atPercentile: 50)),
                "p90": .number(histogram.microseconds(atPercentile: 90)),
                "p99": .number(histogram.microseconds(atPercentile: 99)),
                "max": .number(Double(histogram.maximumNanoseconds) / 1000),
            ])
        }
        json.endObject()
        json.endObject()
        return .now
    }
}
