internal import DecisionLog
internal import Sessions
internal import Store
internal import Wire

/// Methods by which a stranger checks the log.
enum TreeMethods {
    static let table: [Method] = [
        Method(name: "log.checkpoint", roles: MethodTable.auditing, run: checkpoint),
        Method(name: "log.inclusion", roles: MethodTable.auditing, run: inclusion),
        Method(name: "log.consistency", roles: MethodTable.auditing, run: consistency),
        Method(name: "log.key", roles: MethodTable.auditing, run: key),
        Method(name: "log.rotate", roles: MethodTable.administering, run: rotate),
    ]

    /// With `seen`, the size and root of a checkpoint that the caller holds, also the proof that this log goes on from it;
    /// -32009 where it does not.
    private static func checkpoint(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read("seen")
        let server = call.server
        let proof = try seen(params).map { (seen) throws(RPCError) in try prove(seen, server.store) }
        let (checkpoint, note) = server.notary.checkpoint()
        json.beginObject()
        json.member("checkpoint", note)
        json.member("size", checkpoint.size)
        json.member("root", checkpoint.root.base64)
        if let proof {
            json.name("consistency")
            write(proof, to: &json)
        }
        json.endObject()
        return .now
    }

    private static func seen(_ params: ParamReader) throws(RPCError) -> (size: Int64, root: MerkleHash)? {
        guard let seen = params.member("seen") else { return nil }
        guard seen.kind == .object, seen.count == 2, let size = seen["size"]?.int, size >= 0,
            let root = seen["root"]?.string.flatMap({ MerkleHash(base64: $0) })
        else { throw params.wrong("seen", "must be an object of the size and the root of a checkpoint") }
        return (size, root)
    }

    private static func prove(
        _ seen: (size: Int64, root: MerkleHash), _ store: Store
    ) throws(RPCError) -> [MerkleHash] {
        let size = store.tree.size
        guard seen.size <= size else {
            throw RPCError.conflict(
                "The log has \(size) leaves, fewer than the \(seen.size) that you have seen.",
                data: [JSONMember(name: "size", value: .integer(size))])
        }
        let root = try SessionMethods.reading { () throws(StoreFailure) in try store.root(size: seen.size) }
        guard root == seen.root else {
            throw RPCError.conflict(
                "The first \(seen.size) leaves of the log are not those that you have seen.",
                data: [JSONMember(name: "root", value: .string(root.base64))])
        }
        return try SessionMethods.reading { () throws(StoreFailure) in
            try store.consistencyProof(from: seen.size, to: size)
        }
    }

    private static func inclusion(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read("seq", "size")
        let store = call.server.store
        let size = try params.required("size", in: 0...store.tree.size)
        let sequence = try params.required("seq", in: 0...Int64.max)
        guard sequence < size else { throw params.wrong("seq", "must be below size, which is \(size)") }
        let proof = try SessionMethods.reading { () throws(StoreFailure) in
            try store.inclusionProof(of: sequence, size: size)
        }
        answer(proof, call.server.notary, &json)
        return .now
    }

    private static func consistency(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        let params = try call.read("from", "to")
        let store = call.server.store
        let to = try params.required("to", in: 0...store.tree.size)
        let from = try params.required("from", in: 0...to)
        let proof = try SessionMethods.reading { () throws(StoreFailure) in
            try store.consistencyProof(from: from, to: to)
        }
        answer(proof, call.server.notary, &json)
        return .now
    }

    private static func answer(_ proof: [MerkleHash], _ notary: LogNotary, _ json: inout JSONWriter) {
        json.beginObject()
        json.name("proof")
        write(proof, to: &json)
        json.member("checkpoint", notary.checkpoint().note)
        json.endObject()
    }

    private static func write(_ proof: [MerkleHash], to json: inout JSONWriter) {
        json.beginArray()
        for hash in proof { json.string(hash.base64) }
        json.endArray()
    }

    private static func key(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        _ = try call.read()
        try writeKeys(call.server.notary, to: &json)
        return .now
    }

    /// Answers as `log.key` does.
    private static func rotate(_ call: MethodCall, _ json: inout JSONWriter) throws(RPCError) -> Answered {
        _ = try call.read()
        let server = call.server
        try server.notary.rotate(for: call.principal, at: server.loop.wallMilliseconds) { (event) throws(RPCError) in
            try server.keep([], event)
        }
        try writeKeys(server.notary, to: &json)
        return .now
    }

    private static func writeKeys(_ notary: LogNotary, to json: inout JSONWriter) throws(RPCError) {
        let earlier = try SessionMethods.reading { () throws(StoreFailure) in try notary.earlierKeys() }
        json.beginObject()
        json.member("key", notary.verifier.text)
        json.name("earlier")
        json.beginArray()
        for key in earlier {
            json.beginObject()
            json.member("key", key.verifier.text)
            json.member("ended_at", key.endedAt)
            json.member("rotation", key.rotation)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }
}
