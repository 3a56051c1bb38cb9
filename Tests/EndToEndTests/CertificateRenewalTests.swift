import Platform
import TLS
import TestSupport
import Testing
import Wire

/// Certificates that come and go while the server runs, and those with which it does not start.
@Suite(.timeLimit(.minutes(5))) struct CertificateRenewalTests {
    let certificates: TestCertificates
    let pair: TestCertificates.Pair

    init() throws {
        certificates = try TestCertificates()
        pair = try certificates.server()
    }

    private func replace(_ pair: TestCertificates.Pair) throws {
        for (from, to) in [(pair.key, self.pair.key), (pair.certificate, self.pair.certificate)] {
            try File.replace(to, with: try File.read(from, bytesMax: 1 << 16), permissions: 0o600)
        }
    }

    // Who signed what a new connection is shown.
    private func isShown(by server: RunningServer, authority: String) -> Bool {
        guard let context = try? TLSContext.client(authorities: certificates.path("\(authority).pem")) else {
            return false
        }
        return (try? FrameClient(port: server.port, tls: context)) != nil
    }

    @Test func aRenewedCertificateIsTakenUpAndNoConnectionEnds() throws {
        let server = try RunningServer(arguments: certificates.serve(pair), tls: try certificates.context())
        let live = try server.connect()
        let before = try #require(try live.call("server.info")["tls"]?["certificate_expires_at"]?.string)
        try certificates.makeAuthority("next")
        try replace(try certificates.server("renewed", days: 60, authority: "next"))
        try Waiting.until("the renewed certificate") { isShown(by: server, authority: "next") }
        #expect(!isShown(by: server, authority: "ca"))
        try live.call("session.list")
        let tls = try #require(try live.call("server.info")["tls"])
        #expect(tls["certificate_error"] == .null && tls["client_certificates"] == true)
        #expect(tls["certificate_expires_at"]?.string ?? "" > before)
    }

    @Test func filesThatDoNotFitTogetherLeaveTheOldOnesInForce() throws {
        let server = try RunningServer(arguments: certificates.serve(pair), tls: try certificates.context())
        let live = try server.connect()
        let right = try File.read(pair.key, bytesMax: 1 << 16)
        try File.replace(pair.key, with: Array("nothing".utf8), permissions: 0o600)
        try Waiting.until("the complaint") {
            #expect(isShown(by: server, authority: "ca"))
            return try live.call("server.info")["tls"]?["certificate_error"] != .null
        }
        #expect(
            try live.call("server.info")["tls"]?["certificate_error"]
                == .string("\(pair.key) holds no private key in PEM"))
        #expect(server.log.contains("the old ones stay in force: \(pair.key) holds no private key in PEM"))
        try replace(try certificates.server("expired", days: -1))
        try Waiting.until("the complaint") {
            #expect(isShown(by: server, authority: "ca"))
            return server.log.contains("the old ones stay in force: the certificate in \(pair.certificate) has expired")
        }
        try replace(try certificates.server("again"))
        try File.replace(pair.key, with: right, permissions: 0o600)
        try replace(try certificates.server("again"))
        try Waiting.until("the complaint's end") {
            #expect(isShown(by: server, authority: "ca"))
            return try live.call("server.info")["tls"]?["certificate_error"] == .null
        }
    }

    @Test func aNewAuthorityOfClientsIsTakenUp() throws {
        let clients = certificates.path("clients.pem")
        func text(_ names: [String]) throws -> [UInt8] {
            try names.flatMap { try File.read(certificates.path("\($0).pem"), bytesMax: 1 << 16) }
        }
        try certificates.makeAuthority("second")
        try File.replace(clients, with: try text(["ca"]), permissions: 0o644)
        let server = try RunningServer(
            arguments: certificates.serve(pair, asksClients: false) + ["--tls-client-ca", clients],
            tls: try certificates.context())
        try server.call("token.create", ["name": "alice", "roles": ["viewer"], "certificate": true])
        let alice = try certificates.context(try certificates.client("alice", authority: "second"))
        #expect(throws: (any Error).self) { try FrameClient(port: server.port, tls: alice).call("session.list") }
        try File.replace(clients, with: try text(["ca", "second"]), permissions: 0o644)
        try Waiting.until("alice to be let in") {
            (try? FrameClient(port: server.port, tls: alice).call("session.list")) != nil
        }
    }

    // MARK: starting

    private func refusal(_ arguments: [String]) throws -> CommandRun {
        let folder = try TemporaryFolder()
        return try CommandRun(
            "spawngate", ["serve", "--listen", "0.0.0.0:0", "--state", "\(folder.path)/state"] + arguments)
    }

    @Test func badFilesAreOneLineAndNothingIsBegun() throws {
        let expired = try certificates.server("expired", days: -1)
        let other = try certificates.server("other")
        let cases: [(TestCertificates.Pair, String)] = [
            (.init(certificate: "/none", key: pair.key), "/none cannot be read: No such file or directory."),
            (.init(certificate: pair.certificate, key: other.key), "does not belong to the first certificate"),
            (.init(certificate: pair.key, key: pair.key), "holds no certificate in PEM."),
            (expired, "has expired: it was good until"),
        ]
        for (bad, sentence) in cases {
            let run = try refusal(certificates.serve(bad))
            #expect(run.status == 1 && run.output.isEmpty)
            #expect(run.errors.hasPrefix("spawngate: TLS cannot be spoken: ") && run.errors.contains(sentence))
            #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        }
        #expect(try refusal(["--tls-certificate", pair.certificate]).status == 2)
        #expect(try refusal(["--tls-client-ca", certificates.authority]).status == 2)
    }

    @Test(arguments: ["0.0.0.0:0", "[::]:0", "[::1]:0"])
    func withTLSAnyAddressIsListenedOn(address: String) throws {
        let server = try RunningServer(
            arguments: certificates.serve(pair) + ["--listen", address], tls: try certificates.context())
        // A socket of version 6 takes those of version 4 as well, but for one of a single address.
        guard address != "[::1]:0" else { return }
        let listed = try server.call("session.start", server.shell("exit 0"))
        #expect(listed["command"] == "/bin/sh")
        let decision = try server.call("decision.list")["decisions"]?.array?.first
        #expect(decision?["principal"]?["address"]?.string?.hasPrefix("127.0.0.1:") == true)
    }

    @Test func noSessionMayWriteToTheFiles() throws {
        let server = try RunningServer(arguments: certificates.serve(pair), tls: try certificates.context())
        let params = server.shell("exit 0").with("working_directory", .string(certificates.folder.path))
        let refusal = try server.refusal("session.start", params)
        #expect(refusal?.message.contains("holds the TLS certificate") == true, "\(String(describing: refusal))")
    }
}
