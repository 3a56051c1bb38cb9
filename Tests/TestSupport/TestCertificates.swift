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
