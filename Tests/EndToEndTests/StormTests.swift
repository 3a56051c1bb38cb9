import Platform
import TestSupport
import Testing
import Wire

/// The server is killed at random moments while sessions start.
@Suite(.timeLimit(.minutes(60))) struct StormTests {
    private static let startsPerRound = 8

    // The number of a start is in its exit code and in the line that it leaves.
    private static func params(_ server: RunningServer, round: Int, number: Int) -> JSONValue {
        server.shell(
            "echo \(round)-\(number) >> ran; exit \(number + 1)", ["idempotency_key": .string("\(round)-\(number)")])
    }

    /// Reads some answers, and then as many as come in a moment: the ids of the starts that were acknowledged.
    private func acknowledged(
        _ client: FrameClient, _ requests: [Int64], least: Int, microseconds: Int64
    ) throws -> [Int: JSONValue] {
        var ids: [Int: JSONValue] = [:]
        for (number, request) in requests.prefix(least).enumerated() {
            ids[number] = try client.answer(to: request)["id"]
        }
        let deadline = Waiting.now + microseconds * 1000
        for (number, request) in requests.enumerated().dropFirst(least) {
            let left = max(0, (deadline - Waiting.now) / 1_000_000)
            do { ids[number] = try client.answer(to: request, milliseconds: Int(left))["id"] } catch is TimedOut {
                break
            }
        }
        return ids
    }

    @Test func whatWasAcknowledgedIsThereAndNothingRunsTwice() throws {
        let rounds = Process.environment("SPAWNGATE_STORM").flatMap { Int($0) } ?? 12
        let server = try RunningServer()
        var acknowledgedCount = 0
        for round in 0..<rounds {
            let client = try server.connect()
            let requests = try (0..<Self.startsPerRound).map {
                try client.request("session.start", Self.params(server, round: round, number: $0))
            }
            let least = Int.random(in: 0...Self.startsPerRound)
            let microseconds = Int64.random(in: 0..<(least == 0 ? 25_000 : 3000))
            let ids = try acknowledged(client, requests, least: least, microseconds: microseconds)
            acknowledgedCount += ids.count
            try server.kill9()
            try server.start()
            for number in 0..<Self.startsPerRound {
                let what: Comment =
                    "start \(number) of round \(round), killed \(microseconds) µs after \(least) answers"
                if let id = ids[number] {
                    #expect(try server.refusal("session.get", ["id": id]) == nil, what)
                }
                let again = try server.call("session.start", Self.params(server, round: round, number: number))
                if let id = ids[number] { #expect(again["id"] == id, what) }
                let ended = try server.wait(again)
                #expect(ended["exit_code"]?.int == Int64(number + 1), what)
            }
        }
        let ran = String(decoding: try File.read("\(server.workFolder)/ran", bytesMax: 64 << 20), as: UTF8.self)
        let lines = ran.split(separator: "\n").map(String.init).sorted()
        let expected = (0..<rounds).flatMap { round in (0..<Self.startsPerRound).map { "\(round)-\($0)" } }.sorted()
        #expect(lines == expected)
        #expect(acknowledgedCount > 0 || rounds < 12, "some starts were acknowledged before a kill")
        try Self.checkNumbering(server)
    }

    // Every decision that was ever numbered is there, under the next number each.
    private static func checkNumbering(_ server: RunningServer) throws {
        let count = try #require(try server.call("server.info")["counts"]?["leaves"]?.int)
        for number in 0..<count {
            #expect(try server.call("decision.get", ["seq": .integer(number)])["decision"]?["seq"]?.int == number)
        }
        #expect(try server.refusal("decision.get", ["seq": .integer(count)])?.code == -32004)
    }
}
