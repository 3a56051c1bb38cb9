import DecisionLog
import Platform
import TestSupport
import Testing
import Wire

/// A log that a real server has written over a socket is checked without it, and what was changed in it is found.
@Suite(.timeLimit(.minutes(20))) struct LogVerifyTests {
    /// Allowed, denied and failed decisions, secrets kept and erased, events, and a change of the key.
    private static let policies = [
        "10-rule.lua": """
        return function(request)
          if request.name == "no" then deny("no", "%s is no name", request.name) deny("no", "again") deny("other", "é\\n") end
          if request.name == "fails" then error("it fails") end
        end
        """,
        "20-other.lua": #"return function(request) if request.executive == "x" then deny("no", "not for x") end end"#,
    ]

    let server: RunningServer
    /// What a stranger was given: a copy of the database, checkpoints, and what no stranger gets, the keys.
    let evidence: TemporaryFolder

    init() throws {
        server = try RunningServer(policies: Self.policies)
        evidence = try TemporaryFolder()
    }

    private func start(_ name: String, _ more: JSONValue = [:]) throws {
        _ = try server.refusal("session.start", server.shell("exit 0", more).with("name", .string(name)))
    }

    private func keep(_ name: String) throws {
        try evidence.write(name, try #require(try server.call("log.checkpoint")["checkpoint"]?.string))
    }

    private func keepKey(_ name: String) throws {
        let text = String(decoding: try File.read("\(server.stateFolder)/log.key", bytesMax: 4096), as: UTF8.self)
        try evidence.write(name, text)
    }

    private func copyDatabase(_ names: [String] = ["spawngate.db"]) throws {
        for name in names {
            let bytes = try File.read("\(server.stateFolder)/\(name)", bytesMax: 64 << 20)
            try File.replace("\(evidence.path)/\(name)", with: bytes, permissions: 0o600)
        }
    }

    /// Does all that makes leaves; the server runs on.
    private func makeLog() throws {
        try Waiting.until("the policies") { try server.policySet() != nil }
        let secret: JSONValue = ["prompt": "Grüße \"an\" alle\n", "environment": ["TOKEN": "s3cret", "PATH": "/bin"]]
        try start("yes", secret)
        try start("no")
        try start("fails", ["labels": ["\u{1F600}": "a", "\u{FB33}": "b", "\"": "c"]])
        try keep("early.txt")
        try server.call("token.create", ["name": "eve", "roles": ["viewer"]])
        _ = try server.connectUnauthenticated().refusal("auth.authenticate", ["token": "sg_0_0"])
        let erased = try server.start("exit 0", ["prompt": "to be forgotten", "mission_id": "m"])
        try server.call("decision.erase", ["id": erased["decision_id"] ?? .null])
        try keepKey("old.key")
        try server.call("log.rotate")
        try keepKey("new.key")
        try keep("middle.txt")
        try server.savePolicy("30-more.lua", "return function(request) end")
        try Waiting.until("the new policies") {
            try server.call("policy.list")["policies"]?.array?.count == 3
        }
        try start("yes", secret.with("executive", "x"))
        try start("yes", ["timeout_ms": 60_000, "executive": "y"])
        try keep("last.txt")
        try start("no", ["prompt": "after the last checkpoint"])
    }

    private func verify(_ arguments: [String], file: String? = nil) throws -> CommandRun {
        try CommandRun("spawngate", ["log", "verify", file ?? "\(evidence.path)/spawngate.db"] + arguments)
    }

    private func checkpoints(_ names: [String] = ["early", "middle", "last"]) -> [String] {
        names.flatMap { ["--checkpoint", "\(evidence.path)/\($0).txt"] }
    }

    @Test func aGoodLogIsGoodAndItsDecisionsComeOutTheSame() throws {
        try makeLog()
        let size = try #require(try server.call("log.checkpoint")["size"]?.int)
        try server.kill9()
        try copyDatabase(["spawngate.db", "spawngate.db-wal"])
        let before = try ["spawngate.db", "spawngate.db-wal"].map {
            try File.read("\(evidence.path)/\($0)", bytesMax: 64 << 20)
        }
        let run = try verify(checkpoints() + ["--execute", "--json"])
        #expect(run.status == 0, "\(run.errors)")
        let found = try JSONValue(text: run.output)
        #expect(found["good"] == true && found["size"]?.int == size && found["checkpoints"]?.array?.count == 3)
        #expect(found["decisions"] == 7 && found["erased"] == 1 && found["secrets_kept"] == 3)
        #expect(found["executed"] == ["same": 6, "without_secrets": 1, "without_policies": 0, "errors_that_differ": 0])
        let after = try ["spawngate.db", "spawngate.db-wal"].map {
            try File.read("\(evidence.path)/\($0)", bytesMax: 64 << 20)
        }
        #expect(before == after, "nothing is changed")
        #expect(try File.list(evidence.path).filter { $0.hasPrefix("spawngate.db") }.count == 2, "and nothing made")
        let text = try verify([])
        #expect(text.status == 0 && text.output.contains("agrees with itself"))
        // Both keys vouch for the whole log; a stranger's does not.
        for name in ["old.key", "new.key"] {
            let secret = String(decoding: try File.read("\(evidence.path)/\(name)", bytesMax: 4096), as: UTF8.self)
            let key = try #require(NoteSigner(String(secret.dropLast()))).verifier.text
            #expect(try verify(checkpoints() + ["--key", key]).status == 0)
        }
        let stranger = try #require(NoteSigner(name: "a", seed: [UInt8](repeating: 1, count: 32))).verifier.text
        #expect(try verify(checkpoints() + ["--key", stranger]).status == 1)
    }

    /// A database has no checkpoint of its own that an unknown key would have signed.
    @Test func aKeyThatNobodyVouchedForIsNotTrusted() throws {
        try start("yes")
        let old = try #require(try server.call("log.key")["key"]?.string)
        try server.kill9()
        try File.remove("\(server.stateFolder)/log.key")
        try server.start()
        let new = try #require(try server.call("log.key")["key"]?.string)
        try server.terminate()
        try copyDatabase()
        let plain = try verify([])
        #expect(plain.status == 0 && plain.output.contains("without the signature of the one before"))
        for (keys, status) in [([old], Int32(1)), ([new], 0), ([old, new], 0)] {
            let options = keys.flatMap { ["--key", $0] }
            let run = try verify(options)
            #expect(run.status == status, "\(run.output)\(run.errors)")
            #expect((status == 1) == run.errors.contains("goes on under a key that the given one does not vouch for"))
            guard let python = PythonProgram.path else { continue }
            let script = ShippedPolicies.repository + "/scripts/verify_log.py"
            #expect(try CommandRun(python, [script, "\(evidence.path)/spawngate.db"] + options).status == status)
        }
    }

    @Test(arguments: [true, false]) func whatTheServerExportsIsGood(withSecrets: Bool) throws {
        try makeLog()
        let file = "\(evidence.path)/log.jsonl"
        let export = try CommandRun(
            "spawngate", ["log", "export", "--output", file] + (withSecrets ? ["--secrets"] : []),
            environment: ["SPAWNGATE_SERVER=127.0.0.1:\(server.port)", "SPAWNGATE_TOKEN=\(try server.adminToken())"])
        #expect(export.status == 0, "\(export.errors)")
        let run = try verify(checkpoints() + ["--execute", "--json"], file: file)
        #expect(run.status == 0, "\(run.errors)")
        let executed = try JSONValue(text: run.output)["executed"]
        #expect(executed?["same"] == (withSecrets ? 6 : 3), "\(run.output)")
        if let python = PythonProgram.path {
            let script = try ChildProcess(
                path: python,
                arguments: [python, ShippedPolicies.repository + "/scripts/verify_log.py", file] + checkpoints(),
                environment: ["PATH=/usr/bin:/bin"], descriptors: [0, 2, 2])
            let end = try script.waitForEnd()
            #expect(end == .exited(code: 0))
        }
    }

    /// A part is checked by itself: a run of records, and a choice of them, each damaged in turn.
    @Test func partsOfALogAreCheckedToo() throws {
        try makeLog()
        let size = try #require(try server.call("log.checkpoint")["size"]?.int)
        try keep("now.txt")
        let file = "\(evidence.path)/part.jsonl"
        func export(_ arguments: [String]) throws -> [JSONValue] {
            let run = try CommandRun(
                "spawngate", ["log", "export", "--secrets", "--output", file] + arguments,
                environment: [
                    "SPAWNGATE_SERVER=127.0.0.1:\(server.port)", "SPAWNGATE_TOKEN=\(try server.adminToken())",
                ])
            #expect(run.status == 0, "\(run.errors)")
            let text = String(decoding: try File.read(file, bytesMax: 64 << 20), as: UTF8.self)
            return try text.split(separator: "\n").map { try JSONValue(text: String($0)) }
        }
        func found(_ lines: [JSONValue], _ more: [String] = []) throws -> JSONValue {
            try evidence.write(
                "part.jsonl", lines.map { String(decoding: CanonicalJSON.bytes(of: $0), as: UTF8.self) + "\n" }.joined()
            )
            let run = try verify(more + ["--json"], file: file)
            return run.output.isEmpty ? .string(run.errors) : try JSONValue(text: run.output)
        }
        for (arguments, range, isChoice) in [
            (["--from", "2", "--to", "\(size - 2)"], 2..<(size - 2), false), (["--to", "3"], 0..<3, false),
            (["--from", "\(size - 1)"], (size - 1)..<size, false), (["--from", "3", "--to", "3"], 3..<3, false),
            (["--verdict", "deny"], 0..<size, true), (["--verdict", "allow", "--from", "4"], 4..<size, true),
        ] {
            let lines = try export(arguments)
            let good = try found(lines, ["--checkpoint", "\(evidence.path)/now.txt", "--execute"])
            #expect(good["good"] == true && good["chosen"] == .bool(isChoice) && good["size"]?.int == size, "\(good)")
            #expect(good["from"]?.int == range.lowerBound && good["to"]?.int == range.upperBound)
            let leaves = lines.indices.filter { lines[$0]["type"] == "leaf" }
            #expect(good["records"]?.int == Int64(leaves.count) && (isChoice || leaves.count == range.count))
            for leaf in leaves {
                let number = lines[leaf]["seq"]?.int
                let text = try #require(lines[leaf]["text"]?.string)
                var changed = lines
                changed[leaf] = lines[leaf].with("text", .string(text.replacing(".", with: ":")))
                #expect(try found(changed)["first_bad"]?.int == number, "a text that is not a record's")
                let other = text.replacing(#""time":"2"#, with: #""time":"1"#)
                changed[leaf] = lines[leaf].with("text", .string(other))
                #expect(try found(changed)["first_bad"]?.int == (isChoice ? number : range.lowerBound), "another's")
                var fewer = lines
                fewer.remove(at: leaf)
                #expect(try found(fewer)["good"] == false, "one that is missing")
            }
            for proof in lines.indices where lines[proof]["proof"]?.array?.isEmpty == false {
                // Of a run of one record the proof stands there twice.
                let changed = lines.map { line in
                    line["proof"] == lines[proof]["proof"] ? line.with("proof", .array([])) : line
                }
                #expect(try found(changed)["good"] == false, "a proof that is missing")
            }
            let earlier = try verify(["--checkpoint", "\(evidence.path)/early.txt"], file: file)
            #expect(earlier.status == 2 && earlier.errors.contains("export the log whole"), "\(earlier.errors)")
        }
    }

    @Test func aDatabaseWithoutItsJournalIsNotGood() throws {
        try start("yes")
        try server.kill9()
        try copyDatabase()
        let run = try verify([])
        #expect(
            run.status == 1 && run.errors.contains("no record at all; a database has its newest in spawngate.db-wal"))
        if let python = PythonProgram.path {
            let script = ShippedPolicies.repository + "/scripts/verify_log.py"
            let second = try CommandRun(python, [script, "\(evidence.path)/spawngate.db"])
            #expect(second.status == 1 && second.output.contains(#""first_bad": 0"#), "\(second.output)")
        }
    }

    /// As on a disk for reading only, or where the copy is another's.
    @Test func aCopyWithItsJournalIsReadWhereNothingCanBeMade() throws {
        try makeLog()
        try server.kill9()
        try copyDatabase(["spawngate.db", "spawngate.db-wal"])
        let files = ["spawngate.db", "spawngate.db-wal"].map { "\(evidence.path)/\($0)" }
        #expect(try CommandRun("/bin/chmod", ["444"] + files).status == 0)
        #expect(try CommandRun("/bin/chmod", ["555", evidence.path]).status == 0)
        let other =
            Process.userIdentifier == 0
            ? ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
        let run = try CommandRun("spawngate", ["log", "verify", files[0]] + checkpoints(), launcher: other)
        #expect(run.status == 0 && run.output.contains("7 of them decisions"), "\(run.errors)")
        if let python = PythonProgram.path {
            let script = ShippedPolicies.repository + "/scripts/verify_log.py"
            let second = try CommandRun(python, [script, files[0]] + checkpoints(), launcher: other)
            #expect(second.status == 0, "\(second.output)\(second.errors)")
        }
        #expect(try CommandRun("/bin/chmod", ["755", evidence.path]).status == 0)
        #expect(try File.list(evidence.path).filter { $0.hasPrefix("spawngate.db") }.count == 2)
    }

    @Test func wrongUsageIsNoVerdict() throws {
        try server.terminate()
        try copyDatabase()
        try evidence.write("text", "hello\n")
        for arguments in [
            ["--key", "none"], ["--checkpoint", "\(evidence.path)/text"], ["--checkpoint", "/nowhere"], ["--wrong"],
        ] {
            #expect(try verify(arguments).status == 2, "\(arguments)")
        }
        #expect(try verify([], file: "\(evidence.path)/text").status == 2)
        #expect(try verify([], file: "/nowhere").status == 2)
        let folder = try verify([], file: evidence.path)
        #expect(folder.status == 2 && folder.errors.contains("\(evidence.path) is a folder, and no file."))
        #expect(try verify([], file: "\(evidence.path)/spawngate.db").status == 0)
    }

    /// Every record flipped, deleted, swapped, duplicated, cut off …, as a database and as an export, and random damage: the
    /// program and the Python verifier find the same, given the last outside checkpoint; and what came after it, rewritten
    /// by whoever holds the key, neither can find. A record that says what its policies do not say is found by
    /// `--execute` alone, where it is one that can be run again.
    @Test(.enabled(if: PythonProgram.path != nil, "Python's package cryptography is missing; make test has it"))
    func damageIsFoundAndBothVerifiersSayTheSame() throws {
        let python = try #require(PythonProgram.path)
        try makeLog()
        try server.terminate()
        try copyDatabase()
        let here = ShippedPolicies.repository
        let count = Process.environment("SPAWNGATE_DAMAGE") ?? "50"
        let seed = Process.environment("SPAWNGATE_DAMAGE_SEED") ?? "1"
        let output = try File.open("\(evidence.path)/output", .createNew)
        let null = try File.open("/dev/null", .read)
        let process = try ChildProcess(
            path: python,
            arguments: [
                python, "\(here)/Tests/LogDamage/damage_log.py", "--spawngate", BuiltPrograms.path("spawngate"),
                "--verifier", "\(here)/scripts/verify_log.py", "--every", "--random", count, "--seed", seed,
                evidence.path,
            ],
            environment: ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(evidence.path)"],
            descriptors: [null.number, output.number, output.number])
        let end = try process.waitForEnd()
        let text = String(decoding: try output.readAt(0, count: try output.status().size), as: UTF8.self)
        print(text)
        #expect(end == .exited(code: 0) && text.contains("said the same of every one"))
    }
}
