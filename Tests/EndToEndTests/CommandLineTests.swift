import Platform
import TestSupport
import Testing
import Wire

/// The commands, as people and scripts use them: what they print, and their exit status.
@Suite(.timeLimit(.minutes(5))) struct CommandLineTests {
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

    @Test func logsAreFollowedToTheEnd() throws {
        let script = #"printf 'a\377'; echo err >&2; sleep 0.2; echo late"#
        let id = try #require(try server.start(script)["id"]?.string)
        let both = try run("logs", "-f", "--both", id)
        #expect(both.status == 0 && both.output == String(decoding: [0x61, 0xFF] + "late\n".utf8, as: UTF8.self))
        #expect(both.errors == "err\n")
        #expect(try run("logs", "-f", "--bytes", "3", id).output == "te\n")
        #expect(try run("logs", "-f", "--stderr", id).output == "err\n")
        let lines = try run("logs", "-f", "--json", id).output.split(separator: "\n")
        #expect(try lines.map { try JSONValue(text: String($0))["stream"] }.contains("stderr"))
    }

    @Test func changesAreWatched() throws {
        let (near, far) = try SocketPair().split()
        let null = try File.open("/dev/null", .readWrite(create: false, truncate: false))
        let watch = try ChildProcess(
            path: BuiltPrograms.path("spawngate"), arguments: ["spawngate", "watch", "--status", "exited"],
            environment: ["SPAWNGATE_SERVER=127.0.0.1:\(server.port)", "SPAWNGATE_TOKEN=\(try server.adminToken())"],
            descriptors: [null.number, far.number, null.number])
        // It says nothing when it has begun.
        try Waiting.until("a line of the watch") {
            _ = try server.run("exit 7")
            return try Waiting.untilReadable(near.number, milliseconds: 1)
        }
        var buffer = [UInt8](repeating: 0, count: 4096)
        guard case .processed(let count) = try buffer.withUnsafeMutableBytes({ try near.descriptor.read(into: $0) })
        else { throw TimedOut("a line") }
        let line = String(decoding: buffer[..<count], as: UTF8.self)
        #expect(line.contains("  ended  test-") && line.contains("  exited  exit 7\n"))
        try watch.signal(Process.kill)
        _ = try watch.waitForEnd()
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

    @Test func whatCannotBePrintedIsNotTakenForDone() throws {
        func status(_ command: String) throws -> Int32? {
            try CommandRun(
                "/bin/sh", ["-c", "\(BuiltPrograms.path("spawngate")) \(command)"],
                environment: ["SPAWNGATE_SERVER=127.0.0.1:\(server.port)", "SPAWNGATE_STATE=\(server.stateFolder)"]
            ).status
        }
        // A closed descriptor's number is what the next one gets: it must not be that of the connection.
        for output in [">&-", ">/dev/full"] { #expect(try status("list --json \(output)") == 1, "\(output)") }
        #expect(server.log.contains("it sent a frame over") == false)
        for errors in ["2>&-", "2>/dev/full", "<&- 2>&-"] {
            #expect(try status("start --cwd \(server.workFolder) --branch denied -- true \(errors)") == 3, "\(errors)")
        }
    }

    @Test func wrongUsageIsStatusTwo() throws {
        #expect(try run("get").status == 2)
        #expect(try run("no-such-command").status == 2)
        #expect(try run("start", "--promt", "x").status == 2)
        let time = try run("decision", "list", "--since", "yesterday")
        #expect(
            time.status == 2 && time.errors.contains("'yesterday'") && time.errors.contains("how long ago: 90s, 30m"))
    }

    @Test func everyCommandHasHelpWithAnExample() throws {
        for command in ["", "serve", "start", "list", "get", "logs", "stop", "wait", "watch", "report", "call"] {
            let help = try CommandRun("spawngate", (command.isEmpty ? [] : [command]) + ["--help"])
            #expect(help.status == 0)
            #expect(help.output.contains("EXAMPLE"), "\(command)")
        }
    }

    @Test func theVersionIsTheServers() throws {
        let version = try #require(try server.call("server.info")["version"]?.string)
        #expect(try run("--version").output == "\(version)\n")
    }

    @Test func tokensAreMadeListedAndRevoked() throws {
        let made = try JSONValue(text: try run("token", "create", "--json", "ci", "--role", "viewer").output)
        let client = try server.connect(token: try #require(made["token"]?.string))
        #expect(try run("token", "list").output.contains("ci"))
        #expect(try run("token", "revoke", "ci").status == 0)
        #expect(try client.receiveAll().isEmpty)
    }
}
