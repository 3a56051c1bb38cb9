import ArgumentParser
import SpawngateClient
import Testing

@testable import spawngate

@Suite struct CommandTests {
    private func params(_ arguments: String..., in folder: String = "/srv/app") throws -> String {
        try StartCommand.parse(arguments).session.params(currentFolder: folder).json
    }

    @Test func withoutOptionsTheFolderIsAllThereIs() throws {
        #expect(try params() == #"{"name":"app","working_directory":"/srv/app"}"#)
        #expect(try params(in: "/") == #"{"name":"session","working_directory":"/"}"#)
    }

    @Test func aCommandStandsAfterTheTerminator() throws {
        #expect(
            try params("--", "/bin/echo", "--json", "-x")
                == #"{"name":"echo","working_directory":"/srv/app","command":"/bin/echo","args":["--json","-x"]}"#)
    }

    @Test func everyOptionHasItsParam() throws {
        let text = try params(
            "--name", "n", "--cwd", "sub", "--prompt", "do it", "--permission-mode", "plan", "--allowed-tool", "Read",
            "--allowed-tool", "Bash(git diff:*)", "--write-root", "out", "--write-root", "/tmp/w",
            "--runtime-write-root", "/r",
            "--no-repository-write", "--expects-report", "--env", "A=1=2", "--label", "team=core", "--timeout", "2m",
            "--executive", "E", "--mission", "M", "--assignment", "S", "--branch", "B", "--idempotency-key", "K")
        #expect(
            text == #"{"name":"n","working_directory":"/srv/app/sub","prompt":"do it","executive":"E","#
                + #""mission_id":"M","assignment_id":"S","branch":"B","permission_mode":"plan","#
                + #""allowed_tools":["Read","Bash(git diff:*)"],"runtime_write_root":"/r","#
                + #""write_roots":["/srv/app/out","/tmp/w"],"repository_write_allowed":false,"expects_report":true,"#
                + #""environment":{"A":"1=2"},"timeout_ms":120000,"labels":{"team":"core"},"idempotency_key":"K"}"#)
    }

    @Test func aCheckTakesWhatAStartTakes() throws {
        let arguments = ["--prompt", "p", "--label", "a=b", "--", "x"]
        #expect(
            try PolicyCheckCommand.parse(arguments).session.params(currentFolder: "/")
                == StartCommand.parse(arguments).session.params(currentFolder: "/"))
    }

    @Test(arguments: [
        ["--prompt", "a", "--prompt-file", "b"], ["--env", "A=1", "--env", "A=2"], ["--label", "a=", "--label", "a=1"],
        ["--env", "A"], ["--env", "=1"], ["--timeout", "soon"], ["ls"], ["--promt", "x"],
    ])
    func aWrongStartIsWrongUsage(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try StartCommand.parse(arguments) }
        #expect(error.map { StartCommand.exitCode(for: $0) } == .validationFailure)
    }

    @Test(arguments: ["[1]", "{", "1", #"{"a":1,"a":2}"#])
    func aCallRefusesParamsThatAreNoObject(json: String) {
        #expect(throws: (any Error).self) { try CallCommand.parse(["server.ping", json]) }
    }

    @Test func pagesAreAskedForUntilThereAreEnough() throws {
        let (client, far) = try FarEnd.connect()
        try far.answer(#"{"jsonrpc":"2.0","id":1,"result":{"sessions":[{"id":"a"},{"id":"b"}],"next_cursor":"c1"}}"#)
        try far.answer(#"{"jsonrpc":"2.0","id":2,"result":{"sessions":[{"id":"c"}],"next_cursor":"c2"}}"#)
        let extent = try ListExtent.parse(["--limit", "3"])
        let answer = try extent.collect(from: client, "session.list", ["status": "exited"], under: "sessions")
        #expect(answer.json == #"{"sessions":[{"id":"a"},{"id":"b"},{"id":"c"}],"next_cursor":"c2"}"#)
        let heard = try far.heard()
        #expect(heard.count == 2)
        #expect(heard.first?.hasSuffix(#""params":{"status":"exited","limit":3}}"#) == true)
        #expect(heard.last?.hasSuffix(#""params":{"status":"exited","limit":1,"cursor":"c1"}}"#) == true)
    }
}
