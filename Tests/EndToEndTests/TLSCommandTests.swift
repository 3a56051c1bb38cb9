import Platform
import TLS
import TestSupport
import Testing
import Wire

/// The commands over TLS.
@Suite(.timeLimit(.minutes(5))) struct TLSCommandTests {
    let certificates: TestCertificates
    let server: RunningServer

    init() throws {
        certificates = try TestCertificates()
        server = try RunningServer(certificates)
    }

    private var address: String { "tls://127.0.0.1:\(server.port)" }

    private func run(
        _ arguments: [String], to address: String? = nil, authority: String? = "ca", environment: [String] = []
    ) throws -> CommandRun {
        let trusted = authority.map { ["--tls-ca", certificates.path("\($0).pem")] } ?? []
        return try CommandRun(
            "spawngate", arguments + trusted + ["--server", address ?? self.address, "--state", server.stateFolder],
            environment: environment)
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func theServersNameAndAuthorityAreEnough(host: String) throws {
        let run = try run(["list"], to: "tls://\(host):\(server.port)")
        #expect(run.status == 0 && run.output.hasPrefix("ID"), "\(run.errors)")
        // An option that only TLS has a use for asks for it.
        #expect(try self.run(["list"], to: "\(host):\(server.port)").status == 0)
    }

    @Test func theEnvironmentSaysItAllToo() throws {
        try server.call("token.create", ["name": "alice", "roles": ["viewer"], "certificate": true])
        let alice = try certificates.client("alice")
        let run = try CommandRun(
            "spawngate", ["list"],
            environment: [
                "SPAWNGATE_SERVER=\(address)", "SPAWNGATE_TLS_CA=\(certificates.authority)",
                "SPAWNGATE_TLS_CERTIFICATE=\(alice.certificate)", "SPAWNGATE_TLS_KEY=\(alice.key)",
            ])
        #expect(run.status == 0 && run.output.hasPrefix("ID"), "\(run.errors)")
    }

    @Test func aCertificateIsMadeAnEntryListedAndRevoked() throws {
        let alice = try certificates.client("alice")
        let shown = ["--tls-certificate", alice.certificate, "--tls-key", alice.key]
        let early = try run(["list"] + shown)
        #expect(early.status == 1)
        #expect(early.errors.contains("token create NAME --role ROLE --certificate"), "\(early.errors)")
        let made = try run(["token", "create", "alice", "--role", "viewer", "--certificate"])
        #expect(made.status == 0 && made.output.contains("alice  certificate  alice"), "\(made.output)\(made.errors)")
        #expect(try run(["list"] + shown).status == 0)
        #expect(try run(["token", "list"]).output.contains("alice  certificate  alice"))
        #expect(try run(["token", "revoke", "alice"]).status == 0)
        #expect(try run(["list"] + shown).status == 1)
    }

    @Test func everyWrongServerIsOneClearSentence() throws {
        try certificates.makeAuthority("other")
        let plain = try RunningServer()
        let (here, there) = (address, "127.0.0.1:\(plain.port)")
        let cases = [
            (
                try run(["list"], authority: "other"),
                "the certificate of \(here) is from nobody who is trusted here "
                    + "(self-signed certificate in certificate chain)"
            ),
            (try run(["list"], authority: nil), "is from nobody who is trusted here"),
            (
                try run(["list"], to: "127.0.0.1:\(server.port)", authority: nil),
                "what listens at 127.0.0.1:\(server.port) wants TLS, which was not used: put tls:// before the address"
            ),
            (
                try run(["list"], to: "tls://\(there)"),
                "tls://\(there) closed the connection: perhaps it does not speak TLS"
            ),
            (try run(["list", "--tls-key", "/none"]), "a certificate and its key go together"),
            (
                try run(["list", "--tls-key", "/none", "--tls-certificate", "/none"]),
                "TLS cannot be spoken: /none cannot be read: No such file or directory"
            ),
        ]
        for (run, sentence) in cases {
            #expect(run.status == 1 && run.output.isEmpty)
            #expect(run.errors.contains(sentence), "\(run.errors)")
            #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        }
        try Waiting.until("a line in the log") { plain.log.contains("it speaks TLS, and this port does not") }
    }

    @Test func aServerWithAWrongCertificateIsNotSpokenTo() throws {
        let cases = [
            (try certificates.server("late", days: -1), "is not good now: certificate has expired"),
            (try certificates.server("elsewhere", for: "DNS:gate.example.com"), "is not for 127.0.0.1"),
        ]
        for (pair, sentence) in cases {
            // Such a server has to be played: the program itself refuses to start with an expired one.
            let listener = try Socket.listen(host: "127.0.0.1", port: 0)
            let port = try listener.localPort()
            let context = try TLSContext.server(
                certificate: pair.certificate, key: pair.key, clientAuthorities: nil)
            let client = try RunningCommand(
                "spawngate",
                [
                    "list", "--server", "tls://127.0.0.1:\(port)", "--tls-ca", certificates.authority, "--state",
                    server.stateFolder,
                ])
            #expect(try Waiting.untilReadable(listener.number, milliseconds: Waiting.milliseconds))
            guard let socket = try listener.accept() else { throw TimedOut("a client") }
            let session = TLSSession(server: context)
            var heard: TLSFailure?
            while heard == nil {
                #expect(try Waiting.untilReadable(socket.number, milliseconds: Waiting.milliseconds))
                var bytes = [UInt8](repeating: 0, count: 1 << 16)
                guard case .processed(let count) = try bytes.withUnsafeMutableBytes({ try socket.receive(into: $0) })
                else { break }
                do throws(TLSFailure) { _ = try session.open(Array(bytes[..<count])) } catch { heard = error }
                try socket.writeAll(session.takeSealed())
            }
            #expect(!session.isEstablished)
            let run = try client.end()
            #expect(run.status == 1 && run.errors.contains(sentence), "\(run.errors)")
        }
    }

    @Test func theTokenOfThisMachineIsNotSentToAnother() throws {
        // The kernel takes this address for loopback; the commands go by what is written.
        let far = try RunningServer(
            arguments: certificates.serve(try certificates.server("far", for: "IP:0.0.0.0,IP:127.0.0.1")),
            tls: try certificates.context())
        let arguments = ["list", "--server", "0.0.0.0:\(far.port)", "--tls-ca", certificates.authority]
        let state = "SPAWNGATE_STATE=\(far.stateFolder)"
        let run = try CommandRun("spawngate", arguments, environment: [state])
        #expect(run.status == 1 && run.errors.contains("no token for tls://0.0.0.0:\(far.port): give"), "\(run.errors)")
        let token = "SPAWNGATE_TOKEN=\(try far.adminToken())"
        #expect(try CommandRun("spawngate", arguments, environment: [state, token]).status == 0)
    }

    @Test func checkpointsAreRememberedByServer() throws {
        let home = try TemporaryFolder()
        let environment = ["XDG_STATE_HOME=\(home.path)"]
        #expect(try run(["log", "checkpoint"], environment: environment).status == 0)
        let path = "\(home.path)/spawngate/checkpoints/127.0.0.1_\(server.port)"
        #expect(try File.status(of: path).isRegular)
        #expect(try run(["log", "checkpoint"], environment: environment).status == 0)
    }
}
