import Platform
import TLS
import TestSupport
import Testing

/// Whom both sides believe.
@Suite struct CertificateTests {
    let certificates: TestCertificates
    let pair: TestCertificates.Pair

    init() throws {
        certificates = try TestCertificates()
        pair = try certificates.server()
    }

    private func server(_ pair: TestCertificates.Pair? = nil, asksClients: Bool = true) throws -> TLSContext {
        let pair = pair ?? self.pair
        return try .server(
            certificate: pair.certificate, key: pair.key,
            clientAuthorities: asksClients ? certificates.authority : nil)
    }

    // What a client finds wrong with a server, and what the server hears of it.
    private func failure(of server: TestCertificates.Pair, name: String = "localhost") throws -> (
        TLSFailure, TLSFailure
    ) {
        let sessions = SessionPair(server: try self.server(server), client: try certificates.context(), name: name)
        let found = try #require(throws: TLSFailure.self) { try sessions.settle() }
        let heard = try #require(throws: TLSFailure.self) { try sessions.settle() }
        #expect(!sessions.server.isEstablished)
        return (found, heard)
    }

    @Test func aServerIsNotBelievedForTheWrongReasons() throws {
        try certificates.makeAuthority("other")
        var (found, heard) = try failure(of: certificates.server("a", authority: "other"))
        #expect(found == .certificate(.issuer, "unable to get local issuer certificate"))
        #expect(heard == .refused("unknown CA"))
        (found, heard) = try failure(of: certificates.server("b", days: -1))
        #expect(found == .certificate(.time, "certificate has expired"))
        #expect(heard == .refused("certificate expired"))
        (found, _) = try failure(of: certificates.server("c", for: "DNS:elsewhere.example"))
        #expect(found == .certificate(.name, "hostname mismatch"))
        (found, _) = try failure(of: certificates.server("d", for: "IP:127.0.0.2"), name: "127.0.0.1")
        #expect(found == .certificate(.name, "IP address mismatch"))
        (found, _) = try failure(of: certificates.server("e", for: "DNS:127.0.0.1"), name: "127.0.0.1")
        #expect(found == .certificate(.name, "IP address mismatch"), "a name that looks like an address is none")
        // Names are in the extension for them alone.
        (found, _) = try failure(of: certificates.client("f", subject: "/CN=localhost"))
        #expect(found == .certificate(.name, "hostname mismatch"))
    }

    @Test func aClientsCertificateNamesIt() throws {
        for name in ["alice", "Jürgen Groß", "a.b-c@example.com"] {
            let client = try certificates.client("client", subject: "/O=us/OU=ops/CN=\(name)")
            let sessions = SessionPair(server: try server(), client: try certificates.context(client))
            try sessions.settle()
            #expect(sessions.server.peerName == .name(name))
            let end = try #require(sessions.server.peerGoodUntil)
            let days = (end - SystemClock().wallMilliseconds()) / 86_400_000
            #expect((28...30).contains(days))
        }
    }

    @Test func aServerThatDoesNotAskIsShownNothing() throws {
        let client = try certificates.client("alice")
        let sessions = SessionPair(server: try server(asksClients: false), client: try certificates.context(client))
        try sessions.settle()
        #expect(sessions.server.isEstablished && sessions.server.peerName == .none)
    }

