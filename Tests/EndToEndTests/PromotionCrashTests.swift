import Platform
import TestSupport
import Testing
import Wire

/// The server is killed at random moments while it promotes one set over another.
@Suite(.timeLimit(.minutes(30))) struct PromotionCrashTests {
    private static func files(_ set: String) -> [String: String] {
        var files = ["lib/set.lua": #"return "\#(set)""#, "only-\(set).lua": "return function() end"]
        for number in 10..<30 {
            files["\(number).lua"] = #"return function() deny("set", "\#(set) %s", require "lib.set") end"#
        }
        return files
    }

    private func held(_ server: RunningServer) throws -> [String: String] {
        var held: [String: String] = [:]
        for folder in ["", "lib/"] {
            for name in try File.list("\(server.policyFolder)/\(folder)") where name.hasSuffix(".lua") {
                if name.hasPrefix(".") { continue }
                let text = try File.read("\(server.policyFolder)/\(folder)\(name)", bytesMax: 4096)
                held[folder + name] = String(decoding: text, as: UTF8.self)
            }
        }
        return held
    }

    @Test func theNextServerHasOneSetOrTheOther() throws {
        let rounds = Process.environment("SPAWNGATE_STORM").flatMap { Int($0) } ?? 4
        let sets = [Self.files("a"), Self.files("b")]
        let server = try RunningServer(policies: sets[0])
        var mixed = 0
        for round in 0..<rounds {
            let next = sets[(try held(server) == sets[0]) ? 1 : 0]
            let params = JSONValue.object(next.map { JSONMember(name: $0.key, value: .string($0.value)) })
            try server.call("policy.shadow", ["files": params])
            let client = try server.connect()
            let request = try client.request("policy.promote")
            let deadline = Waiting.now + Int64.random(in: 0..<60_000_000)
            while Waiting.now < deadline {}
            try server.kill9()
            let isAcknowledged = (try? client.answer(to: request, milliseconds: 0)) != nil
            if try !sets.contains(held(server)) { mixed += 1 }
            try server.start()
            let now = try held(server)
            #expect(sets.contains(now), "round \(round)")
            if isAcknowledged { #expect(now == next, "round \(round)") }
            // What is judged by is what is there, all of it.
            let checked = try server.call("policy.check", server.shell("exit 0"))
            let set = now == sets[0] ? "a" : "b"
            let reasons = (checked["policies"]?.array ?? []).flatMap {
                ($0["denials"]?.array ?? []).map { $0["reason"] }
            }
            #expect(reasons == [JSONValue](repeating: .string("\(set) \(set)"), count: 20).map { $0 }, "round \(round)")
            #expect(try File.list(server.policyFolder).allSatisfy { !$0.hasPrefix(".") })
        }
        #expect(mixed > 0 || rounds < 100, "some kills left a mixture behind")
    }
}
