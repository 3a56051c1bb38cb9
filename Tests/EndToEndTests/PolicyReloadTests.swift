import Platform
import TestSupport
import Testing
import Wire

/// A saved change is in force within a second, the whole set or nothing of it.
@Suite(.timeLimit(.minutes(5))) struct PolicyReloadTests {
    private static func denying(_ rule: String) -> String { #"return function() deny("\#(rule)", "x") end"# }

    private func rules(_ server: RunningServer) throws -> [String] {
        let check = try server.call("policy.check", server.shell("exit 0"))
        return (check["policies"]?.array ?? []).flatMap {
            ($0["denials"]?.array ?? []).compactMap { $0["rule"]?.string }
        }
    }

    private func waitForRules(_ rules: [String], _ server: RunningServer) throws {
        let begin = Waiting.now
        try Waiting.until("the rules \(rules)") { try self.rules(server) == rules }
        // It is promised within one; the rest is for the tests that run beside this. `make prove-policies` runs alone.
        #expect(Waiting.now - begin < 5_000_000_000)
    }

    @Test func everyKindOfSaveIsInForceWithinASecond() throws {
        let server = try RunningServer()
        #expect(try rules(server) == [])
        try server.savePolicy("20-new.lua", Self.denying("added"))
        try waitForRules(["added"], server)
        try server.savePolicy("20-new.lua", Self.denying("changed"))
        try waitForRules(["changed"], server)
        // In place, as `echo … >` does it.
        let inPlace = try File.open("\(server.policyFolder)/20-new.lua", .readWrite(create: false, truncate: true))
        try inPlace.writeAll(Array(Self.denying("in-place").utf8))
        try waitForRules(["in-place"], server)
        try server.savePolicy("lib/site.lua", #"return { rule = "from-lib" }"#)
        try server.savePolicy(
            "20-new.lua", #"local site = require "lib.site" return function() deny(site.rule, "x") end"#)
        try waitForRules(["from-lib"], server)
        try server.savePolicy("lib/site.lua", #"return { rule = "lib-changed" }"#)
        try waitForRules(["lib-changed"], server)
        try server.removePolicy("20-new.lua")
        try waitForRules([], server)
    }

    @Test func aBrokenSaveLeavesTheOldSetInForceAndShows() throws {
        let server = try RunningServer(policies: ["10-a.lua": Self.denying("old")])
        try server.call("policy.reload")
        let before = try server.call("policy.list")
        #expect(before.names == ["policy_set", "loaded_at", "policies", "error"])
        #expect(before["error"] == .null)
        try server.savePolicy("10-a.lua", "return function(\nend end")
        try Waiting.until("the error") { try server.call("policy.list")["error"]?.string != nil }
        let after = try server.call("policy.list")
        #expect(after["error"]?.string?.contains("10-a.lua:2") == true, "\(after.text)")
        #expect(after.with("error", nil) == before.with("error", nil))
        #expect(try server.call("server.info")["policy_error"] == after["error"])
        #expect(try server.call("policy.reload")["error"] == after["error"])
        #expect(server.log.contains("10-a.lua"))
        #expect(try rules(server) == ["old"])
        try server.savePolicy("10-a.lua", Self.denying("new"))
        try waitForRules(["new"], server)
        #expect(try server.call("server.info")["policy_error"] == .null)
    }

    @Test func aSetWhoseOwnTestsFailDoesNotTakeOver() throws {
        let server = try RunningServer(policies: ["10-a.lua": Self.denying("old")])
        try server.savePolicy("tests/a_test.lua", #"denies(request{ name = "x" }, "old", "10-a")"#)
        #expect(try server.call("policy.reload")["error"] == .null)
        try server.savePolicy("10-a.lua", Self.denying("new"))
        let list = try server.call("policy.reload")
        #expect(list["error"]?.string?.contains("tests/a_test.lua:1") == true, "\(list.text)")
        #expect(try rules(server) == ["old"])
    }

    @Test func aReloadAnswersForTheFolderAsItWasWhenItWasAskedFor() throws {
        let slow = "for _ = 1, 1e7 do end return function() end"
        let server = try RunningServer(policies: ["10-a.lua": Self.denying("old"), "20-slow.lua": slow])
        let client = try server.connect()
        let first = try client.request("policy.reload")
        try server.call("server.ping")
        // The server is reading the set, and the folder changes.
        try server.savePolicy("10-a.lua", Self.denying("new"))
        try server.call("policy.reload")
        #expect(try rules(server) == ["new"])
        _ = try client.answer(to: first)
    }

    @Test func aSetIsNamedByItsContents() throws {
        let server = try RunningServer(policies: ["10-a.lua": Self.denying("a")])
        let first = try server.call("policy.reload")["policy_set"]
        try server.savePolicy("10-a.lua", Self.denying("b"))
        #expect(try server.call("policy.reload")["policy_set"] != first)
        try server.savePolicy("10-a.lua", Self.denying("a"))
        #expect(try server.call("policy.reload")["policy_set"] == first)
        try server.savePolicy("20-b.lua", Self.denying("a"))
        let list = try server.call("policy.reload")
        #expect(list["policy_set"] != first)
        let policies = list["policies"]?.array ?? []
        #expect(policies.map { $0["file"] } == ["10-a.lua", "20-b.lua"])
        #expect(policies.map { $0["name"] } == ["10-a", "20-b"])
        #expect(policies.first?["digest"] == policies.last?["digest"])
        try server.restart()
        #expect(try server.call("policy.reload")["policy_set"] == list["policy_set"])
    }

    @Test func aDecisionIsOfOneSetWhileSetsAreSwapped() throws {
        let reads = #"local site = require "lib.site" return function() deny(site.set, "x") end"#
        let server = try RunningServer(policies: [
            "lib/site.lua": #"return { set = "one" }"#, "10-a.lua": reads, "20-b.lua": reads, "30-c.lua": reads,
        ])
        try server.call("policy.reload")
        let client = try server.connect()
        var seen: [String: Int] = [:]
        var setOfRule: [String: JSONValue] = [:]
        for round in 0..<10 {
            let requests = try (0..<100).map { _ in try client.request("policy.check", server.shell("exit 0")) }
            try server.savePolicy("lib/site.lua", #"return { set = "\#(round % 2 == 0 ? "two" : "one")" }"#)
            try server.call("policy.reload")
            for request in requests {
                let check = try client.answer(to: request)
                let rules = (check["policies"]?.array ?? []).map { $0["denials"]?.array?.first?["rule"]?.string ?? "?" }
                #expect(Set(rules).count == 1 && rules.count == 3, "\(rules)")
                seen[rules[0], default: 0] += 1
                #expect(setOfRule[rules[0], default: check["policy_set"] ?? .null] == check["policy_set"])
                setOfRule[rules[0]] = check["policy_set"]
            }
        }
        #expect(Set(seen.keys) == ["one", "two"])
    }

    @Test func aFolderThatIsALinkMayLeadElsewhere() throws {
        let server = try RunningServer(policies: ["10-a.lua": Self.denying("one")])
        let other = try server.folder.write("two/10-a.lua", Self.denying("two"))
        let swap = "mv policies one; ln -s one policies"
        #expect(try CommandRun("/bin/sh", ["-c", "cd \(server.folder.path); \(swap)"]).status == 0)
        try server.restart()
        try server.call("policy.reload")
        let link = "cd \(server.folder.path); ln -s two next; mv -T next policies"
        #expect(try CommandRun("/bin/sh", ["-c", link]).status == 0)
        try waitForRules(["two"], server)
        // From now on it is the other one that is watched.
        try File.open(other, .readWrite(create: false, truncate: true)).writeAll(Array(Self.denying("three").utf8))
        try waitForRules(["three"], server)
    }

    @Test func aPolicyFolderThatComesBackIsFound() throws {
        let server = try RunningServer(policies: ["10-a.lua": Self.denying("a")])
        try server.call("policy.reload")
        try server.removePolicy("10-a.lua")
        try File.removeFolder(server.policyFolder)
        try Waiting.until("the error") { try server.call("policy.list")["error"]?.string != nil }
        try File.makeFolder(server.policyFolder, permissions: 0o755)
        try server.savePolicy("10-a.lua", Self.denying("back"))
        try Waiting.until("the policies") { try rules(server) == ["back"] }
    }
}