    @Test func aClientsCertificateThatIsNotTakenEndsTheHandshake() throws {
        try certificates.makeAuthority("other")
        let strangers = [
            (try certificates.client("a", authority: "other"), "unable to get local issuer certificate"),
            (try certificates.client("b", days: -1), "certificate has expired"),
            (
                try certificates.client("c", options: ["-addext", "extendedKeyUsage=serverAuth"]),
                "unsuitable certificate purpose"
            ),
        ]
        for (client, fault) in strangers {
            let sessions = SessionPair(server: try server(), client: try certificates.context(client))
            let failure = try #require(throws: TLSFailure.self) { try sessions.settle() }
            guard case .certificate(_, fault) = failure else {
                Issue.record("\(failure) is not \(fault)")
                continue
            }
            #expect(!sessions.server.isEstablished)
            // The client has long believed that all is well; now it hears.
            let heard = try #require(throws: TLSFailure.self) {
                try sessions.client.open(sessions.server.takeSealed())
            }
            guard case .refused = heard else {
                Issue.record("\(heard) is not what the server said")
                continue
            }
        }
    }

    /// Names that a certificate can have and that are nobody's. What the `openssl` program does not make, Python does.
    @Test(
        .enabled(if: PythonProgram.path != nil, "Python's package cryptography makes them"),
        arguments: [
            "[(CN, 'alice', U8), (CN, 'admin', U8)]", "[(ORG, 'alice', U8)]", "[(CN, 'al\\x00ice', U8)]",
            "[(CN, 'alice\\n', U8)]", "[(CN, 'alice\\x00', U8)]", "[(CN, 'alice', BMP)]", "[(CN, 'alice', T61)]",
            "[(CN, 'alice', UNI)]", "[(CN, 'alice', IA5)]",
        ])
    func aStrangeNameIsNobodys(subject: String) throws {
        let alice = try certificates.client("alice")
        let strange = try certificates.strange("strange", for: alice, subject: subject)
        let sessions = SessionPair(server: try server(), client: try certificates.context(strange))
        try sessions.settle()
        #expect(sessions.server.isEstablished && sessions.server.peerName == .unusable)
    }

    // MARK: files

    private func refusal(certificate: String? = nil, key: String? = nil, authorities: String? = nil) throws -> String {
        let error = try #require(throws: TLSFileError.self) {
            try TLSContext.server(
                certificate: certificate ?? pair.certificate, key: key ?? pair.key, clientAuthorities: authorities)
        }
        return error.description
    }

    @Test func badFilesAreOneSentence() throws {
        let (folder, other) = (certificates.folder, try certificates.server("other"))
        #expect(try refusal(certificate: "/none") == "/none cannot be read: No such file or directory")
        #expect(try refusal(certificate: folder.path) == "\(folder.path) cannot be read: Is a directory")
        #expect(try refusal(certificate: pair.key) == "\(pair.key) holds no certificate in PEM")
        let empty = try folder.write("empty", "", permissions: 0o600)
        #expect(try refusal(certificate: empty) == "\(empty) holds no certificate in PEM")
        #expect(try refusal(key: empty) == "\(empty) holds no private key in PEM")
        #expect(try refusal(authorities: empty) == "\(empty) holds no certificate in PEM")
        #expect(
            try refusal(key: other.key)
                == "the key in \(other.key) does not belong to the first certificate in \(pair.certificate)")
        let locked = certificates.path("locked.key")
        try TestCertificates.openssl(["pkey", "-in", pair.key, "-out", locked, "-aes256", "-passout", "pass:x"])
        #expect(try refusal(key: locked).hasPrefix("the key in \(locked) is under a passphrase"))
        let open = try folder.write(
            "open.key", String(decoding: try File.read(pair.key, bytesMax: 4096), as: UTF8.self), permissions: 0o644)
        #expect(try refusal(key: open) == "the key in \(open) is open to others: chmod o= \(open)")
    }

    @Test func aChainIsShownWhole() throws {
        // An authority between, which the client does not know.
        let between = try certificates.client(
            "between", options: ["-addext", "basicConstraints=critical,CA:TRUE"])
        let leaf = try certificates.server("leaf", authority: "between")
        let texts = try [leaf.certificate, between.certificate].map {
            String(decoding: try File.read($0, bytesMax: 1 << 16), as: UTF8.self)
        }
        let (found, _) = try failure(of: leaf)
        #expect(found == .certificate(.issuer, "unable to get local issuer certificate"))
        let chain = try certificates.folder.write("chain.pem", texts.joined())
        let sessions = SessionPair(
            server: try server(.init(certificate: chain, key: leaf.key)), client: try certificates.context())
        try sessions.settle()
        #expect(sessions.client.isEstablished)
    }
}
