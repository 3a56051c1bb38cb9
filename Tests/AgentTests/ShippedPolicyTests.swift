internal import Platform
internal import TestSupport
internal import Testing
internal import Wire

extension AgentTests {
    @Suite struct UnderShippedPolicies {
        @Test func whatTheManualStartsIsAllowed() throws {
            let run = try AgentRun([AgentRun.write("report.md"), ["say": "done"]], policies: Self.shipped())
            let record = try run.run(
                "Write report.md about this repository.",
                ["permission_mode": "acceptEdits", "allowed_tools": ["Read", "Write"], "expects_report": true])
            #expect(record["status"]?.string == "completed")
            let asked = try #require(try run.model.requests.first)
            #expect(asked.tools == ["Read", "Write"])
        }

        @Test func bypassPermissionsIsDenied() throws {
            let run = try AgentRun([["say": "done"]], policies: Self.shipped())
            let params = try run.params("Do it.", ["permission_mode": "bypassPermissions"])
            let refusal = try #require(try run.server.refusal("session.start", params))
            #expect(refusal.code == -32010)
            #expect(refusal.data["denials"]?.array?.first?["rule"]?.string == "permission-mode")
            #expect(try run.model.requests.isEmpty)
        }

        @Test(arguments: ["Read(x) Bash(touch:*)", "Read,Bash", "--permission-mode", "default", "Bash(echo a),Bash"])
        func aRuleThatTheAgentWouldReadInAnotherWayIsRefused(rule: String) throws {
            let run = try AgentRun([["say": "done"]], policies: Self.shipped())
            let params = try run.params("Do it.", ["allowed_tools": ["Read", .string(rule)]])
            let refusal = try #require(try run.server.refusal("session.start", params))
            #expect(refusal.code == -32602)
            #expect(refusal.data["param"]?.string == "allowed_tools")
        }

        private static func shipped() throws -> [String: String] {
            try ShippedPolicies.texts(
                programFolders: [File.parent(of: try File.realPath(try #require(AgentRun.agent)))])
        }
    }
}
