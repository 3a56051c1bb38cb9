import Platform
import TestSupport
import Testing
import Wire

/// How the server starts and refuses to start.
@Suite struct ServeTests {
    private func refusal(_ arguments: [String]) throws -> CommandRun {
        let folder = try TemporaryFolder()
        return try CommandRun("spawngate", ["serve", "--state", "\(folder.path)/state"] + arguments)
    }

    @Test func onlyLoopbackIsListenedOnWithoutTLS() throws {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
            let run = try refusal(["--listen", address])
            #expect(run.status == 1)
            #expect(run.output.isEmpty)
            #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
            #expect(run.errors.contains("TLS"))
        }
    }

    @Test func aStateFolderHasOneServer() throws {
        let server = try RunningServer()
        let run = try CommandRun(
            "spawngate", ["serve", "--listen", "127.0.0.1:0", "--state", server.stateFolder])
        #expect(run.status == 1)
        let said = "Another server uses the state folder \(server.stateFolder): process \(server.pid)."
        #expect(run.errors.contains(said), "\(run.errors)")
        try server.call("server.ping")
    }

    @Test func whoHoldsTheLockAndIsNoServerIsNamed() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("state/lock", "")
        let holder = try File.open(path, .read)
        #expect(try holder.tryLock())
        let run = try CommandRun("spawngate", ["serve", "--listen", "127.0.0.1:0", "--state", "\(folder.path)/state"])
        #expect(run.status == 1)
        #expect(run.errors.contains("Process \(Process.identifier) ("), "\(run.errors)")
        #expect(run.errors.contains(") holds \(path) and is no server: end it, and start again."), "\(run.errors)")
    }

    @Test func aTakenPortIsOneLine() throws {
        let server = try RunningServer()
        let run = try refusal(["--listen", "127.0.0.1:\(server.port)"])
        #expect(run.status == 1)
        #expect(run.errors.split(separator: "\n").last?.contains("Address already in use") == true)
    }

    @Test(arguments: [
        ["--max-frame-bytes", "1"], ["--policy-timeout-ms", "0"], ["--no-such"], ["--listen", "nowhere"],
    ])
    func wrongOptionsAreAUsageError(arguments: [String]) throws {
        #expect(try refusal(arguments).status == 2)
    }

    @Test func aTerminatedServerEndsWell() throws {
        let server = try RunningServer()
        let client = try server.connect()
        #expect(try server.terminate() == 0)
        #expect(try client.receiveAll().isEmpty)
    }

    @Test func theInfoSaysWhatTheServerIs() throws {
        let server = try RunningServer(arguments: ["--max-frame-bytes", "100000", "--max-sessions", "7"])
        let info = try server.call("server.info")
        #expect(
            info.names == [
                "version", "uptime_ms", "limits", "counts", "policy_set", "policy_error", "enforcement",
            ])
        #expect(info["limits"]?["frame_bytes"] == 100_000)
        #expect(info["limits"]?["sessions_running"] == 7)
        #expect(info["counts"]?["sessions"] == 0)
        #expect(info["policy_error"] == .null)
    }

    @Test func theStateIsForItsOwnerAlone() throws {
        let server = try RunningServer()
        _ = try server.run("echo secret")
        #expect(try File.status(of: server.stateFolder).mode & 0o777 == 0o700)
        #expect(try File.status(of: "\(server.stateFolder)/sessions").mode & 0o077 == 0)
    }
}
