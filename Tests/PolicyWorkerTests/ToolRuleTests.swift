import TestSupport
import Testing
import Wire

/// A granted tool rule covers an asked one only where every call that the asked one lets through is let through.
@Suite struct ToolRuleTests {
    static let cases: [(granted: String, asked: String, isCovered: Bool)] = [
        // The whole tool.
        ("Read", "Read", true), ("Read", "Edit", false), ("Read", "Read(src/**)", true),
        ("Read(src/**)", "Read", false),
        ("Bash", "Bash(git push)", true), ("Bash(*)", "Bash(rm -rf /)", true), ("Bash(*)", "Bash", true),
        ("Bash", "Bash(*)", true), ("Bash(git:*)", "Bash", false), ("Bash(git:*)", "Bash(*)", false),
        ("read", "Read", false), ("Rea", "Read", false), ("WebFetch", "WebFetch(domain:x.org)", true),
        ("WebFetch(domain:x.org)", "WebFetch(domain:x.org)", true), ("WebFetch(domain:x.org)", "WebFetch", false),
        ("WebFetch(domain:x.org)", "WebFetch(domain:x.org.evil.org)", false),
        // Commands: `:*` and ` *` at the end stand behind a word.
        ("Bash(git:*)", "Bash(git)", true), ("Bash(git:*)", "Bash(git diff)", true),
        ("Bash(git:*)", "Bash(git diff:*)", true), ("Bash(git:*)", "Bash(git *)", true),
        ("Bash(git *)", "Bash(git:*)", true), ("Bash(git *)", "Bash(git diff HEAD)", true),
        ("Bash(git:*)", "Bash(gitk)", false), ("Bash(git:*)", "Bash(gitk:*)", false),
        ("Bash(git:*)", "Bash(git*)", false), ("Bash(git*)", "Bash(git:*)", true), ("Bash(git*)", "Bash(gitk)", true),
        ("Bash(git diff:*)", "Bash(git:*)", false), ("Bash(git diff:*)", "Bash(git push)", false),
        ("Bash(git diff:*)", "Bash(git difftool)", false), ("Bash(npm run test:*)", "Bash(npm run test:unit)", false),
        ("Bash(npm run test:*)", "Bash(npm run test -- x)", true), ("Bash(ls)", "Bash(ls)", true),
        ("Bash(ls)", "Bash(ls -l)", false), ("Bash(ls)", "Bash(ls:*)", false),
        ("Bash(git * push)", "Bash(git a push)", false),
        // What the CLI splits or looks behind is never certain.
        ("Bash(git:*)", "Bash(git diff && rm x)", false), ("Bash(git:*)", "Bash(git diff; rm x)", false),
        ("Bash(git:*)", "Bash(git diff | sh)", false), ("Bash(git:*)", "Bash(git diff || rm x)", false),
        ("Bash(git:*)", "Bash(git diff & rm x)", false), ("Bash(git:*)", "Bash(git $(rm x))", false),
        ("Bash(git:*)", "Bash(git `rm x`)", false), ("Bash(git:*)", "Bash(git diff > /etc/x)", false),
        ("Bash(git:*)", "Bash(git diff\nrm x)", false), ("Bash(git:*)", "Bash(git diff),Bash(rm:*)", false),
        ("Bash(timeout:*)", "Bash(timeout 5 rm x)", false), ("Bash(env:*)", "Bash(env sh)", false),
        ("Bash(xargs:*)", "Bash(xargs rm)", false), ("Bash(sudo:*)", "Bash(sudo rm x)", false),
        // Files.
        ("Read(src/**)", "Read(src/a.c)", true), ("Read(src/**)", "Read(src/a/b.c)", true),
        ("Read(src/**)", "Read(src/**)", true), ("Read(src/**)", "Read(src/*)", true),
        ("Read(src/**)", "Read(srcs/a)", false), ("Read(src/**)", "Read(src/../x)", false),
        ("Read(src/**)", "Read(/src/a)", false), ("Read(/src/**)", "Read(//src/a)", false),
        ("Read(src/**)", "Read(**)", false), ("Read(src/**)", "Edit(src/a)", false),
        ("Edit(//srv/a/**)", "Edit(//srv/a/b)", true), ("Edit(//srv/a/**)", "Edit(//srv/ab)", false),
        ("Edit(src/**)", "Edit(src/..)", false), ("Read(src/a.c)", "Read(src/a.c)", true),
        ("Read(src/a.c)", "Read(src/b.c)", false), ("Read(src/*)", "Read(src/a/b)", false),
        // Servers.
        ("mcp__docs", "mcp__docs__search", true), ("mcp__docs__*", "mcp__docs__search", true),
        ("mcp__docs__search", "mcp__docs", false), ("mcp__docs", "mcp__docsx__search", false),
        ("mcp__docs__se*", "mcp__docs__search", true), ("mcp__docs__search", "mcp__docs__search", true),
        ("mcp__*", "mcp__docs__search", false), ("mcp__docs", "Read", false), ("mcp__docs__*", "mcp__*", false),
        // No rules at all.
        ("", "Read", false), ("Read", "", false), ("Bash(", "Bash(ls)", false), ("Bash", "Bash(", false),
        ("Bash", "Bash()", false), ("*", "Read", false), ("Read", "*", false),
    ]

    @Test func aRuleCoversWhatTheTableSays() throws {
        func quoted(_ text: String) -> String { "\"\(text.split(separator: "\n").joined(separator: "\\n"))\"" }
        let rows = Self.cases.map { "{ \(quoted($0.granted)), \(quoted($0.asked)) }" }.joined(separator: ", ")
        let worker = try WorkerRun([
            "10-covers.lua": """
            local rows = { \(rows) }
            return function()
              local answers = {}
              for i, row in ipairs(rows) do
                local one, listed = tool.covers(row[1], row[2]), tool.covers({ "Other", row[1] }, row[2])
                answers[i] = one == listed and tostring(one) or "inconsistent"
              end
              deny("answers", "%s", table.concat(answers, " "))
            end
            """
        ])
        let denial = try #require(try worker.ask()?.first?["denials"]?.array?.first?["reason"]?.string)
        let answers = denial.split(separator: " ").map(String.init)
        try #require(answers.count == Self.cases.count)
        for (one, answer) in zip(Self.cases, answers) {
            #expect(answer == "\(one.isCovered)", "\(one.granted) covers \(one.asked)")
        }
    }
}
