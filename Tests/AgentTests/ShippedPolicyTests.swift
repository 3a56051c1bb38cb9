internal import Platform
internal import TestSupport
internal import Testing
internal import Wire

extension AgentTests {
    @Suite struct ShippedPolicies {
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

        // The shipped folder, with two folders of this machine added to the site's lists as an administrator would.
        private static func shipped() throws -> [String: String] {
            let folder = "\(try File.realPath(ScriptedModel.repository))/policies"
            var policies: [String: String] = [:]
            for name in try File.list(folder).filter({ $0.hasSuffix(".lua") }) {
                policies[name] = try text("\(folder)/\(name)")
            }
            policies["lib/shipped.lua"] = try text("\(folder)/lib/site.lua")
            let agent = try File.realPath(try #require(AgentRun.agent))
            let temporary = try File.realPath(Process.environment("TMPDIR") ?? "/tmp")
            policies["lib/site.lua"] = """
                local site = require "lib.shipped"
                table.insert(site.program_folders, "\(File.parent(of: agent))")
                table.insert(site.working_roots, "\(temporary)")
                return site
                """
            return policies
        }

        private static func text(_ path: String) throws -> String {
            String(decoding: try File.read(path, bytesMax: 1 << 20), as: UTF8.self)
        }
    }
}
