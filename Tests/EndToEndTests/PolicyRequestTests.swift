import Platform
import TestSupport
import Testing
import Wire

/// What policies see is what is used.
@Suite(.timeLimit(.minutes(5))) struct PolicyRequestTests {
    /// Denies with all that it sees, one denial for each member.
    private static let telling = """
        local function text(value)
          if type(value) ~= "table" then return tostring(value) end
          if #value > 0 then
            local parts = {}
            for i, part in ipairs(value) do parts[i] = text(part) end
            return "[" .. table.concat(parts, ",") .. "]"
          end
          local parts = {}
          for name, part in pairs(value) do parts[#parts + 1] = name .. "=" .. text(part) end
          return "{" .. table.concat(parts, ",") .. "}"
        end
        return function(request)
          for name, value in pairs(request) do deny(name, "%s", text(value)) end
        end
        """

    private func seen(_ server: RunningServer, _ params: JSONValue) throws -> [String: String] {
        let refusal = try #require(try server.refusal("session.start", params))
        let denials = refusal.data["denials"]?.array ?? []
        let pairs = denials.map { ($0["rule"]?.string ?? "", $0["reason"]?.string ?? "") }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    @Test func theRequestHasWhatTheSpecificationSays() throws {
        let server = try RunningServer(policies: ["10-tell.lua": Self.telling])
        let root = try server.folder.makeFolder("root")
        let seen = try seen(
            server,
            server.shell("exit 0").with([
                "executive": "CTO", "mission_id": "M", "assignment_id": "A", "branch": "b", "prompt": "do",
                "labels": ["z": "1", "a": "2"], "permission_mode": "plan", "allowed_tools": ["Read", "Bash(ls:*)"],
                "runtime_write_root": .string(root), "write_roots": [.string(root)],
                "repository_write_allowed": false, "expects_report": true, "environment": ["E": "v"],
                "timeout_ms": 5000, "command": "sh",
            ]))
        let shell = try File.realPath("/bin/sh")
        let expected = [
            "name": "test", "executive": "CTO", "mission_id": "M", "assignment_id": "A", "branch": "b", "prompt": "do",
            "labels": "{a=2,z=1}", "permission_mode": "plan", "allowed_tools": "[Read,Bash(ls:*)]",
            "runtime_write_root": root, "write_roots": "[\(root)]", "repository_write_allowed": "false",
            "expects_report": "true", "environment": "{E=v}", "timeout_ms": "5000", "command": "sh",
            "executable": shell, "args": "[-c,exit 0]", "working_directory": server.workFolder,
            "running": "{by_executive={},by_mission={},by_principal={},total=0}",
        ]
        for (name, value) in expected { #expect(seen[name] == value, "\(name)") }
        #expect(seen["principal"]?.hasPrefix("{address=127.0.0.1:") == true)
        #expect(seen["principal"]?.hasSuffix(",name=admin,roles=[admin]}") == true)
        #expect(seen["time"]?.hasPrefix("{iso=20") == true)
        #expect(seen["enforcement"]?.hasPrefix("{available=") == true)
        #expect(Set(seen.keys).subtracting(expected.keys) == ["principal", "time", "enforcement"])
    }

    @Test func whatWasNotGivenIsNilAndListsAreTables() throws {
        let server = try RunningServer(policies: ["10-tell.lua": Self.telling])
        let seen = try seen(server, server.shell("exit 0"))
        for name in ["mission_id", "prompt", "permission_mode", "runtime_write_root", "timeout_ms", "branch"] {
            #expect(seen[name] == nil, "\(name)")
        }
        for name in ["allowed_tools", "write_roots", "labels", "environment"] { #expect(seen[name] == "{}", "\(name)") }
    }

    @Test func theRunningSessionsAreCounted() throws {
        let server = try RunningServer()
        let running = try server.start("sleep 1000", ["executive": "CTO", "mission_id": "M"])
        _ = try server.start("sleep 1000", ["executive": "CTO"])
        try server.kill9()
        try server.start()
        try server.savePolicy("10-allow.lua", Self.telling)
        try server.call("policy.reload")
        #expect(
            try seen(server, server.shell("exit 0"))["running"]
                == "{by_executive={CTO=2},by_mission={M=1},by_principal={admin=2},total=2}")
        try server.call("session.stop", ["id": running["id"] ?? .null])
        #expect(
            try seen(server, server.shell("exit 0"))["running"]
                == "{by_executive={CTO=1},by_mission={},by_principal={admin=1},total=1}")
    }

    @Test func startsThatComeTogetherCountEachOther() throws {
        let one = "return function(request) if request.running.total > 0 then deny('one', 'one is enough') end end"
        let server = try RunningServer(policies: ["10-one.lua": one], arguments: ["--max-sessions", "3"])
        let client = try server.connect()
        func startTogether() throws -> [Int64?] {
            let calls: [JSONValue] = (0..<5).map { number in
                [
                    "jsonrpc": "2.0", "id": .integer(number), "method": "session.start",
                    "params": server.shell("sleep 1000"),
                ]
            }
            let answers = try JSONValue(text: try client.exchange(JSONValue.array(calls).text)).array ?? []
            let codes = answers.map { (id: $0["id"]?.int ?? -1, code: $0["error"]?["code"]?.int) }
            return codes.sorted { $0.id < $1.id }.map(\.code)
        }
        #expect(try startTogether() == [nil, -32010, -32010, -32029, -32029])
        let sessions = try client.call("session.list")["sessions"]?.array ?? []
        #expect(sessions.count == 1)
        try client.call("session.stop", ["id": sessions.first?["id"] ?? .null])
        #expect(try startTogether() == [nil, -32010, -32010, -32029, -32029], "what was refused counts no more")
    }

    @Test func aLinkIsJudgedByWhereItLeads() throws {
        let server = try RunningServer()
        let real = try server.folder.makeFolder("forbidden")
        _ = try server.run("ln -s \(real) link")
        let link = "\(server.workFolder)/link"
        try server.savePolicy(
            "20-folder.lua",
            """
            return function(request)
              if not path.within(request.working_directory, "\(server.workFolder)") then
                deny("folder", "%s", request.working_directory)
              end
            end
            """)
        try server.call("policy.reload")
        for folder in [link, "\(link)/.", "\(link)/../forbidden", "\(server.workFolder)/../forbidden"] {
            let refusal = try server.refusal(
                "session.start", server.shell("").with("working_directory", .string(folder)))
            #expect(refusal?.data["denials"]?.array?.first?["reason"] == .string(real), "\(folder)")
        }
        #expect(try server.run("pwd -P")["working_directory"] == .string(server.workFolder))
    }

    @Test func theProgramIsJudgedByItsRealFile() throws {
        let server = try RunningServer(policies: [
            "10-tell.lua": #"return function(r) deny("x", "%s %s", r.command, tostring(r.executable)) end"#
        ])
        let link = "\(server.workFolder)/true"
        try server.savePolicy("10-tell.lua", "return function() end")
        try server.call("policy.reload")
        _ = try server.run("ln -s /bin/sh true")
        try server.savePolicy(
            "10-tell.lua", #"return function(r) deny("x", "%s %s", r.command, tostring(r.executable)) end"#)
        try server.call("policy.reload")
        let shell = try File.realPath("/bin/sh")
        for (command, text) in [(link, "\(link) \(shell)"), ("./true", "./true \(shell)"), ("no-such", "no-such nil")] {
            let refusal = try server.refusal("session.start", server.shell("").with("command", .string(command)))
            #expect(refusal?.data["denials"]?.array?.first?["reason"] == .string(text))
        }
    }

    @Test func aCheckAnswersAsAStartWouldAndRecordsNothing() throws {
        let server = try RunningServer(policies: [
            "10-a.lua": #"return function(r) if r.branch == "x" then deny("branch", "no %s", r.branch) end end"#
        ])
        let before = try server.call("server.info")["counts"]
        let allowed = try server.call("policy.check", server.shell("echo ran > ran"))
        #expect(allowed["verdict"] == "allow")
        let denied = try server.call("policy.check", server.shell("").with("branch", "x"))
        #expect(denied["verdict"] == "deny")
        #expect(denied["policies"]?.array?.first?["denials"] == [["rule": "branch", "reason": "no x"]])
        #expect(try server.refusal("policy.check", ["name": "x"])?.message == "A working_directory is required.")
        #expect(try server.call("server.info")["counts"] == before)
        #expect(try server.call("decision.list")["decisions"] == [])
        #expect(try File.list(server.workFolder) == [])
    }
}
