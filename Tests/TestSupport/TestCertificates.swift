internal import Platform
package import TLS

/// Certificates of an authority of the test's own, made by the `openssl` program as an administrator would.
package final class TestCertificates {
    /// A certificate and its key: PEM files.
    package struct Pair {
        package let certificate: String
        package let key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    package let folder: TemporaryFolder

    /// Makes the authority `ca`.
    package init() throws {
        folder = try TemporaryFolder()
        try makeAuthority("ca")
    }

    package var authority: String { path("ca.pem") }

    package func path(_ name: String) -> String { "\(folder.path)/\(name)" }

    /// Another authority, whose certificate is NAME.pem.
    package func makeAuthority(_ name: String) throws {
        try Self.openssl(
            ["req", "-x509", "-days", "30", "-subj", "/CN=\(name)", "-out", path("\(name).pem")] + newKey(name))
    }

    /// A server's, for 127.0.0.1 and localhost unless told otherwise. `days` may be below zero.
    @discardableResult
    package func server(
        _ name: String = "server", for names: String = "DNS:localhost,IP:127.0.0.1", days: Int = 30,
        authority: String = "ca"
    ) throws -> Pair {
        try make(name, days: days, authority, ["-subj", "/O=test", "-addext", "subjectAltName=\(names)"])
    }

    /// A client's. `subject` is as in `/O=us/CN=alice`.
    @discardableResult
    package func client(
        _ name: String, subject: String? = nil, days: Int = 30, authority: String = "ca", options: [String] = []
    ) throws -> Pair {
        try make(name, days: days, authority, ["-subj", subject ?? "/CN=\(name)"] + options)
    }

    /// The options of `serve` for a certificate, with or without asking clients for theirs.
    package func serve(_ pair: Pair, asksClients: Bool = true) -> [String] {
        ["--tls-certificate", pair.certificate, "--tls-key", pair.key]
            + (asksClients ? ["--tls-client-ca", authority] : [])
    }

    /// What a client speaks TLS with.
    package func context(_ pair: Pair? = nil) throws -> TLSContext {
        try .client(authorities: authority, identity: pair.map { ($0.certificate, $0.key) })
    }

    /// A certificate that the `openssl` program does not make, for the key of a pair: `subject` is a list of Python's,
    /// (CN or ORG, text, kind of string). For tests that `PythonProgram.path` enables.
    package func strange(_ name: String, for pair: Pair, subject: String, seconds: Int = 86_400) throws -> Pair {
        let script = """
            import sys, datetime
            from cryptography import x509
            from cryptography.x509.name import _ASN1Type as T
            from cryptography.x509.oid import NameOID
            from cryptography.hazmat.primitives import hashes, serialization
            CN, ORG = NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME
            U8, BMP, T61, UNI, IA5 = T.UTF8String, T.BMPString, T.T61String, T.UniversalString, T.IA5String
            ca, ca_key, own_key, made_at = sys.argv[1:]
            ca = x509.load_pem_x509_certificate(open(ca, "rb").read())
            ca_key = serialization.load_pem_private_key(open(ca_key, "rb").read(), None)
            own = serialization.load_pem_private_key(open(own_key, "rb").read(), None)
            now = datetime.datetime.utcnow()
            name = x509.Name([x509.NameAttribute(o, v, t) for o, v, t in \(subject)])
            made = x509.CertificateBuilder().subject_name(name).issuer_name(ca.subject).public_key(own.public_key())
            made = made.serial_number(7).not_valid_before(now - datetime.timedelta(1))
            made = made.not_valid_after(now + datetime.timedelta(seconds=\(seconds))).sign(ca_key, hashes.SHA256())
            open(made_at, "wb").write(made.public_bytes(serialization.Encoding.PEM))
            """
        let made = Pair(certificate: path("\(name).pem"), key: pair.key)
        let run = try CommandRun(
            PythonProgram.path ?? "/usr/bin/python3",
            ["-c", script, authority, path("ca.key"), pair.key, made.certificate])
        guard run.status == 0 else { throw TimedOut("a certificate: \(run.errors)") }
        return made
    }

    private func make(_ name: String, days: Int, _ authority: String, _ request: [String]) throws -> Pair {
        let pair = Pair(certificate: path("\(name).pem"), key: path("\(name).key"))
        try Self.openssl(["req", "-utf8", "-out", path("\(name).csr")] + request + newKey(name))
        try Self.openssl([
            "x509", "-req", "-in", path("\(name).csr"), "-days", "\(days)", "-copy_extensions", "copy", "-out",
            pair.certificate, "-CA", path("\(authority).pem"), "-CAkey", path("\(authority).key"), "-CAcreateserial",
        ])
        return pair
    }

    private func newKey(_ name: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path("\(name).key")]
    }

    /// Runs the program.
    @discardableResult
    package static func openssl(_ arguments: [String]) throws -> String {
        let run = try CommandRun("/usr/bin/openssl", arguments)
        guard run.status == 0 else { throw TimedOut("openssl \(arguments.first ?? ""): \(run.errors)") }
        return run.output
    }
}
