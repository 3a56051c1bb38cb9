import Platform
import TestSupport
import Testing
import Wire

/// One cgroup for each session, and what that is good for.
@Suite(.timeLimit(.minutes(5)), .enabled(if: TestCgroup.isAvailable, "needs cgroup v2"))
struct CgroupTests {
    let cgroup: TestCgroup
    let server: RunningServer

    init() throws {
        cgroup = try TestCgroup()
        server = try RunningServer(arguments: ["--cgroup", cgroup.path])
    }

    private static func cgroup(of pid: Int32) -> String {
        String(decoding: (try? File.read("/proc/\(pid)/cgroup", bytesMax: 4096)) ?? [], as: UTF8.self)
            .split(separator: "\n").first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) } ?? ""
    }

    /// The pid that a session writes into a file, once it is there.
    private static func pid(in file: String) throws -> Int32 {
        var pid: Int32?
        try Waiting.until("a pid in \(file)") {
            pid = (try? File.read(file, bytesMax: 64)).flatMap { Int32(String(decoding: $0, as: UTF8.self).dropLast()) }
            return pid != nil
        }
        return try #require(pid)
    }

    @Test func aSessionIsBornInItsCgroupAndItsShimIsNot() throws {
        let record = try server.start("sleep 1000 & echo $! > child; echo ready; wait")
        try server.waitForOutput("ready", of: record)
        let name = "\(record["id"]?.string ?? "").session"
        let agent = Int32(try #require(record["pid"]?.int))
        #expect(cgroup.sessions == [name])
        #expect(Self.cgroup(of: agent).hasSuffix("/\(name)"))
        #expect(Self.cgroup(of: try Self.pid(in: "\(server.workFolder)/child")).hasSuffix("/\(name)"))
        #expect(!Self.cgroup(of: try #require(server.shim(of: record))).hasSuffix(".session"))
        #expect(try server.call("session.stop", ["id": record["id"] ?? .null])["exit_signal"] == 15)
        try Waiting.until("its cgroup to go") { cgroup.sessions.isEmpty }
        let info = try server.call("server.info")["limits"]
        #expect(info?["session_cgroup"] == .string(cgroup.path) && info?["session_processes"] == .null)
    }

    @Test func aProgramThatCannotRunLeavesNoCgroup() throws {
        try server.folder.write("work/text", "neither", permissions: 0o755)
        let params = server.shell("").with("command", .string("\(server.workFolder)/text"))
        #expect(try server.refusal("session.start", params)?.code == -32050)
        #expect(try server.run("exit 4")["exit_code"] == 4)
        try Waiting.until("the cgroups to go") { cgroup.sessions.isEmpty }
    }

    // The server did not start the shim, and the stray has shed its environment and its family.
    @Test func afterARestartAStrayWithoutMarksIsFoundByItsCgroup() throws {
        let record = try server.start(
            "(env -i setsid sh -c 'echo $$ > stray; exec sleep 1000' &); while [ ! -s stray ]; do sleep 0.01; done; "
                + "echo ready; sleep 1000")
        try server.waitForOutput("ready", of: record)
        let stray = try Self.pid(in: "\(server.workFolder)/stray")
        try server.kill9()
        try server.start()
        try Signals.kill(try #require(server.shim(of: record)))
        #expect(try server.wait(record)["status"] == "lost")
        #expect(!ProcessFacts(pid: stray).isRunning)
        try Waiting.until("its cgroup to go") { cgroup.sessions.isEmpty }
    }

    @Test func whatEndedWhileNoServerWasThereIsTidiedUp() throws {
        let ended = try server.start(RunningServer.untilToldToGoOn)
        let lost = try server.start("(env -i setsid sh -c 'echo $$ > stray; exec sleep 1000' &); sleep 1000")
        let stray = try Self.pid(in: "\(server.workFolder)/stray")
        let running = try server.start("sleep 1000")
        let shims = try [ended, lost].map { try #require(server.shim(of: $0)) }
        try server.kill9()
        try server.tellToGoOn()
        try Signals.kill(shims[1])
        for shim in shims { try Waiting.untilGone(pid: shim) }
        try server.start()
        #expect(try server.wait(lost)["status"] == "lost")
        try Waiting.untilGone(pid: stray)
        try Waiting.until("their cgroups to go") { cgroup.sessions == ["\(running["id"]?.string ?? "").session"] }
        #expect(try server.call("session.stop", ["id": running["id"] ?? .null])["status"] == "stopped")
    }

    @Test(.enabled(if: TestCgroup.controllers.contains("pids"), "needs the controller pids of cgroup v2"))
    func aForkBombIsHeldByItsLimit() throws {
        let server = try RunningServer(arguments: ["--cgroup", cgroup.path, "--max-session-processes", "40"])
        #expect(try server.call("server.info")["limits"]?["session_processes"] == 40)
        let record = try server.start(
            "exec bash -c \"trap '' TERM; b() { while :; do b & done; }; echo ready; b 2>&-\"")
        try server.waitForOutput("ready", of: record)
        let pids = "\(cgroup.path)/\(record["id"]?.string ?? "").session/pids.current"
        try Waiting.until("the bomb at its limit") {
            String(decoding: try File.read(pids, bytesMax: 64), as: UTF8.self) == "40\n"
        }
        let stop: JSONValue = ["id": record["id"] ?? .null, "grace_ms": 100]
        #expect(try server.call("session.stop", stop)["exit_signal"] == 9)
    }

    @Test func aLimitThatCannotBeHadIsARefusalToStart() throws {
        func serve(_ arguments: String...) throws -> CommandRun {
            try CommandRun(
                "spawngate",
                [
                    "serve", "--listen", "127.0.0.1:0", "--state", "\(server.folder.path)/other", "--policies",
                    server.policyFolder,
                ] + arguments)
        }
        let without = try serve("--max-session-processes", "40")
        #expect(without.status == 1 && without.errors.contains("--max-session-processes needs a cgroup"))
        let noCgroup = try serve("--cgroup", "/tmp")
        #expect(noCgroup.status == 1 && noCgroup.errors.contains("is not a folder of cgroup v2"))
        #expect(try serve("--max-session-cpus", "0").status == 2)
        let missing = [
            ("pids", "--max-session-processes", "40"), ("memory", "--max-session-memory-bytes", "100000000"),
            ("cpu", "--max-session-cpus", "1.5"),
        ].filter { !TestCgroup.controllers.contains($0.0) }
        for (name, option, value) in missing {
            let run = try serve("--cgroup", cgroup.path, option, value)
            #expect(run.status == 1 && run.errors.contains("\(option) cannot be had"), "\(name)")
        }
    }

    @Test func withoutACgroupThatIsSaid() throws {
        let plain = try RunningServer()
        let sentence = "Limits on a session's processes, memory and CPU are not available here"
        #expect(plain.log.contains(sentence))
        #expect(try plain.call("server.info")["limits"]?["session_cgroup"]?.string?.hasPrefix(sentence) == true)
    }
}
