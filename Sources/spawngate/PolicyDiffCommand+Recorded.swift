internal import ArgumentParser
internal import Policy
internal import SpawngateClient
internal import Wire

// MARK: recorded requests

extension PolicyDiffCommand {
    /// The requests in a text of one JSON object a line, as the policies saw them.
    static func recorded(in text: String, name: String) throws -> [JSONValue] {
        let reader = JSONReader()
        var requests: [JSONValue] = []
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.isEmpty {
            guard let value = try? reader.value(of: Array(line)) else {
                throw ValidationError("\(name): line \(index + 1) is not JSON")
            }
            let decisions = value["decisions"]?.array ?? [value["decision"] ?? value]
            for decision in decisions {
                // The log has leaves that are no decisions; they have no request.
                if decision["kind"]?.string.map({ $0 != "decision" }) ?? false { continue }
                let request = decision["request"] ?? decision
                guard request["working_directory"]?.string != nil, request["principal"]?.object != nil else {
                    throw ValidationError("\(name): line \(index + 1) holds no decision and no request of one")
                }
                let secrets = value["secrets"].flatMap { RequestSecrets(answer: $0) }
                requests.append(secrets?.restored(request) ?? RequestSecrets.placeholders(in: request))
            }
        }
        return requests
    }

    func recordedByServer() throws -> [JSONValue] {
        let server = try options.connect()
        var requests: [JSONValue] = []
        var cursor: RemoteValue = .null
        repeat {
            var params: [RemoteValue.Member] = [.init("limit", .integer(Int64(min(1000, max(1, tries / 2)))))]
            if !cursor.isNull { params.append(.init("cursor", cursor)) }
            let page = try server.call("decision.list", .object(params))
            for decision in try Self.whole(page["decisions"].elements, from: server) {
                requests += try Self.recorded(in: decision.json, name: "decision.list")
            }
            cursor = page["next_cursor"]
        } while !cursor.isNull && requests.count < tries / 2
        return requests
    }

    /// Those that have hashes in place of secrets as decision.get answers them, with the secrets; in their order.
    private static func whole(_ decisions: [RemoteValue], from server: ServerConnection) throws -> [RemoteValue] {
        var whole: [RemoteValue] = []
        // As many questions at once as a batch may have: a client that asks on and on must also read.
        for start in stride(from: 0, to: decisions.count, by: 100) {
            let page = decisions[start..<min(start + 100, decisions.count)]
            let asked = try page.map { decision in
                Decision(decision).hasHashes ? try server.send("decision.get", ["id": decision["id"]]) : nil
            }
            var answers: [Int64: RemoteValue] = [:]
            while answers.count < asked.count(where: { $0 != nil }) {
                let reply = try server.receive()
                answers[reply.id ?? 0] = try reply.value()
            }
            whole += zip(page, asked).map { decision, id in id.flatMap { answers[$0] } ?? decision }
        }
        return whole
    }
}
