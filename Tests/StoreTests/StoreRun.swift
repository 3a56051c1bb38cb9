import Platform
import Policy
import Sessions
import Store
import TestSupport
import Wire

/// A store in a folder of its own, which can be closed and opened again.
final class StoreRun {
    private let folder: TemporaryFolder
    private(set) var store: Store

    var path: String { "\(folder.path)/spawngate.db" }

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: "\(folder.path)/spawngate.db")
    }

    func reopen() throws { store = try Store(path: path) }
}

/// Things to keep: each is right but for what a test says of it.
enum Sample {
    static func request(_ members: JSONValue = [:]) throws -> StartRequest {
        var json = JSONWriter()
        let required: JSONValue = ["name": "n", "working_directory": "/w"]
        json.value(required.with(members))
        return try json.bytes.withUnsafeBytes { try JSONReader().read($0) { try StartRequest(params: $0) } }
    }

    static func session(
        _ ordinal: Int64, _ members: JSONValue = [:], id: String? = nil, status: SessionStatus = .running
    ) throws -> SessionRow {
        let id = id ?? "s-\(ordinal)"
        let request = try request(members)
        var record = SessionRecord(
            id: id, request: request, workingDirectory: "/w", writeRoots: ["/w"], args: [], startedAt: ordinal,
            logPath: "/l", stderrPath: "/e", decisionID: "d-\(ordinal)", enforcement: .none)
        record.status = status
        let metadata = SessionMetadata(
            id: id, request: request, workingDirectory: "/w", args: [], createdAt: ordinal, createdBy: "ann")
        return SessionRow(ordinal: ordinal, record: record, metadata: metadata, principal: "ann", reportSince: 77)
    }

    static func leaf(
        _ sequence: Int64, _ members: JSONValue = [:], time: Int64 = 0, principal: String = "ann",
        denials: [(policy: String, rule: String)] = [], failure: String? = nil, question: JSONValue = [:],
        sessionID: String? = nil
    ) throws -> LeafRow {
        // As a worker writes it: one that objects, if there are denials, and one that does not.
        let policies = denials.reduce(into: [String]()) { if !$0.contains($1.policy) { $0.append($1.policy) } }
        let answers: [JSONValue] = policies.map { name in
            let rules = denials.filter { $0.policy == name }.map { JSONValue.string($0.rule) }
            return [
                "name": .string(name), "verdict": "deny",
                "denials": .array(rules.map { ["rule": $0, "reason": "because"] }),
            ]
        }
        let text = (answers + [["name": "content", "verdict": "allow", "denials": []]]).map(\.text)
        let judged = WorkerAnswer(
            Array(text.joined(separator: ",").utf8),
            loaded: (policies + ["content"]).map { LoadedPolicy(name: $0, file: $0, digest: "", description: nil) },
            unfinished: nil, reader: JSONReader()
        ).policies
        let decision = Decision(
            id: "d-\(sequence)", time: time, principal: Principal(name: principal, roles: [.operate], address: "a:1"),
            request: question, salt: [UInt8](repeating: 7, count: RequestSecrets.saltByteCount),
            judgement: Judgement(set: nil, policies: judged, failure: failure, durationMicroseconds: 1),
            sessionID: sessionID)
        return LeafRow(decision, sequence: sequence, request: try request(members), text: "text \(sequence)")
    }

    static func token(_ id: String, createdAt: Int64 = 0, expiresAt: Int64? = nil) -> TokenRow {
        TokenRow(
            id: id, name: "name of \(id)", principal: "ann", roles: [.viewer, .operate], hash: [0, 255, 7],
            createdAt: createdAt, expiresAt: expiresAt)
    }
}
