import TestSupport
import Testing
import Wire

/// Listing sessions.
@Suite(.timeLimit(.minutes(5))) struct SessionListTests {
    let server: RunningServer
    let client: FrameClient

    init() throws {
        server = try RunningServer()
        client = try server.connect()
    }

    private func start(_ all: [JSONValue]) throws -> [String] {
        try all.map { try client.call("session.start", server.shell("exit 0", $0))["id"]?.string ?? "" }
    }

    private func list(_ params: JSONValue) throws -> (ids: [String], cursor: JSONValue) {
        let answer = try client.call("session.list", params)
        return (answer["sessions"]?.array?.compactMap { $0["id"]?.string } ?? [], answer["next_cursor"] ?? "none")
    }

    @Test func aCursorWalksAllSessionsOnceWhileMoreAreStarted() throws {
        var started: [String] = []
        started += try start([JSONValue](repeating: [:], count: 250))
        let first = try list([:])
        #expect(first.ids == Array(started.reversed().prefix(100)), "most recently started first")
        _ = try start([[:], [:], [:]])
        let second = try list(["cursor": first.cursor])
        _ = try start([[:]])
        let third = try list(["cursor": second.cursor, "limit": 1000])
        #expect(first.ids + second.ids + third.ids == started.reversed())
        #expect(third.cursor == .null)
        let exact = try list(["limit": 254])
        #expect(exact.ids.count == 254)
        #expect(exact.cursor == .null)
    }

    @Test func filtersAddUp() throws {
        let ids = try start([
            ["executive": "CTO", "mission_id": "M1", "labels": ["team": "core", "tier": "1"]],
            ["executive": "CTO", "mission_id": "M2", "labels": ["team": "web"]],
            ["executive": "CFO", "mission_id": "M1", "labels": ["tier": "1"]],
        ])
        func found(_ params: JSONValue) throws -> [Int] { try list(params).ids.compactMap { ids.firstIndex(of: $0) } }
        for id in ids { _ = try client.call("session.wait", ["id": .string(id)]) }
        let running = try start([["args": ["-c", "sleep 1000"]]])
        #expect(try found(["executive": "CTO"]) == [1, 0])
        #expect(try found(["mission_id": "M1"]) == [2, 0])
        #expect(try found(["executive": "CTO", "mission_id": "M1"]) == [0])
        #expect(try found(["label": "tier"]) == [2, 0])
        #expect(try found(["label": "team=web"]) == [1])
        #expect(try found(["label": ["team": "core"]]) == [0])
        #expect(try found(["label": "team=none"]) == [])
        #expect(try found(["status": "exited", "executive": "CFO"]) == [2])
        #expect(try list(["status": "running"]).ids == running)
        #expect(try list(["executive": "cto"]).ids == [])
    }

    @Test func aPageSaysWhereItGoesOnUnderAFilterToo() throws {
        let ids = try start((0..<5).map { ["executive": $0 % 2 == 0 ? "even" : "odd"] })
        let first = try list(["executive": "even", "limit": 2])
        #expect(first.ids == [ids[4], ids[2]])
        let second = try list(["executive": "even", "limit": 2, "cursor": first.cursor])
        #expect(second.ids == [ids[0]])
        #expect(second.cursor == .null)
    }

    @Test func aPageOfLargeRecordsIsShorterAndItsCursorGoesOn() throws {
        let text = JSONValue.string(String(repeating: "x", count: 100_000))
        let args = JSONValue.array(["-c", "exit 0"] + Array(repeating: text, count: 9))
        let ids = try (0..<20).map { _ in try #require(try server.run("exit 0", ["args": args])["id"]?.string) }
        let first = try list(["limit": 1000])
        let second = try list(["limit": 1000, "cursor": first.cursor])
        #expect(first.ids.count == 18 && first.ids + second.ids == ids.reversed() && second.cursor == .null)
    }

    @Test func wrongBoundsAreRefused() throws {
        for (name, value) in [
            ("limit", 0), ("limit", 1001), ("limit", -1), ("cursor", "x"), ("cursor", "-1"), ("status", "dead"),
            ("label", ["a": "b", "c": "d"]),
        ] as [(String, JSONValue)] {
            let refusal = try client.refusal("session.list", [name: value])
            #expect(refusal?.code == -32602, "\(name) \(value.text)")
            #expect(refusal?.data["param"] == .string(name))
        }
    }
}
