import TestSupport
import Testing
import Wire

/// A policy lets less through than was asked for: only less, and what all policies let through.
@Suite struct NarrowTests {
    /// Asks in acceptEdits, for some tools and folders.
    private static let request = plainRequest.with([
        "permission_mode": "acceptEdits", "allowed_tools": ["Read", "Edit", "Bash(git:*)"],
        "working_directory": "/srv/repo", "write_roots": ["/srv/out", "/srv/cache"], "runtime_write_root": "/srv/run",
    ])

    /// What policies that call narrow with these tables come to: the granted members, or the first failure.
    private func outcome(
        _ tables: [String], _ request: JSONValue = NarrowTests.request
    ) throws -> (granted: JSONValue?, failure: String?) {
        var files: [String: String] = [:]
        for (index, table) in tables.enumerated() {
            files["\(10 + index)-a.lua"] = "return function(request)\n  narrow \(table)\nend"
        }
        let worker = try WorkerRun(files)
        try #require(worker.load?["error"] == .null, "\(worker.load?.text ?? "no answer")")
        let answers = try #require(try worker.ask(request))
        try #require(answers.count == tables.count + (answers.last?["granted"] == nil ? 0 : 1))
        return (answers.last?["granted"], answers.compactMap { $0["failure"]?.string }.first)
    }

    private func granted(_ tables: String..., of request: JSONValue = NarrowTests.request) throws -> String {
        let outcome = try outcome(tables, request)
        #expect(outcome.failure == nil)
        return outcome.granted?.text ?? "nothing said"
    }

    private func failure(_ tables: String..., of request: JSONValue = NarrowTests.request) throws -> String {
        try outcome(tables, request).failure ?? "no failure"
    }

