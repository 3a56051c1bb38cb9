internal import TestSupport
internal import Testing
internal import Wire

extension AgentTests {
    @Suite struct Prompts {
        @Test(arguments: [
            "Say hello.", "--dangerously-skip-permissions", "-", "two\nlines, \"quoted\" $HOME `id` \u{1F600}",
        ])
        func thePromptReachesTheModelAsItWasGiven(prompt: String) throws {
            let run = try AgentRun([["say": "good day"]])
            let record = try run.run(prompt)
            #expect(record["status"]?.string == "exited")
            #expect(record["exit_code"]?.int == 0)
            #expect(try run.server.output(of: record) == "good day\n")
            let asked = try #require(try run.model.requests.first)
            #expect(asked.userTexts.contains(prompt))
        }

        @Test func aPromptOf200KilobytesReachesTheModelWhole() throws {
            let run = try AgentRun([["say": "much"]])
            let prompt = "begin " + (0..<22_000).map { "\($0) é, " }.joined() + "end"
            try #require(prompt.utf8.count > 200_000)
            #expect(try run.run(prompt)["exit_code"]?.int == 0)
            let asked = try #require(try run.model.requests.first)
            #expect(asked.userTexts.contains(prompt))
        }

        @Test func theArgumentsSaidByTheKernelAreTheRecordsAndHoldNoPrompt() throws {
            let run = try AgentRun([["hang": true]])
            let record = try run.start("a secret word", ["permission_mode": "plan", "allowed_tools": ["Read"]])
            try Waiting.until("a request to the model") { try !run.model.requests.isEmpty }
            let pid = try #require(record["pid"]?.int)
            let arguments = ProcessFacts(pid: Int32(pid)).arguments
            #expect(Array(arguments.dropFirst()) == record["args"]?.strings)
            #expect(arguments.contains("--print"))
            for process in ProcessFacts.all {
                #expect(!process.arguments.contains { $0.contains("a secret word") })
            }
        }
    }
}
