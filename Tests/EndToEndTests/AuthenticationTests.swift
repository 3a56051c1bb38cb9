import Platform
import TestSupport
import Testing
import Wire

/// Who is let in.
@Suite(.timeLimit(.minutes(5))) struct AuthenticationTests {
    let server: RunningServer

    init() throws { server = try RunningServer() }

    @Test func onlyPingAndAuthenticateAnswerAStranger() throws {
        let client = try server.connectUnauthenticated()
        for method in Methods.all where method.roles != nil {
            let refusal = try client.refusal(method.name)
            #expect(refusal?.code == -32001, "\(method.name)")
            #expect(refusal?.data == ["status": 401], "\(method.name)")
        }
        #expect(try client.refusal("no.such")?.code == -32001, "a stranger does not learn which methods there are")
        #expect(try client.call("server.ping") == [:])
        let answer = try client.call("auth.authenticate", ["token": .string(try server.adminToken())])
        #expect(answer == ["principal": "admin", "roles": ["admin"]])
        try client.call("session.list")
    }

    @Test func threeWrongTokensCloseTheConnection() throws {
        let client = try server.connectUnauthenticated()
        let right = try server.adminToken()
        for wrong in ["x", String(right.dropLast()), right + "0"] {
            let refusal = try client.refusal("auth.authenticate", ["token": .string(wrong)])
            #expect(refusal == Refusal(code: -32001, message: "The token is not valid.", data: ["status": 401]))
        }
        #expect(try client.receiveAll().isEmpty)
        try Waiting.until("a line in the log") { server.log.contains("it offered 3 wrong tokens") }
        #expect(!server.log.contains(right.dropLast()), "a token is not logged, not even one that is nearly right")
    }

    @Test func aBatchTriesNoMoreThanThreeTokens() throws {
        let client = try server.connectUnauthenticated()
        let calls: [JSONValue] = try (["x", "y", "z", server.adminToken()]).enumerated().map { index, token in
            [
                "jsonrpc": "2.0", "id": .integer(Int64(index)), "method": "auth.authenticate",
                "params": ["token": .string(token)],
            ]
        }
        let answers = try JSONValue(text: try client.exchange(JSONValue.array(calls).text)).array ?? []
        #expect(answers.map { $0["error"]?["code"] } == [-32001, -32001, -32001, -32001])
        #expect(try client.receiveAll().isEmpty)
        try Waiting.until("a line in the log") { server.log.contains("it offered 3 wrong tokens") }
    }

    @Test func aRightTokenAfterTwoWrongOnesIsWelcome() throws {
        let client = try server.connectUnauthenticated()
        for _ in 0..<2 { _ = try client.refusal("auth.authenticate", ["token": "sg_0_0"]) }
        try client.call("auth.authenticate", ["token": .string(try server.adminToken())])
        try client.call("session.list")
    }

    @Test func aTokenThatIsNoTokenIsAWrongParam() throws {
        let client = try server.connectUnauthenticated()
        #expect(try client.refusal("auth.authenticate")?.data["param"] == "token")
        #expect(try client.refusal("auth.authenticate", ["token": 7])?.code == -32602)
    }

    @Test func whoDoesNotAuthenticateIsClosedAfterTenSeconds() throws {
        let patient = try server.connect()
        let client = try server.connectUnauthenticated()
        let start = Waiting.now
        try client.call("server.ping")
        #expect(try client.receiveAll().isEmpty)
        let milliseconds = (Waiting.now - start) / 1_000_000
        #expect((9_900...20_000).contains(milliseconds))
        try patient.call("session.list")
        try Waiting.until("a line in the log") { server.log.contains("it did not authenticate in time") }
    }

    @Test func theAdminTokenIsOneLineForItsOwner() throws {
        let path = "\(server.stateFolder)/admin.token"
        let status = try File.status(of: path)
        #expect(status.mode & 0o777 == 0o600)
        let text = String(decoding: try File.read(path, bytesMax: 4096), as: UTF8.self)
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count == 2)
        #expect(text.hasSuffix("\n"))
    }

    @Test func noTokenIsKeptAsItIs() throws {
        let made = try server.call("token.create", ["name": "ci", "roles": ["viewer"]])
        let tokens = [try server.adminToken(), try #require(made["token"]?.string)]
        try server.terminate()
        for name in try File.list(server.stateFolder) where name != "admin.token" {
            guard try File.status(of: "\(server.stateFolder)/\(name)").isRegular else { continue }
            let bytes = try File.read("\(server.stateFolder)/\(name)", bytesMax: 64 << 20)
            let text = String(decoding: bytes, as: UTF8.self)
            for token in tokens {
                let secret = try #require(token.split(separator: "_").last)
                #expect(!text.contains(secret), "\(name)")
            }
        }
    }
}
