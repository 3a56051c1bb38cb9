import TestSupport
import Testing
import Wire

/// `spawngate policy test`: what an administrator sees of tests that pass and fail.
@Suite(.timeLimit(.minutes(5))) struct PolicyTestCommandTests {
    static let policy = """
        local site = require "lib.site"
        local function never()
          return 1
        end
        return function(request)
          if site.bad[request.name] then
            deny("bad-name", "no %s", request.name)
          elseif request.name == "crash" then
            return nil .. "x"
          elseif request.name == "other" then
            deny("never-fires")  -- deny("in a comment")
          end
        end
        """
    static let files = ["10-a.lua": policy, "lib/site.lua": "return { bad = { bad = true } }"]

    private func run(_ test: String, _ options: String...) throws -> CommandRun {
        let fixture = try PolicyFolderFixture(Self.files.merging(["tests/a_test.lua": test]) { $1 })
        return try CommandRun("spawngate", ["policy", "test", fixture.path] + options)
    }

    @Test func theShippedPoliciesPassAndEveryLineOfThemIsCovered() throws {
        let run = try CommandRun("spawngate", ["policy", "test", PolicyFolderFixture.shipped, "--json"])
        #expect(run.status == 0, "\(run.errors)")
        let report = try run.json()
        #expect(report["failed"] == 0)
        #expect((report["passed"]?.int ?? 0) > 100)
        let files = try #require(report["coverage"]?["files"]?.array)
        #expect(files.count >= 6)
        for file in files {
            #expect(file["lines"]?.array?.isEmpty == false, "\(file["file"]?.string ?? "")")
            #expect(file["lines"] == file["hit"], "\(file["file"]?.string ?? "")")
        }
        let rules = try #require(report["coverage"]?["rules"]?.array)
        #expect(rules.count >= 5 && rules.allSatisfy { ($0["fired"]?.int ?? 0) > 0 })
    }

    @Test func everyTestIsALineAndAFailingOneDoesNotStopTheRest() throws {
        let run = try run(
            """
            denies(request { name = "bad" }, "bad-name")
            denies(request { name = "good" }, "bad-name")
            denies(request { name = "bad" }, "other-rule")
            allows(request { name = "bad" }, "10-a")
            allows(request { name = "crash" })
            for _, name in ipairs { "a", "b", "c" } do allows(request { name = name }) end
            """)
        #expect(run.status == 1)
        #expect(
            run.lines == [
                "ok tests/a_test.lua:1 denies bad-name",
                "FAILED tests/a_test.lua:2 denies bad-name",
                "should be denied by the rule bad-name, and was not",
                "FAILED tests/a_test.lua:3 denies other-rule",
                "should be denied by the rule other-rule, and was not; 10-a.lua denied it: no bad (rule bad-name)",
                "FAILED tests/a_test.lua:4 allows (10-a)",
                "should be allowed, but 10-a.lua denied it: no bad (rule bad-name)",
                "FAILED tests/a_test.lua:5 allows",
                "the policy failed: 10-a.lua:9: attempt to concatenate a nil value",
                "at tests/a_test.lua:5",
                "ok tests/a_test.lua:6 allows 3 times",
                "4 of 8 tests failed.",
            ])
    }

    @Test func coverageNamesTheLinesAndRulesThatNoTestReached() throws {
        let run = try run(#"denies(request { name = "bad" }, "bad-name")"#, "--coverage")
        #expect(run.status == 0)
        #expect(run.lines.contains("10-a.lua 5/10 50 % 3, 8-11"), "\(run.output)")
        #expect(run.lines.contains("lib/site.lua 1/1 100 %"), "\(run.output)")
        let rules = ["POLICY RULE DENIED", "10-a bad-name 1", "10-a never-fires never", "1 test passed."]
        #expect(run.lines.suffix(4) == rules)
    }

    @Test func whatIsWrittenWronglyIsToldWithItsPlaceAndWhatToWrite() throws {
        let cases = [
            (#"allows({ name = "x" })"#, "allows takes a request: allows(request { permission_mode"),
            (#"allows "x""#, "allows takes a request"),
            (#"denies("bad-name", {})"#, "denies takes a request, then a rule: denies(request {"),
            (#"denies(request {})"#, "denies takes a request, then a rule"),
            (#"request "x""#, "request takes a table of the members to replace"),
            (#"request { permision_mode = "x" }"#, "a request has no member permision_mode"),
            (#"allows(request {}, "20-b")"#, "no policy is named 20-b"),
            (#"local x = nil; x.y = 1"#, "attempt to index a nil value (local 'x')"),
            ("x = = 1", "unexpected symbol near '='"),
            (#"require "lib.nope""#, "the policy folder has no lib/nope.lua"),
        ]
        for (line, message) in cases {
            let run = try run("allows(request {})\n\(line)", "--json")
            #expect(run.status == 1, "\(line)")
            let failed = try run.json()["tests"]?.array?.filter { $0["passed"] == false } ?? []
            #expect(failed.count == 1, "\(line)")
            #expect(failed.first?["file"] == "tests/a_test.lua" && failed.first?["line"] == 2, "\(line)")
            #expect(failed.first?["message"]?.string?.contains(message) == true, "\(run.output)")
        }
    }

    @Test func aFailureThatTheTestFileCatchesIsStillOne() throws {
        let run = try run(#"pcall(allows, request { name = "bad" })"#)
        #expect(run.status == 1)
        #expect(run.lines.first == "FAILED tests/a_test.lua:1 allows")
    }

    @Test func oneFileThatFailsDoesNotStopTheNext() throws {
        let fixture = try PolicyFolderFixture(
            Self.files.merging([
                "tests/a_test.lua": "local function inner() error('stop') end\ninner()",
                "tests/b_test.lua": "allows(request {})",
            ]) { $1 })
        let run = try fixture.test()
        #expect(run.status == 1)
        #expect(
            run.lines == [
                "FAILED tests/a_test.lua:1 runs", "stop", "at tests/a_test.lua:2",
                "ok tests/b_test.lua:1 allows", "1 of 2 tests failed.",
            ])
    }

    @Test func aFolderThatDoesNotLoadIsToldWithFileAndLine() throws {
        let fixture = try PolicyFolderFixture(["10-a.lua": "return function(\nend end"])
        let run = try fixture.test()
        #expect(run.status == 1)
        #expect(run.errors.hasPrefix("spawngate: 10-a.lua:2: "), "\(run.errors)")
        let json = try fixture.test("--json")
        #expect(try json.json()["error"]?["data"] == ["file": "10-a.lua", "line": 2])
        let missing = try CommandRun("spawngate", ["policy", "test", "/no/such/folder"])
        #expect(missing.status == 1 && missing.errors.contains("/no/such/folder"))
    }

    @Test func aTestThatNeverEndsIsEndedAndNamed() throws {
        let run = try run("while true do end")
        #expect(run.status == 1)
        #expect(run.errors.hasPrefix("spawngate: tests/a_test.lua: it took longer than"), "\(run.errors)")
    }
}
