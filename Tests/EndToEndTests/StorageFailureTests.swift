import DecisionLog
import Platform
import TestSupport
import Testing
import Wire

/// Where the log cannot be written nothing starts and nothing changes, sessions go on, and it recovers by itself.
@Suite(.timeLimit(.minutes(5))) struct StorageFailureTests {
    private static let isRoot = Process.userIdentifier == 0
    private static let hasTrace = (try? File.status(of: "/usr/bin/strace")) != nil
    private static let denying = [
        "10-branch.lua": #"return function(request) if request.branch == "no" then deny("branch", "no") end end"#
    ]

    /// Puts a small filesystem under the state folder, once, and then runs the server.
    private static let onSmallDisk = """
        state=; for word in "$@"; do [ "$state" = next ] && state=$word && break; [ "$word" = --state ] && state=next; done
        mkdir -p -m 700 "$state"
        mountpoint -q "$state" || mount -t tmpfs -o size=6m,mode=700 spawngate-test "$state" || exit 77
        exec "$0" "$@"
        """

    private static func leaves(_ server: RunningServer) throws -> [JSONValue] {
        let size = try #require(try server.call("log.checkpoint")["size"]?.int)
        var tree = MerkleTree()
        let leaves = try (0..<size).map { number -> JSONValue in
            let answer = try server.call("decision.get", ["seq": .integer(number)])
            _ = tree.append(.leaf(Array(try #require(answer["leaf"]?.string).utf8)))
            return try #require(answer["decision"])
        }
        #expect(try server.call("log.checkpoint")["root"]?.string == tree.root.base64)
        return leaves
    }

    /// Denied starts, which need the log and nothing else, until one is refused for want of it; how many were recorded.
    private static func denyUntilStorageFails(_ server: RunningServer, atMost limit: Int) throws -> Int {
        for number in 0..<limit {
            let refusal = try #require(try server.refusal("session.start", server.shell("exit 0", ["branch": "no"])))
            if refusal.code == -32053 {
                #expect(refusal.data["status"] == 503 && refusal.data["decision_id"] == nil)
                return number
            }
            #expect(refusal.code == -32010)
        }
        throw TimedOut("a storage that fails")
    }

    @Test(.enabled(if: isRoot, "a small filesystem can be mounted by root alone"))
    func aFullDiskStartsNothingAndEndsByItself() throws {
        let server = try RunningServer(policies: Self.denying, launcher: ["/bin/sh", "-c", Self.onSmallDisk])
        defer {
            _ = try? server.terminate()
            _ = try? ChildProcess(
                path: "/bin/umount", arguments: ["umount", "-l", server.stateFolder], environment: [], descriptors: []
            ).waitForEnd()
        }
        let running = try server.start(RunningServer.untilToldToGoOn)
        let stopped = try server.start("sleep 1000")
        let tokens = try server.call("token.list")
        let fill = "\(server.stateFolder)/fill"
        try Self.fill(fill)
        let recorded = try Self.denyUntilStorageFails(server, atMost: 20_000)
        for (method, params): (String, JSONValue) in [
            ("session.start", server.shell("touch ran")), ("token.create", ["name": "t", "roles": ["viewer"]]),
            ("token.revoke", ["id": "admin"]), ("log.rotate", [:]),
        ] {
            #expect(try server.refusal(method, params)?.code == -32053, "\(method)")
        }
        #expect(try server.call("token.list") == tokens)
        // What runs goes on, can be looked at, and can be stopped.
        #expect(try server.call("session.get", ["id": running["id"] ?? .null])["status"] == "running")
        let end = try server.call("session.stop", ["id": stopped["id"] ?? .null, "grace_ms": 0])
        #expect(end["status"] == "stopped" && end["exit_signal"]?.int != nil)

        try File.remove(fill)
        try Waiting.until("a start that is recorded") {
            try server.refusal("session.start", server.shell("exit 0")) == nil
        }
        #expect(try server.call("token.create", ["name": "t", "roles": ["viewer"]])["token"] != nil)
        try server.tellToGoOn()
        #expect(try server.wait(running)["exit_code"] == 0)
        try Waiting.until("the record of the stop") {
            try Self.leaves(server).contains { $0["kind"] == "stop.requested" && $0["session_id"] == stopped["id"] }
        }
        try server.kill9()
        try server.start()
        let leaves = try Self.leaves(server)
        #expect(leaves.filter { $0["verdict"] == "deny" }.count == recorded)
        #expect(leaves.filter { $0["verdict"] == "allow" }.count == 3)
        #expect(try server.call("session.get", ["id": stopped["id"] ?? .null])["exit_signal"] == end["exit_signal"])
        #expect((try? File.status(of: "\(server.workFolder)/ran")) == nil)
    }

    private static func fill(_ path: String) throws {
        let file = try File.open(path, .append)
        for size in [1 << 16, 4096, 1] {
            let piece = [UInt8](repeating: 1, count: size)
            while (try? file.writeAll(piece)) != nil {}
        }
    }

    @Test(.enabled(if: hasTrace, "strace makes fsync fail"), arguments: [25, 33])
    func aFailedFsyncAcknowledgesNothingAndLosesNothing(which: Int) throws {
        // Detached (-D), so that the server is the child of the test and not of strace.
        let server = try RunningServer(
            policies: Self.denying,
            launcher: [
                "/usr/bin/strace", "-D", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e",
                "inject=fdatasync:error=EIO:when=\(which)..\(which + 1)",
            ])
        let session = try server.start("sleep 1000")
        let recorded = try Self.denyUntilStorageFails(server, atMost: 200)
        var after = 0
        try Waiting.until("a start that is recorded") {
            let refusal = try server.refusal("session.start", server.shell("exit 0", ["branch": "no"]))
            if refusal?.code == -32010 { after += 1 }
            return after == 10
        }
        #expect(try server.call("session.get", ["id": session["id"] ?? .null])["status"] == "running")
        try server.kill9()
        try server.start()
        #expect(try Self.leaves(server).filter { $0["verdict"] == "deny" }.count == recorded + after)
    }

    /// Makes fsync fail on the database itself, which is written to only where the write-ahead log is copied into it: twice
    /// when the server opens it, then once the log has grown.
    private static let onFailingDatabase = """
        state=; for word in "$@"; do [ "$state" = next ] && state=$word && break; [ "$word" = --state ] && state=next; done
        exec /usr/bin/strace -D -qq -o /dev/null -P "$state/spawngate.db" -e trace=fdatasync \
            -e inject=fdatasync:error=EIO:when=3..4 "$0" "$@"
        """

    @Test(.enabled(if: hasTrace, "strace makes fsync fail"))
    func aFailedFsyncBetweenTurnsIsNotedBeforeMoreIsAcknowledged() throws {
        let server = try RunningServer(
            policies: Self.denying, launcher: ["/bin/sh", "-c", Self.onFailingDatabase])
        let session = try server.start("sleep 1000")
        let long = JSONValue.array([JSONValue](repeating: .string(String(repeating: "x", count: 4000)), count: 12))
        let params = server.shell("exit 0", ["branch": "no"]).with("args", long)
        var recorded = 0
        var refused = 0
        // Enough for several copies; the first fails after its answers have left, and what comes next hears of it.
        while recorded < 300 {
            let code = try server.refusal("session.start", params)?.code
            if code == -32053 { refused += 1 } else { recorded += 1 }
            #expect(code == -32010 || code == -32053)
        }
        #expect(refused == 1, "the second failure is of the attempt to settle the doubt")
        #expect(server.log.contains("storage failed"))
        let journal = try File.status(of: "\(server.stateFolder)/spawngate.db-wal").size
        #expect(journal < 6 << 20, "it is begun anew as ever: \(journal)")
        #expect(try server.call("session.get", ["id": session["id"] ?? .null])["status"] == "running")
        try server.kill9()
        try server.start()
        #expect(try Self.leaves(server).filter { $0["verdict"] == "deny" }.count == recorded)
    }

    /// A small run of `make turns`, which reads the server's system calls: an answer leaves in a turn that has waited for the
    /// disk before.
    @Test(.enabled(if: hasTrace && PythonProgram.path != nil, "strace shows the turns, and Python reads it"))
    func noAnswerLeavesBeforeItsTurnHasWaitedForTheDisk() throws {
        let python = try #require(PythonProgram.path)
        let run = try CommandRun(
            python, ["\(ShippedPolicies.repository)/scripts/turns.py", BuiltPrograms.folder, "640"],
            milliseconds: 120_000)
        let hasNoneEarly = run.output.contains("before the wait of their turn: 0")
        #expect(run.status == 0 && hasNoneEarly, "\(run.output)\(run.errors)")
    }
}
