import TestSupport
import Testing
import Wire

/// What the helpers of policies answer, asked as policies ask.
@Suite struct HelperTests {
    /// The values of Lua expressions as text: "true", "nil", what a string says; "error: …" where one fails.
    private func values(_ expressions: [String]) throws -> [String] {
        let functions = expressions.map { "function() return \($0) end" }.joined(separator: ",\n")
        let worker = try WorkerRun([
            "10-helpers.lua": """
            local expressions = { \(functions) }
            return function()
              for _, expression in ipairs(expressions) do
                local ok, value = pcall(expression)
                values = (values or "") .. (ok and tostring(value) or "error: " .. value) .. "\\n"
              end
              for start = 1, #values, 2000 do deny("values", "%s", values:sub(start, start + 1999)) end
            end
            """
        ])
        try #require(worker.load?["error"] == .null, "\(worker.load?.text ?? "no answer")")
        let answer = try #require(try worker.ask()?.first)
        let text = (answer["denials"]?.array ?? []).compactMap { $0["reason"]?.string }.joined()
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    private func check(_ cases: [(expression: String, value: String)]) throws {
        let values = try values(cases.map(\.expression))
        try #require(values.count == cases.count)
        for (one, value) in zip(cases, values) { #expect(value == one.value, "\(one.expression)") }
    }

    @Test func aPathIsWithinByWholeComponents() throws {
        try check([
            (#"path.within("/work/a", "/work/a")"#, "true"), (#"path.within("/work/a/b", "/work/a")"#, "true"),
            (#"path.within("/work/ab", "/work/a")"#, "false"), (#"path.within("/work", "/work/a")"#, "false"),
            (#"path.within("/work/a", "/work/a/")"#, "true"), (#"path.within("/work/a/", "/work/a")"#, "true"),
            (#"path.within("/x", "/")"#, "true"), (#"path.within("/", "/")"#, "true"),
            (#"path.within("/", "/x")"#, "false"), (#"path.within("/work/a/../b", "/work/a")"#, "false"),
            (#"path.within("/work/a/./b", "/work/a")"#, "false"), (#"path.within("/work/a//b", "/work/a")"#, "false"),
            (#"path.within("/work/a/..", "/work/a")"#, "false"), (#"path.within("/work/a", "/work/..")"#, "false"),
            (#"path.within("/work/a/...", "/work/a")"#, "true"), (#"path.within("", "/")"#, "false"),
            (#"path.within("/Work/a", "/work")"#, "false"), (#"path.within("/a\0b", "/")"#, "false"),
            (#"path.within("a/b", "a")"#, "true"), (#"path.within("/work/a", { "/srv", "/work" })"#, "true"),
            (#"path.within("/work/a", { "/srv", "/opt" })"#, "false"), (#"path.within("/work/a", {})"#, "false"),
        ])
    }

    @Test func pathsAreTakenApartAndPutTogether() throws {
        try check([
            (#"path.join("/a", "b")"#, "/a/b"), (#"path.join("/a/", "b", "c")"#, "/a/b/c"),
            (#"path.join("/a", "/b")"#, "/a/b"), (#"path.join("/", "b")"#, "/b"), (#"path.join("/a", "")"#, "/a"),
            (#"path.parent("/a/b")"#, "/a"), (#"path.parent("/a")"#, "/"), (#"path.parent("/")"#, "nil"),
            (#"path.parent("/a/b/")"#, "/a"), (#"path.parent("a")"#, "nil"), (#"path.name("/a/b")"#, "b"),
            (#"path.name("/a/b/")"#, "b"), (#"path.name("/")"#, ""), (#"path.name("a")"#, "a"),
        ])
    }

    @Test func aGlobMatchesTheWholeText() throws {
        try check([
            (#"glob.match("*.lua", "a.lua")"#, "true"), (#"glob.match("*.lua", "a.lua.txt")"#, "false"),
            (#"glob.match("*.lua", "d/a.lua")"#, "false"), (#"glob.match("**.lua", "d/a.lua")"#, "true"),
            (#"glob.match("/srv/**", "/srv/a/b")"#, "true"), (#"glob.match("/srv/**", "/srv")"#, "false"),
            (#"glob.match("/srv/*", "/srv/a/b")"#, "false"), (#"glob.match("*", "")"#, "true"),
            (#"glob.match("", "")"#, "true"), (#"glob.match("", "a")"#, "false"),
            (#"glob.match("a?c", "abc")"#, "true"), (#"glob.match("a?c", "a/c")"#, "false"),
            (#"glob.match("a?c", "ac")"#, "false"), (#"glob.match("[a-c]x", "bx")"#, "true"),
            (#"glob.match("[a-c]x", "dx")"#, "false"), (#"glob.match("[!a-c]x", "dx")"#, "true"),
            (#"glob.match("[!a-c]x", "bx")"#, "false"), (#"glob.match("[!a]", "/")"#, "false"),
            (#"glob.match("a.c", "abc")"#, "false"), (#"glob.match("%a", "x")"#, "false"),
            (#"glob.match("A", "a")"#, "false"), (#"glob.match(("*a"):rep(20) .. "b", ("a"):rep(1000))"#, "false"),
            (#"glob.match("*b*", "abc")"#, "true"), (#"glob.match("a**b", "a/x/b")"#, "true"),
        ])
    }

    @Test func aRuleIsParsedOrIsNone() throws {
        try check([
            (#"tool.parse("Read")"#, "Read"), (#"select(2, tool.parse("Read"))"#, "nil"),
            (#"select(2, tool.parse("Bash(git diff:*)"))"#, "git diff:*"), (#"tool.parse("Bash(git diff:*)")"#, "Bash"),
            (#"tool.parse("mcp__docs__search")"#, "mcp__docs__search"), (#"tool.parse("")"#, "nil"),
            (#"tool.parse("Bash(")"#, "nil"), (#"tool.parse("Bash()")"#, "nil"), (#"tool.parse("(x)")"#, "nil"),
            (#"tool.parse("Bash(x) y")"#, "nil"), (#"tool.parse("Bash (x)")"#, "nil"),
            (#"tool.parse("Read(x) Bash(touch:*)")"#, "nil"), (#"tool.parse("--permission-mode")"#, "nil"),
            (#"tool.parse("Default")"#, "nil"), (#"select(2, tool.parse("Bash(f (x) y)"))"#, "f (x) y"),
            (#"tool.parse("Bash(f) x)")"#, "nil"),
            (##"select("#", tool.parse("no rule ("))"##, "2"),
        ])
    }
}
