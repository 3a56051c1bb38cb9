import Platform
import TestSupport
import Testing
import Wire

/// The kernel holds a session to its write roots, and what was really done stands in its record.
@Suite(.timeLimit(.minutes(5))) struct EnforcementTests {
    private static let landlock: JSONValue = ["level": "landlock", "abi": .integer(abi)]
    private static let none: JSONValue = ["level": "none", "abi": nil]
    private static var abi: Int64 { (try? Landlock.abi()).map(Int64.init) ?? 0 }

    /// A script that tries to write a file in each of its arguments and says where it could, by their order.
    private static let tryToWrite =
        #"n=0; for folder; do n=$((n + 1)); echo x 2> /dev/null > "$folder/written" && printf %s "$n"; done"#

    private func write(_ server: RunningServer, _ folders: [String], _ more: JSONValue = [:]) throws -> String {
        let args = JSONValue.array((["-c", Self.tryToWrite, "sh"] + folders).map(JSONValue.string))
        let record = try server.wait(try server.call("session.start", server.shell("").with("args", args).with(more)))
        return try server.output(of: record)
    }

    @Test func aSessionWritesBelowItsRootsAndNowhereElse() throws {
        let server = try RunningServer()
        let folders = try ["other", "work/below", "root", "runtime", "root/deep"].map {
            try server.folder.makeFolder($0)
        }
        let all = [server.workFolder, folders[0], folders[1], folders[2], folders[3], folders[4], "/tmp"]
        let roots: JSONValue = ["write_roots": [.string(folders[2])], "runtime_write_root": .string(folders[3])]
        #expect(try write(server, all) == "13")
        #expect(try write(server, all, roots) == "13456")
        #expect(try write(server, all, roots.with("repository_write_allowed", false)) == "456")
        #expect(try write(server, all, ["repository_write_allowed": false]) == "")
    }

    @Test func theRecordSaysWhatWasDone() throws {
        let server = try RunningServer()
        let record = try server.start(
            "echo x > \"$TMPDIR/x\" && echo y > /dev/null && \(RunningServer.untilToldToGoOn)")
        #expect(record["enforcement"] == Self.landlock)
        #expect(try server.call("server.info")["enforcement"]?["level"] == "landlock")
        let decision = try server.call("decision.get", ["id": record["decision_id"] ?? .null])
        #expect(decision["decision"]?["request"]?["enforcement"] == ["available": true])
        try server.kill9()
        try server.start()
        #expect(try server.call("session.get", ["id": record["id"] ?? .null])["enforcement"] == Self.landlock)
        try server.tellToGoOn()
        let ended = try server.wait(record)
        #expect(ended["enforcement"] == Self.landlock && ended["exit_code"] == 0)
    }

    @Test func whatNeverRanWasNotHeld() throws {
        let server = try RunningServer()
        let refusal = try server.refusal("session.start", server.shell("").with("command", "/etc/hostname"))
        let id = try #require(refusal?.data["session_id"])
        #expect(try server.call("session.get", ["id": id])["enforcement"] == Self.none)
    }

    @Test func offHoldsNothingAndSaysSo() throws {
        let server = try RunningServer(arguments: ["--enforcement", "off"])
        let other = try server.folder.makeFolder("other")
        #expect(try write(server, [other]) == "1")
        let record = try server.run("exit 0")
        #expect(record["enforcement"] == Self.none)
        #expect(
            try server.call("server.info")["enforcement"] == ["setting": "off", "level": "none", "abi": nil])
        let decision = try server.call("decision.get", ["id": record["decision_id"] ?? .null])
        #expect(decision["decision"]?["request"]?["enforcement"] == ["available": false])
        #expect(server.log.contains("--enforcement off"))
    }

    @Test func configuredPathsAreForEverySession() throws {
        let folder = try TemporaryFolder()
        let cache = try folder.makeFolder("cache")
        let file = try folder.write("settings", "x")
        let server = try RunningServer(arguments: ["--write-path", cache, "--write-path", file])
        let script = "echo y > \(file) && echo z > \(cache)/z && ! echo w > \(folder.path)/w 2> /dev/null && echo so"
        #expect(try server.output(of: try server.run(script)) == "so\n")
    }

    @Test func aRootThatIsTheGateIsRefusedWhateverThePolicySays() throws {
        let server = try RunningServer()
        let programs = BuiltPrograms.folder
        _ = try server.run("ln -s ../state link && ln -s ../policies/ other && mkdir -p deep && ln -s /dev/shm shm")
        let cases: [(String, String)] = [
            (server.stateFolder, "is the state folder"), ("\(server.stateFolder)/sessions", "lies in the state folder"),
            ("\(server.workFolder)/link", "is the state folder"),
            ("\(server.workFolder)/deep/../link/sessions", "lies in the state folder"),
            (server.folder.path, "holds the state folder"), ("\(server.workFolder)/..", "holds the state folder"),
            (server.policyFolder, "is the policy folder"), ("\(server.workFolder)/other", "is the policy folder"),
            (programs, "is the folder of Spawngate's programs"),
            (File.parent(of: programs), "holds the folder of Spawngate's programs"),
            ("/", "is the root of all folders"), ("/proc", "is /proc"), ("/proc/sys", "lies in /proc"),
            ("/sys", "is /sys"), ("/sys/kernel", "lies in /sys"), ("/dev", "is /dev"), ("/dev/shm", "lies in /dev"),
            ("\(server.workFolder)/shm", "lies in /dev"),
        ]
        for (path, words) in cases {
            for param in ["working_directory", "write_roots", "runtime_write_root"] {
                let value = JSONValue.string(path)
                let params = server.shell("exit 0").with(param, param == "write_roots" ? [value] : value)
                let refusal = try server.refusal("session.start", params)
                #expect(refusal?.code == -32602, "\(param) \(path)")
                #expect(refusal?.data["param"] == .string(param))
                #expect(refusal?.message.hasPrefix("\(param) \(words), where no session may write") == true)
            }
        }
        let reading = server.shell("exit 0").with(["working_directory": "/", "repository_write_allowed": false])
        #expect(try server.wait(try server.call("session.start", reading))["exit_code"] == 0)
        #expect(try server.call("decision.list")["decisions"]?.array?.count == 2)
    }

    /// Whoever can replace a link on the way to the policies has the policies.
    @Test func aRootThatHoldsALinkToThePoliciesIsRefused() throws {
        let outside = try TemporaryFolder()
        _ = try outside.makeFolder("real")
        try outside.write("real/10-allow.lua", "return function(request) end")
        let server = try RunningServer()
        _ = try server.run("mkdir -p configuration/deep && ln -s \(outside.path)/real configuration/policies")
        try server.terminate()
        let second = try RunningServer(
            arguments: ["--policies", "\(server.workFolder)/configuration/policies"])
        func refusal(_ folder: String) throws -> String? {
            try second.refusal("session.start", second.shell("").with("working_directory", .string(folder)))?.message
        }
        #expect(try refusal("\(outside.path)/real")?.contains("is the policy folder") == true)
        #expect(try refusal("\(server.workFolder)/configuration")?.contains("holds the policy folder") == true)
        #expect(try refusal("\(server.workFolder)/configuration/deep") == nil)
    }

    @Test func aConfiguredPathThatIsTheGateStopsTheServer() throws {
        let folder = try TemporaryFolder()
        let state = try folder.makeFolder("state")
        let policies = try folder.makeFolder("policies")
        for (path, words) in [
            (state, "is the state folder"), (folder.path, "holds the state folder"),
            ("/", "is the root of all folders"),
            (policies, "is the policy folder"), ("/dev", "is /dev"), ("/dev/pts", "lies in /dev"),
            ("\(folder.path)/none", "cannot be opened: No such file or directory."),
            ("/dev/null", "is neither a folder nor a regular file."),
        ] {
            let run = try CommandRun(
                "spawngate",
                [
                    "serve", "--listen", "127.0.0.1:0", "--state", state, "--policies", policies, "--write-path", path,
                ])
            #expect(run.status == 1)
            #expect(run.errors.contains("--write-path \(path) \(words)"), "\(run.errors)")
        }
    }
}
