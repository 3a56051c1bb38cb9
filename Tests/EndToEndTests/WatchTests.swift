import Platform
import TestSupport
import Testing
import Wire

/// Being told of sessions as they change.
@Suite(.timeLimit(.minutes(5))) struct WatchTests {
    private func watch(_ client: FrameClient, _ filter: JSONValue = [:]) throws -> JSONValue {
        try #require(try client.call("session.watch", filter)["subscription"])
    }

    private func event(_ client: FrameClient) throws -> (event: String, status: String, session: JSONValue) {
        let message = try client.notification()
        #expect(message["method"] == "session.event")
        let params = try #require(message["params"])
        #expect(params.names == ["subscription", "event", "session"])
        let session = try #require(params["session"])
        return (params["event"]?.string ?? "", session["status"]?.string ?? "", session)
    }

    @Test func eachChangeIsToldOnceAndInOrder() throws {
        let server = try RunningServer()
        let client = try server.connect()
        _ = try watch(client)
        let record = try server.run("exit 3")
        let events = try (0..<3).map { _ in try event(client) }
        #expect(events.map(\.event) == ["created", "started", "ended"])
        #expect(events.map(\.status) == ["starting", "running", "exited"])
        #expect(events[1].session["pid"] == record["pid"])
        #expect(events[2].session == record)
        _ = try server.refusal("session.start", server.shell("").with("command", "no-such-program"))
        #expect(try (0..<2).map { _ in try event(client).status } == ["starting", "failed"])
    }

    @Test func filtersAreThoseOfTheList() throws {
        let server = try RunningServer()
        let filters: [JSONValue] = [
            ["status": "stopped"], ["executive": "Ada"], ["mission_id": "m-1"], ["label": "team=core"],
            ["label": "team", "status": "exited"],
        ]
        let clients = try filters.map { filter in
            let client = try server.connect()
            _ = try watch(client, filter)
            return client
        }
        _ = try server.run("exit 0")
        let wanted = try server.start(
            "sleep 1000", ["executive": "Ada", "mission_id": "m-1", "labels": ["team": "core"]])
        try server.call("session.stop", ["id": wanted["id"] ?? .null])
        let other = try server.run("exit 0", ["labels": ["team": "edge"]])
        #expect(try event(clients[0]).session["id"] == wanted["id"])
        for client in clients[1...3] {
            let events = try (0..<3).map { _ in try event(client) }
            #expect(events.map(\.event) == ["created", "started", "ended"])
            #expect(events.allSatisfy { $0.session["id"] == wanted["id"] })
        }
        #expect(try event(clients[4]).session["id"] == other["id"])
        for client in clients { #expect(throws: TimedOut.self) { try client.notification(milliseconds: 20) } }
        #expect(try server.refusal("session.watch", ["limit": 1])?.code == -32602)
        #expect(try server.refusal("session.watch", ["status": "gone"])?.data["param"] == "status")
    }

    @Test func aWatchThatIsCancelledIsToldNoMore() throws {
        let server = try RunningServer()
        let client = try server.connect()
        let subscription = try watch(client)
        let other = try watch(client)
        _ = try client.call("subscription.cancel", ["subscription": subscription])
        _ = try server.run("exit 0")
        for _ in 0..<3 { #expect(try client.notification()["params"]?["subscription"] == other) }
    }

    @Test func oneWhoDoesNotReadIsGivenUpAndKeepsNobodyUp() throws {
        let server = try RunningServer()
        let deaf = try server.connect()
        // Records of 120 kB fill the socket soon, and then the queue.
        _ = try watch(deaf)
        let text = JSONValue.string(String(repeating: "x", count: 120_000))
        let client = try server.connect()
        for _ in 0..<60 {
            let requests = try (0..<10).map { _ in
                try client.request("session.start", server.shell("exit 0").with("args", ["-c", "exit 0", text]))
            }
            for request in requests { _ = try server.wait(try client.answer(to: request)) }
            if server.log.contains("it does not read its events") { break }
        }
        #expect(server.log.contains("it does not read its events"))
        #expect(ProcessFacts(pid: server.pid).residentKilobytes < 256 << 10)
    }
}