    @Test func whatIsLessIsGranted() throws {
        #expect(try granted(#"{ permission_mode = "plan" }"#) == #"{"permission_mode":"plan"}"#)
        #expect(try granted(#"{ permission_mode = "dontAsk" }"#) == #"{"permission_mode":"dontAsk"}"#)
        #expect(
            try granted(#"{ allowed_tools = { "Bash(git diff:*)", "Read" } }"#)
                == #"{"allowed_tools":["Bash(git diff:*)","Read"]}"#)
        #expect(try granted(#"{ write_roots = { "/srv/out/a" } }"#) == #"{"write_roots":["/srv/out/a"]}"#)
        #expect(try granted("{ write_roots = {} }") == #"{"write_roots":[]}"#)
        #expect(try granted("{ repository_write_allowed = false }") == #"{"repository_write_allowed":false}"#)
        #expect(
            try granted(
                #"{ repository_write_allowed = false, write_roots = { path.join(request.working_directory, "o") } }"#)
                == #"{"write_roots":["/srv/repo/o"],"repository_write_allowed":false}"#)
        #expect(
            try granted("{ permission_mode = 'plan', write_roots = request.write_roots }")
                == #"{"permission_mode":"plan"}"#)
    }

    @Test func theSameIsNothing() throws {
        #expect(try granted(#"{ permission_mode = "acceptEdits" }"#) == "null")
        #expect(try granted("{ allowed_tools = request.allowed_tools, write_roots = request.write_roots }") == "null")
        let without = Self.request.with("permission_mode", nil)
        #expect(try granted(#"{ permission_mode = "default" }"#, of: without) == #"{"permission_mode":"default"}"#)
    }

    @Test(arguments: [
        (#"{ permission_mode = "auto" }"#, "permission_mode auto does not narrow acceptEdits, which was asked for"),
        (#"{ permission_mode = "yolo" }"#, "yolo is no permission mode"),
        ("{ permission_mode = 7 }", "permission_mode is a string"),
        (#"{ allowed_tools = { "Write" } }"#, "the tool rule Write is not covered by those asked for"),
        (#"{ allowed_tools = { "Bash(rm:*)" } }"#, "the tool rule Bash(rm:*) is not covered"),
        ("{ allowed_tools = {} }", "allowed_tools is empty, and without a rule no tool is restricted"),
        (#"{ allowed_tools = "Read" }"#, "allowed_tools is a list of strings"),
        (#"{ write_roots = { "/srv" } }"#, "the write root /srv is not within a folder"),
        (#"{ write_roots = { "/srv/outer" } }"#, "the write root /srv/outer is not within a folder"),
        (#"{ write_roots = { "/srv/out/../cache2" } }"#, "is not within a folder"),
        (#"{ write_roots = { "" } }"#, "has an element that is empty"),
        ("{ repository_write_allowed = true }", "repository_write_allowed can be narrowed to false alone"),
        ("{}", "narrow takes permission_mode, allowed_tools"),
        (#"{ permision_mode = "plan" }"#, "and nothing else"),
        (#"{ permission_mode = "plan", labels = {} }"#, "and nothing else"),
        ("(7)", "narrow takes a table"),
        ("(setmetatable({}, { __index = function() return 'plan' end }))", "without a metatable"),
    ])
    func whatIsNotLessIsAnErrorAtItsLine(table: String, reason: String) throws {
        let failure = try failure(table)
        #expect(failure.hasPrefix("10-a.lua:2: ") && failure.contains(reason), "\(failure)")
    }

    @Test func aRequestWithoutRulesOrModeCanBeGivenLessOfThatToo() throws {
        let bare = Self.request.with(["allowed_tools": []]).with("permission_mode", nil)
        #expect(try failure(#"{ allowed_tools = { "Read" } }"#, of: bare).contains("the request names no tool rules"))
        #expect(try failure(#"{ permission_mode = "acceptEdits" }"#, of: bare).contains("where none was asked for"))
        #expect(try granted(#"{ permission_mode = "plan" }"#, of: bare) == #"{"permission_mode":"plan"}"#)
        let odd = Self.request.with("permission_mode", "other")
        #expect(try failure(#"{ permission_mode = "plan" }"#, of: odd).contains("does not narrow other"))
    }

    @Test func severalComeToWhatAllLetThrough() throws {
        #expect(
            try granted(#"{ permission_mode = "default" }"#, #"{ permission_mode = "plan" }"#)
                == #"{"permission_mode":"plan"}"#)
        #expect(
            try granted(
                #"{ allowed_tools = { "Read", "Bash(git:*)" } }"#,
                #"{ allowed_tools = { "Bash(git diff:*)", "Edit" } }"#)
                == #"{"allowed_tools":["Bash(git diff:*)"]}"#)
        #expect(
            try granted(#"{ write_roots = { "/srv/out" } }"#, #"{ write_roots = { "/srv/out/a", "/srv/cache" } }"#)
                == #"{"write_roots":["/srv/out/a"]}"#)
        #expect(
            try granted(#"{ write_roots = { "/srv/out" } }"#, #"{ write_roots = { "/srv/cache" } }"#)
                == #"{"write_roots":[]}"#)
        #expect(
            try granted(
                #"{ repository_write_allowed = false, write_roots = { "/srv/repo/o" } }"#, #"{ write_roots = {} }"#)
                == #"{"write_roots":["/srv/repo/o"],"repository_write_allowed":false}"#)
        #expect(
            try granted(#"{ permission_mode = "plan" } narrow { write_roots = {} }"#)
                == #"{"permission_mode":"plan","write_roots":[]}"#)
    }

    @Test func whatCannotBeCombinedFailsTheLaterPolicy() throws {
        let modes = try failure(#"{ permission_mode = "default" }"#, #"{ permission_mode = "dontAsk" }"#)
        #expect(modes.hasPrefix("11-a.lua: narrow cannot be combined") && modes.contains("permission modes"))
        let tools = try failure(#"{ allowed_tools = { "Read" } }"#, #"{ allowed_tools = { "Edit" } }"#)
        #expect(tools.hasPrefix("11-a.lua: narrow cannot be combined") && tools.contains("tool rules"))
        let twice = try failure(#"{ permission_mode = "default" } narrow { permission_mode = "dontAsk" }"#)
        #expect(twice.hasPrefix("10-a.lua:2: ") && twice.contains("was called before"))
    }

    @Test func aFailureThatIsCaughtStillCounts() throws {
        let worker = try WorkerRun([
            "10-a.lua": #"return function() pcall(narrow, { permission_mode = "auto" }) end"#,
            "20-b.lua": #"return function() narrow { permission_mode = "plan" } end"#,
        ])
        let answers = try #require(try worker.ask(Self.request))
        #expect(answers[0]["failure"]?.string?.contains("a call of narrow failed") == true)
        // The same question again has the same answer: nothing is kept.
        #expect(try worker.ask(Self.request) == answers)
        let plain = try #require(try worker.ask(plainRequest))
        #expect(plain[1]["verdict"] == "allow" && plain.last?["granted"] == .null)
    }

    @Test func testsAssertIt() throws {
        func load(_ test: String) throws -> String? {
            try WorkerRun([
                "10-a.lua": """
                return function(request)
                  if request.permission_mode == "acceptEdits" then narrow { permission_mode = "plan" } end
                end
                """, "tests/a_test.lua": test,
            ]).load?["error"]?["message"]?.string
        }
        let ask = #"request { permission_mode = "acceptEdits" }"#
        #expect(try load("narrows(\(ask), { permission_mode = 'plan' })") == nil)
        #expect(try load("narrows(\(ask), { permission_mode = 'plan' }, '10-a')\nallows(\(ask))") == nil)
        #expect(try load("narrows(request {}, {})") == nil)
        let other = try load("narrows(\(ask), { permission_mode = 'default' })")
        #expect(other?.contains(#"what is granted is {"permission_mode":"plan"}"#) == true, "\(other ?? "")")
        #expect(try load("narrows(request {}, { permission_mode = 'plan' })")?.contains("granted is null") == true)
        #expect(try load("narrows(\(ask), {})")?.contains("should be narrowed to something else") == true)
        #expect(try load("narrows(\(ask), 'plan')")?.contains("narrows takes a request") == true)
        #expect(try load("denies(\(ask), 'x')")?.contains("should be denied") == true)
    }
}
