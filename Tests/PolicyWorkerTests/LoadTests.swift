import TestSupport
import Testing
import Wire

/// How sets load, and what the worker says of those that do not.
@Suite struct LoadTests {
    private static let yes = "return function() end"

    @Test func theShippedSetLoadsAndPassesItsTests() throws {
        let files = try ProjectFiles.shippedPolicies()
        let load = try #require(try WorkerRun(files).load)
        #expect(load["error"] == .null, "\(load.text)")
        let names = files.keys.filter { !$0.contains("/") }.sorted()
        #expect(load["policies"]?.array?.compactMap { $0["file"]?.string } == names)
        #expect(load["policies"]?.array?.allSatisfy { $0["description"]?.string?.isEmpty == false } == true)
    }

    @Test func theTestsOfTheShippedSetCanFail() throws {
        let files = try ProjectFiles.shippedPolicies()
        for name in files.keys where !name.contains("/") {
            let load = try WorkerRun(files.merging([name: Self.yes]) { $1 }).load
            #expect(load?["error"]?["file"] == "tests/shipped_test.lua", "\(name)")
        }
    }

    @Test func aPolicyIsNamedByItsTableOrItsFile() throws {
        let load = try WorkerRun([
            "10-plain.lua": Self.yes,
            "20-named.lua": #"return { name = "mine", description = "what", decide = function() end }"#,
        ]).load
        #expect(
            load?["policies"]?.array == [
                ["name": "10-plain", "file": "10-plain.lua", "description": .null],
                ["name": "mine", "file": "20-named.lua", "description": "what"],
            ])
    }

    @Test func aMistakeIsToldWithFileAndLine() throws {
        let cases: [(text: String, line: JSONValue, message: String)] = [
            ("local a\nreturn function(r) if a deny() end", 2, "'then' expected"),
            ("\n\nerror('stop')", 3, "stop"),
            ("local x = nil\nx.y = 1", 2, "index"),
        ]
        for (text, line, message) in cases {
            let error = try WorkerRun(["10-a.lua": text]).load?["error"]
            #expect(error?["file"] == "10-a.lua", "\(text)")
            #expect(error?["line"] == line, "\(text)")
            #expect(error?["message"]?.string?.contains(message) == true, "\(error?.text ?? "")")
        }
    }

    @Test func modulesThatRequireEachOtherAreNamed() throws {
        let error = try WorkerRun([
            "10-a.lua": #"require "lib.a" return function() end"#, "lib/a.lua": #"return require "lib.b""#,
            "lib/b.lua": #"return require "lib.a""#,
        ]).load?["error"]
        #expect(
            error?["message"]?.string?.contains("lib.a requires lib.b requires lib.a") == true, "\(error?.text ?? "")")
    }

    @Test func noPolicyChangesWhatAnotherSees() throws {
        let worker = try WorkerRun([
            "10-a.lua": """
            local site = require "lib.site"
            site.value = "changed"
            leaked = true
            return function() site.value = "changed later" end
            """,
            "20-b.lua": """
            local site = require "lib.site"
            return function() deny("saw", "%s %s", site.value, tostring(rawget(_G, "leaked"))) end
            """,
            "lib/site.lua": #"return { value = "as written" }"#,
        ])
        #expect(try worker.ask()?.last?["denials"]?.array?.first?["reason"] == "as written nil")
    }

    @Test func aTextThatIsNotUTF8ComesOutAsText() throws {
        let worker = try WorkerRun(["10-a.lua": #"return function() deny("a", "x\xff\x01\"\\y") end"#])
        #expect(try worker.ask()?.first?["denials"]?.array?.first?["reason"] == "x\u{FFFD}\u{1}\"\\y")
    }

    @Test func aDenialSaysInWhichLineOfWhichFileOfTheSetItWasMade() throws {
        let worker = try WorkerRun([
            "10-a.lua": """
            local checks = require "lib.checks"
            return function()
              deny("here", "in the policy")
              checks.refuse()
              pcall(deny, "called", "by a function of Lua")
              return checks.last()
            end
            """,
            "lib/checks.lua": """
            local function last() return deny("last", "in a tail call") end
            return { refuse = function()
              deny("there", "in a library") end,
              last = last }
            """,
        ])
        let denials = try #require(try worker.ask()?.first?["denials"]?.array)
        #expect(
            denials.map { "\($0["rule"]?.string ?? "") \($0["file"]?.string ?? ""):\($0["line"]?.int ?? 0)" } == [
                "here 10-a.lua:3", "there lib/checks.lua:3", "called 10-a.lua:5", "last lib/checks.lua:1",
            ])
    }

    @Test func aWorkerEndsWhenItsServerDoes() throws {
        #expect(try WorkerRun(["10-a.lua": Self.yes]).endAfterHangUp() == 0)
    }
}
