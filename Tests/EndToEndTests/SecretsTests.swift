import Crypto
import Platform
import TestSupport
import Testing
import Wire

/// Prompts and values of the environment: hashes in the log, the texts beside it until they are erased.
@Suite(.timeLimit(.minutes(5))) struct SecretsTests {
    private static let quoting = [
        "10-quoting.lua": """
        return function(request)
          if request.branch == "denied" then
            deny("length", "%d bytes, %s", #request.prompt, request.environment.KEY:find("value") and "mine" or "?")
          end
        end
        """
    ]
    private static let secrets: JSONValue = ["prompt": "marker-prompt", "environment": ["KEY": "marker-value"]]

    private func serve(_ arguments: String...) throws -> RunningServer {
        try RunningServer(policies: Self.quoting, arguments: arguments)
    }

    private func deny(_ server: RunningServer, _ more: JSONValue = [:]) throws -> JSONValue {
        let params = server.shell("", Self.secrets.with("branch", "denied").with(more))
        return try #require(try server.refusal("session.start", params)?.data["decision_id"])
    }

    /// The files under a folder that hold these bytes.
    private static func files(in folder: String, with text: String) throws -> [String] {
        try File.list(folder).flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            if try File.status(of: path).isDirectory { return try files(in: path, with: text) }
            return try File.read(path, bytesMax: 64 << 20).firstRange(of: Array(text.utf8)) == nil ? [] : [path]
        }
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] { SHA256.bytes(hexadecimal: hexadecimal) ?? [] }

    @Test func theLeafHasSaltedHashesAndTheAnswerTheTexts() throws {
        let server = try serve()
        let id = try #require(try server.run("exit 0", Self.secrets)["decision_id"])
        let answer = try server.call("decision.get", ["id": id])
        #expect(answer["leaf"]?.string == answer["decision"]?.text)
        #expect(answer["leaf"]?.string?.contains("marker") == false)
        #expect(answer["erased"] == false)
        let secrets = try #require(answer["secrets"])
        #expect(secrets["prompt"] == "marker-prompt" && secrets["environment"] == ["KEY": "marker-value"])
        let salt = Self.bytes(secrets["salt"]?.string ?? "")
        #expect(salt.count == 16)
        func hash(_ path: String, _ text: String) -> JSONValue {
            .string(SHA256.hex(salt + [0] + Array(path.utf8) + [0] + Array(text.utf8)))
        }
        let request = answer["decision"]?["request"]
        #expect(request?["prompt"] == ["salted_sha256": hash("prompt", "marker-prompt")])
        #expect(request?["environment"] == ["KEY": ["salted_sha256": hash("environment.KEY", "marker-value")]])
        let again = try server.call(
            "decision.get", ["id": try server.run("exit 0", Self.secrets)["decision_id"] ?? .null])
        #expect(again["secrets"]?["salt"] != secrets["salt"], "a salt is used once")
        #expect(try server.call("decision.list")["decisions"]?.array?.last == answer["decision"])
    }

    @Test func aDecisionWithoutSecretsHasNone() throws {
        let server = try serve()
        let id = try #require(try server.run("exit 0")["decision_id"])
        let answer = try server.call("decision.get", ["id": id])
        #expect(answer["secrets"] == .null && answer["erased"] == false)
        #expect(answer["decision"]?["request"]?["environment"] == [:])
        #expect(answer["decision"]?["request"]?.names.contains("prompt") == false)
        #expect(try server.call("decision.erase", ["id": id]) == ["erased": 0, "wiped": true])
        #expect(try server.call("decision.get", ["id": id]) == answer)
    }

    @Test func theDatabaseIsItsOwnersAloneAlsoInAFolderThatIsOpen() throws {
        let server = try serve()
        _ = try server.run("exit 0", Self.secrets)
        let files = ["spawngate.db", "spawngate.db-wal", "spawngate.db-shm"].map { "\(server.stateFolder)/\($0)" }
        func modes() throws -> [UInt32] { try files.map { try File.status(of: $0).mode & 0o777 } }
        #expect(try modes() == [0o600, 0o600, 0o600])
        // As an earlier server has left them.
        try server.kill9()
        #expect(try CommandRun("/bin/chmod", ["644"] + files).status == 0)
        try server.start()
        #expect(try modes() == [0o600, 0o600, 0o600])
        #expect(try server.run("exit 3")["exit_code"] == 3)
    }

    @Test func replaysSeeTheTextsWhileTheyAreKept() throws {
        let server = try serve()
        let id = try deny(server)
        _ = try server.run("exit 0", Self.secrets)
        let recorded = try server.call("decision.get", ["id": id])
        let denial = recorded["decision"]?["policies"]?.array?.first?["denials"]?.array?.first
        #expect(denial?["reason"] == "13 bytes, mine")
        let replayed = try server.call("decision.replay", ["id": id])
        #expect(replayed["same"] == true)
        #expect(!replayed.text.contains("marker"), "it is about the record")
        let digest = JSONValue.string(try server.policySet() ?? "")
        let all = try server.call("policy.replay", ["policy_set": digest])
        #expect(all["total"] == 2 && all["same"] == 2 && all["reworded"] == 0 && all["erased"] == 0, "\(all.text)")
    }

    @Test func whatIsErasedIsInNoFileAndNoAnswer() throws {
        let server = try serve()
        var ids: [JSONValue] = []
        for number in 0..<60 {
            let text = JSONValue.string("marker-\(number)-" + String(repeating: "x", count: number % 5 * 4000))
            ids.append(try deny(server, ["prompt": text, "environment": ["KEY": text, "OTHER": text]]))
        }
        let session = try server.run("cat > /dev/null", Self.secrets)
        ids.append(session["decision_id"] ?? .null)
        let before = try ids.map { try server.call("decision.get", ["id": $0]) }
        #expect(try server.call("session.metadata", ["id": session["id"] ?? .null])["prompt"] == "marker-prompt")
        #expect(try !Self.files(in: server.stateFolder, with: "marker-").isEmpty)

        #expect(try server.call("decision.erase", ["id": ids[0]]) == ["erased": 1, "wiped": true])
        #expect(try Self.files(in: server.stateFolder, with: "marker-0-").isEmpty)
        #expect(try server.call("decision.erase", ["id": ids[0]])["erased"] == 0, "it is done already")
        #expect(
            try server.call("decision.erase", ["before": "2100-01-01T00:00:00.000Z"]) == ["erased": 60, "wiped": true])
        #expect(try Self.files(in: server.stateFolder, with: "marker-") == [])

        for (id, old) in zip(ids, before) {
            let answer = try server.call("decision.get", ["id": id])
            let expected = old.with("secrets", .null).with("erased", true)
            #expect(answer.with("checkpoint", nil) == expected.with("checkpoint", nil))
            #expect(answer["leaf"] == old["leaf"])
        }
        #expect(try server.call("session.metadata", ["id": session["id"] ?? .null])["prompt"] == .null)
        let refusal = try server.refusal("decision.replay", ["id": ids[0]])
        #expect(refusal?.code == -32009 && refusal?.data["erased"] == true)
        _ = try server.run("exit 0")
        let replay = try server.call("policy.replay", ["files": ["a.lua": "return function() end"]])
        #expect(replay["total"] == 1 && replay["erased"] == 61, "\(replay.text)")
        try server.restart()
        #expect(try server.call("decision.get", ["id": ids[3]])["erased"] == true)
    }

    @Test func onlyWhatIsOlderGoes() throws {
        let server = try serve()
        let ids = try (0..<3).map { _ in try deny(server) }
        let time = try #require(try server.call("decision.get", ["id": ids[2]])["decision"]?["time"])
        try server.call("decision.erase", ["before": time])
        #expect(try server.call("decision.get", ["id": ids[2]])["erased"] == false)
        for params: JSONValue in [[:], ["id": "x", "before": time], ["before": "yesterday"]] {
            #expect(try server.refusal("decision.erase", params)?.code == -32602)
        }
        #expect(try server.refusal("decision.erase", ["id": "d-none"])?.code == -32004)
    }

    @Test func theServerErasesByItselfWhatIsOldEnough() throws {
        let server = try serve("--erase-secrets-after", "1s")
        let id = try deny(server)
        try Waiting.until("the secrets to be erased") {
            try server.call("decision.get", ["id": id])["erased"] == true
        }
        // The answer comes from the same turn or a later one than the one that emptied the journal.
        #expect(try Self.files(in: server.stateFolder, with: "marker-") == [])
        #expect(server.log.contains("secrets of old decisions erased"))
    }

    @Test func whatJudgesWithoutTheServerGetsTheTextsWithTheDecision() throws {
        let server = try serve()
        let id = try deny(server).string ?? ""
        func run(_ arguments: String...) throws -> CommandRun {
            try CommandRun(
                "spawngate", arguments,
                environment: ["SPAWNGATE_SERVER=127.0.0.1:\(server.port)", "SPAWNGATE_STATE=\(server.stateFolder)"])
        }
        let shown = try run("decision", "show", "--json", id).output
        let whole = try server.folder.write("whole.json", shown)
        let judged = try run("policy", "eval", "--request", whole, "--policies", server.policyFolder)
        #expect(judged.status == 3 && judged.output.contains("13 bytes, mine"), "\(judged.errors)")
        let bare = try server.folder.write("bare.json", try JSONValue(text: shown)["decision"]?.text ?? "")
        let refused = try run("policy", "eval", "--request", bare, "--policies", server.policyFolder)
        #expect(refused.status == 1 && refused.errors.contains("are not in it, only their hashes"))
        // A folder that allows this very prompt and no other: the hash or a placeholder would not find it.
        let open = #"return function(r) if r.prompt ~= "marker-" .. "prompt" then deny("other", "no") end end"#
        try server.folder.write("open/10-quoting.lua", open)
        let found = try run(
            "policy", "diff", server.policyFolder, "\(server.folder.path)/open", "--from-server", "--tries", "10")
        #expect(found.status == 1 && found.output.contains("marker-prompt"), "\(found.output)\(found.errors)")
    }

    @Test func anIdempotencyKeyHoldsAfterwardsAsFarAsCanBeTold() throws {
        let server = try serve()
        let params = server.shell("exit 0", Self.secrets.with("idempotency_key", "k"))
        let session = try server.wait(try server.call("session.start", params))
        #expect(try server.refusal("session.start", params.with("prompt", "other"))?.code == -32009)
        try server.call("decision.erase", ["id": session["decision_id"] ?? .null])
        #expect(try server.call("session.start", params) == session)
        #expect(try server.refusal("session.start", params.with("branch", "b"))?.code == -32009)
    }
}
