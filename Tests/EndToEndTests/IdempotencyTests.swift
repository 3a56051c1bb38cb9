import TestSupport
import Testing
import Wire

/// The same key is the same session.
@Suite(.timeLimit(.minutes(5))) struct IdempotencyTests {
    let server: RunningServer

    init() throws { server = try RunningServer() }

    private func keyed(_ key: String, _ script: String = "exit 0") -> JSONValue {
        server.shell(script, ["idempotency_key": .string(key)])
    }

    @Test func theSameKeyAnswersTheSameSessionAlsoAfterACrash() throws {
        let params = keyed("k", "exit 8")
        let record = try server.wait(try server.call("session.start", params))
        #expect(try server.call("session.start", params) == record)
        try server.kill9()
        try server.start()
        #expect(try server.call("session.start", params) == record)
        #expect(try server.call("server.info")["counts"]?["sessions"] == 1)
        #expect(try server.call("decision.list")["decisions"]?.array?.count == 1, "it is one start, so one decision")
    }

    @Test func theOrderOfTheParamsDoesNotMatter() throws {
        let params = keyed("k")
        let id = try server.call("session.start", params)["id"]
        let reversed = JSONValue.object((params.object ?? []).reversed())
        #expect(try server.call("session.start", reversed)["id"] == id)
    }

    @Test func theSameKeyWithOtherParamsIsAConflict() throws {
        try server.call("session.start", keyed("k"))
        for other in [keyed("k", "exit 1"), keyed("k").with("name", "other"), keyed("k").with("branch", "b")] {
            #expect(try server.refusal("session.start", other)?.code == -32009)
        }
        try server.restart()
        #expect(try server.refusal("session.start", keyed("k", "exit 1"))?.code == -32009)
        #expect(try server.call("server.info")["counts"]?["sessions"] == 1)
    }

    @Test func oneKeyAtTheSameTimeIsOneSession() throws {
        let clients = try (0..<8).map { _ in try server.connect() }
        let params = keyed("k", "echo $$ >> ran; exit 0")
        let requests = try (0..<40).map { try clients[$0 % 8].request("session.start", params) }
        let ids = try requests.enumerated().map { try clients[$0 % 8].answer(to: $1)["id"]?.string ?? "" }
        #expect(Set(ids).count == 1)
        #expect(try server.call("server.info")["counts"]?["sessions"] == 1)
    }

    @Test func aKeyIsThePrincipalsOwn() throws {
        let made = try server.call("token.create", ["name": "b", "roles": ["operator"]])
        let other = try server.connect(token: try #require(made["token"]?.string))
        let mine = try server.call("session.start", keyed("k"))
        #expect(try other.call("session.start", keyed("k"))["id"] != mine["id"])
    }

    @Test func aDeniedStartDoesNotUseItsKeyUp() throws {
        try server.savePolicy("10-allow.lua", #"return function() deny("no", "not now") end"#)
        try server.call("policy.reload")
        #expect(try server.refusal("session.start", keyed("k"))?.code == -32010)
        try server.savePolicy("10-allow.lua", "return function() end")
        try server.call("policy.reload")
        #expect(try server.wait(try server.call("session.start", keyed("k")))["exit_code"] == 0)
    }
}
