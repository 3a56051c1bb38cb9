import Platform
import TestSupport
import Testing
import Wire

/// Sessions whose processes try everything to outlive a stop. `make storm` runs 250 of them and prints its figures.
@Suite(.timeLimit(.minutes(10))) struct StopStormTests {
    private static let isStorm = Process.environment("SPAWNGATE_STORM") != nil
    private static let escapeesPerSession = 25
    private static let grace: Int64 = 300

    /// Starts 25 processes that carry `tag` in their arguments, five of each way out; half of them are deaf to TERM.
    private static func script(_ tag: String) -> String {
        """
        cp /bin/sleep './[kworker]'
        deaf='trap "" TERM HUP INT; while :; do sleep 1000; done # \(tag)'
        for i in 1 2 3 4 5; do
          # daemon(3): forks, leaves the session and the folder, forks again, closes what it had open.
          perl -e 'use POSIX; fork and exit; setsid; chdir "/"; fork and exit; close $_ for (\\*STDIN, \\*STDOUT, \\*STDERR);
            exec "/bin/sleep", "1000.\(tag)"'
          (setsid sh -c "$deaf" &)
          nohup setsid sh -c "$deaf" > /dev/null 2>&1 &
          # Under another name, stopped, and with another environment.
          env -i setsid './[kworker]' 1000.\(tag) & kill -STOP $!
          # Takes in the orphans of its own, so that they do not come to the shim.
          setsid perl -e 'syscall(157, 36, 1, 0, 0, 0); $SIG{TERM} = "IGNORE"; unless (fork) { setpgrp; unless (fork) { sleep 1000 }
            exit } sleep 1000 while 1; # \(tag)' &
        done
        echo ready
        while :; do sleep 0.1; done
        """
    }

    /// Forks without end, within a limit on the processes of a user of its own.
    private static func bomb(_ tag: String) -> String {
        """
        exec setpriv --reuid 64997 --clear-groups prlimit --nproc=60 \
          bash -c 'trap "" TERM; echo ready; b() { while :; do b & done; }; b 2>&-; # \(tag)'
        """
    }

    private static func alive(_ tag: String) -> Int {
        ProcessFacts.all.count { process in
            process.isRunning && process.arguments.contains { $0.contains(tag) }
        }
    }

    private static func milliseconds(since begin: Int64) -> Int64 { (Waiting.now - begin) / 1_000_000 }

    @Test func noneOfManyEscapeesSurvivesAStop() throws {
        let server = try RunningServer()
        try stopMany(server, "by the tree of processes")
    }

    @Test(.enabled(if: TestCgroup.isAvailable, "needs cgroup v2"))
    func noneOfManyEscapeesSurvivesAStopByCgroup() throws {
        let cgroup = try TestCgroup()
        let server = try RunningServer(arguments: ["--cgroup", cgroup.path])
        try stopMany(server, "by cgroup")
        #expect(cgroup.sessions.isEmpty)
    }

    private func stopMany(_ server: RunningServer, _ how: String) throws {
        let sessions = Self.isStorm ? 10 : 2
        let tag = "777\(Int.random(in: 100_000_000...999_999_999))"
        let records = try (0..<sessions).map { _ in try server.start(Self.script(tag)) }
        for record in records { try server.waitForOutput("ready", of: record) }
        // The one with orphans of its own counts for two more; the shells above them carry the tag as well.
        try Waiting.until("all escapees") { Self.alive(tag) >= sessions * Self.escapeesPerSession }
        let escapees = Self.alive(tag)
        let begin = Waiting.now
        let clients = try records.map { _ in try server.connect() }
        let stops = try zip(clients, records).map { client, record in
            try client.request("session.stop", ["id": record["id"] ?? .null, "grace_ms": .integer(Self.grace)])
        }
        for (client, stop) in zip(clients, stops) { #expect(try client.answer(to: stop)["status"] == "stopped") }
        let milliseconds = Self.milliseconds(since: begin)
        #expect(Self.alive(tag) == 0, "a stop is answered once the whole tree is gone")
        guard Self.isStorm else { return }
        print("stop, \(how): 0 of \(escapees) processes in \(sessions) sessions left after \(milliseconds) ms")
        #expect(milliseconds < Self.grace + 1000)
    }

    @Test(.enabled(if: Process.userIdentifier == 0, "changes the user, so that a limit of processes holds"))
    func aForkBombUnderALimitIsStopped() throws {
        let server = try RunningServer()
        for _ in 0..<(Self.isStorm ? 10 : 1) {
            let tag = "778\(Int.random(in: 100_000_000...999_999_999))"
            let record = try server.start(Self.bomb(tag))
            try server.waitForOutput("ready", of: record)
            try Waiting.until("a bomb at its limit") { Self.alive(tag) >= 50 }
            let begin = Waiting.now
            let id = record["id"] ?? .null
            #expect(try server.call("session.stop", ["id": id, "grace_ms": .integer(Self.grace)])["exit_signal"] == 9)
            let milliseconds = Self.milliseconds(since: begin)
            #expect(Self.alive(tag) == 0)
            if Self.isStorm { print("stop of a fork bomb at its limit: \(milliseconds) ms") }
        }
    }

    /// A shim that is killed takes its agent with it; what that had started is found and ended, whatever it has made of
    /// its environment, by the server that started the shim.
    @Test func aKilledShimIsALostSessionOfWhichNothingIsLeft() throws {
        let server = try RunningServer()
        var slowest: Int64 = 0
        let rounds = Self.isStorm ? 50 : 5
        for round in 0..<rounds {
            let tag = "779\(Int.random(in: 100_000_000...999_999_999))"
            let record = try server.start(Self.strays(tag))
            try server.waitForOutput("ready", of: record)
            try Waiting.until("all strays") { Self.alive(tag) >= 4 }
            let agent = Int32(try #require(record["pid"]?.int))
            try Signals.kill(try #require(server.shim(of: record)))
            let begin = Waiting.now
            try Waiting.untilGone(pid: agent)
            slowest = max(slowest, Self.milliseconds(since: begin))
            let lost = try server.wait(record)
            #expect(lost["status"] == "lost", "round \(round)")
            #expect(lost["exit_code"] == .null && lost["exit_signal"] == .null, "round \(round)")
            #expect(Self.alive(tag) == 0, "round \(round)")
        }
        #expect(ProcessFacts(pid: server.pid).children.allSatisfy { ProcessFacts(pid: $0).state != "Z" })
        if Self.isStorm {
            print("kill -9 of a shim, \(rounds) rounds: agent gone within \(slowest) ms at most, all lost")
        }
    }

    private static func strays(_ tag: String) -> String {
        """
        trap '' TERM HUP INT
        (env -i setsid sleep 1000.\(tag) &)
        (setsid sleep 1000.\(tag) &)
        env -i perl -e 'use POSIX; fork and exit; setsid; fork and exit; exec "/bin/sleep", "1000.\(tag)"'
        sleep 1000.\(tag) &
        echo ready
        while :; do sleep 0.1; done
        """
    }
}
