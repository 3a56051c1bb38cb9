internal import TestSupport
internal import Testing
internal import Wire

extension AgentTests {
    @Suite struct Permissions {
        @Test func acceptEditsLetsTheAgentWrite() throws {
            let run = try AgentRun([AgentRun.write("a.txt", "one\n"), ["say": "done"]])
            #expect(try run.run("Write.", ["permission_mode": "acceptEdits"])["exit_code"]?.int == 0)
            #expect(run.text("a.txt") == "one\n")
        }

        @Test(arguments: ["plan", "default", "dontAsk", nil])
        func anyOtherModeDoesNot(mode: String?) throws {
            let run = try AgentRun([AgentRun.write("a.txt"), ["say": "I may not"]])
            let more: JSONValue = [:]
            let record = try run.run("Write.", more.with("permission_mode", mode.map(JSONValue.string)))
            #expect(record["exit_code"]?.int == 0)
            #expect(run.text("a.txt") == nil)
            let last = try #require(try run.model.requests.last)
            #expect(last.toolResults.map(\.isError) == [true])
        }

        @Test func allowedToolsAreAllThatTheModelIsOffered() throws {
            let run = try AgentRun([["say": "done"]])
            _ = try run.run("Look.", ["allowed_tools": ["Write", "Bash(echo:*)", "Bash(git log:*)"]])
            let asked = try #require(try run.model.requests.first)
            #expect(asked.tools == ["Write", "Bash"])
        }

        @Test func withoutAllowedToolsTheAgentOffersItsOwn() throws {
            let run = try AgentRun([["say": "done"]])
            _ = try run.run("Look.")
            let asked = try #require(try run.model.requests.first)
            #expect(asked.tools.isSuperset(of: ["Bash", "Edit", "Read", "Write"]))
        }

        @Test func allowedToolsRunAndAllOthersAreRefused() throws {
            let run = try AgentRun([
                AgentRun.shell("echo allowed"), AgentRun.shell("touch forbidden"),
                ["use": "Read", "with": ["file_path": "/etc/hostname"]], AgentRun.write("b.txt"), ["say": "done"],
            ])
            _ = try run.run("Work.", ["allowed_tools": ["Write", "Bash(echo:*)"], "permission_mode": "default"])
            let results = try #require(try run.model.requests.last).toolResults
            #expect(results.map(\.isError) == [false, true, true, false])
            #expect(results.first?.text == "allowed")
            #expect(run.text("forbidden") == nil)
            #expect(run.text("b.txt") == "written\n")
        }
    }
}
