import TestSupport
import Testing
import Wire

/// The commands, as people and scripts use them: what they print, and their exit status.
@Suite(.timeLimit(.minutes(1))) struct CommandLineTests {
    let server: RunningServer

    init() throws {
        server = try RunningServer(policies: [
            "10-branch.lua": """
            return function(request)
              if request.branch == "denied" then deny("branch", "no work on %s", request.branch) end
              if request.branch == "broken" then error("oh") end
            end
            """
        ])
    }

    private func run(_ arguments: String...) throws -> CommandRun {
        try CommandRun(
            "spawngate", arguments,
            environment: ["SPAWNGATE_SERVER=127.0.0.1:\(server.port)", "SPAWNGATE_STATE=\(server.stateFolder)"])
    }

    private func start(_ arguments: [String], _ script: String) throws -> CommandRun {
        try CommandRun(
            "spawngate",
            ["start", "--json", "--cwd", server.workFolder, "--name", "cli"] + arguments + ["--", "sh", "-c", script],
            environment: ["SPAWNGATE_SERVER=127.0.0.1:\(server.port)", "SPAWNGATE_TOKEN=\(try server.adminToken())"])
    }

    @Test func aSessionIsStartedReadAndLookedUp() throws {
        let started = try start(["--wait", "--label", "team=core"], "echo out; echo err >&2")
        #expect(started.status == 0, "\(started.errors)")
        let record = try JSONValue(text: started.output)
        let id = try #require(record["id"]?.string)
        #expect(record["status"] == "exited" && record["labels"] == ["team": "core"])
        #expect(try JSONValue(text: try run("get", "--json", id).output) == record)
        #expect(try run("logs", id).output == "out\n")
        #expect(try run("logs", "--stderr", id).output == "err\n")
        #expect(try run("list").output.contains(id))
        #expect(try run("list", "--json").output.contains(id))
        #expect(try run("wait", id).status == 0)
        #expect(try run("stop", "--json", id).status == 0)
        let decision = try #require(record["decision_id"]?.string)
        #expect(try run("decision", "show", decision).output.contains("allow"))
        #expect(try run("decision", "list", "--json").output.contains(decision))
    }

    @Test func aDeniedOrFailedPolicyIsStatusThree() throws {
        let denied = try start(["--branch", "denied"], "exit 0")
        #expect(denied.status == 3)
        let explained = try run("start", "--cwd", server.workFolder, "--branch", "denied", "--", "true")
        #expect(explained.status == 3)
        #expect(explained.errors.contains("no work on denied"))
        #expect(try start(["--branch", "broken"], "exit 0").status == 3)
        #expect(try run("policy", "check", "--cwd", server.workFolder, "--branch", "denied", "--", "true").status == 3)
        #expect(try run("policy", "check", "--cwd", server.workFolder, "--", "true").status == 0)
    }

    @Test func whatFailsIsStatusOneAndOneSentence() throws {
        let missing = try run("get", "none-1")
        #expect(missing.status == 1)
        #expect(missing.errors.contains("Session not found."))
        #expect(missing.output.isEmpty)
        #expect(try start(["--wait"], "exit 7").status == 1)
        #expect(try CommandRun("spawngate", ["list", "--server", "127.0.0.1:1"]).status == 1)
        let wrongToken = try CommandRun(
            "spawngate", ["list", "--server", "127.0.0.1:\(server.port)"], environment: ["SPAWNGATE_TOKEN=sg_0_0"])
        #expect(wrongToken.status == 1)
        #expect(wrongToken.errors.contains("The token is not valid."))
    }

    @Test func wrongUsageIsStatusTwo() throws {
        #expect(try run("get").status == 2)
        #expect(try run("no-such-command").status == 2)
        #expect(try run("start", "--promt", "x").status == 2)
    }

    @Test func everyCommandHasHelpWithAnExample() throws {
        for command in ["", "serve", "start", "list", "get", "logs", "stop", "wait", "report", "call"] {
            let help = try CommandRun("spawngate", (command.isEmpty ? [] : [command]) + ["--help"])
            #expect(help.status == 0)
            #expect(help.output.contains("EXAMPLE"), "\(command)")
        }
    }

    @Test func tokensAreMadeListedAndRevoked() throws {
        let made = try JSONValue(text: try run("token", "create", "--json", "ci", "--role", "viewer").output)
        let client = try server.connect(token: try #require(made["token"]?.string))
        #expect(try run("token", "list").output.contains("ci"))
        #expect(try run("token", "revoke", "ci").status == 0)
        #expect(try client.receiveAll().isEmpty)
    }
}
