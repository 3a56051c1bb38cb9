internal import CBench
internal import Platform
internal import SpawngateClient
internal import TLS

/// What TLS costs: a request beside the same without, and a handshake beside OpenSSL's own server.
extension Bench {
    func tls() throws -> [Figure] {
        guard let openssl = Tool.find("openssl") else {
            return [Figure(name: "tls", value: "", beside: "the openssl program is not installed")]
        }
        let certificate = try BenchCertificate(openssl, folder: folder)
        return try requests(certificate) + handshakes(certificate, openssl)
    }

    private func requests(_ certificate: BenchCertificate) throws -> [Figure] {
        let servers = [
            try newServer(),
            try newServer(arguments: certificate.serve, tls: TLSOptions(authorities: certificate.path)),
        ]
        let loads = try servers.map { try GetLoad(self, $0, depth: 1) }
        defer { for load in loads { load.endSessions() } }
        for server in servers { try pin(server.pid) }
        defer { cb_unpin() }
        let requests = count(40_000)
        let least = try leastInTurns(
            zip(servers, loads).map { server, load in
                { [self] in try processor(server.pid, requests) { _ = try load.client.run(requests) } }
            })
        return [
            Figure(
                name: "tls get-1: server CPU a request", value: "\(FigureTable.decimal(least[1], 2)) µs",
                beside: "over plain TCP: \(FigureTable.decimal(least[0], 2)) µs", ratio: least[1] / least[0])
        ]
    }

    private func handshakes(_ certificate: BenchCertificate, _ openssl: String) throws -> [Figure] {
        let server = try newServer(arguments: certificate.serve)
        let other = try OpenSSLServer(openssl, certificate)
        let context = try TLSContext.client(authorities: certificate.path)
        for pid in [server.pid, other.pid] { try pin(pid) }
        defer { cb_unpin() }
        let handshakes = count(2000)
        let ports = [(server.pid, server.port), (other.pid, other.port)]
        let least = try leastInTurns(
            ports.map { pid, port in
                { [self] in
                    try processor(pid, handshakes) {
                        for _ in 0..<handshakes { _ = try Link(port: port, tls: context) }
                    }
                }
            })
        return [
            Figure(
                name: "tls handshake (P-256): server CPU", value: "\(FigureTable.decimal(least[0], 0)) µs",
                beside: "openssl s_server: \(FigureTable.decimal(least[1], 0)) µs", ratio: least[0] / least[1])
        ]
    }
}

/// A certificate that is its own authority.
private struct BenchCertificate {
    let path: String
    let key: String

    var serve: [String] { ["--tls-certificate", path, "--tls-key", key] }

    init(_ openssl: String, folder: String) throws {
        (path, key) = ("\(folder)/tls.pem", "\(folder)/tls.key")
        _ = try Tool.run(
            openssl,
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", path,
            ])
    }
}

/// OpenSSL's own server, which takes one connection after another. It ends with its owner.
private final class OpenSSLServer {
    let port: UInt16
    private let process: ChildProcess

    var pid: Int32 { process.pid }

    init(_ openssl: String, _ certificate: BenchCertificate) throws {
        let port = try Socket.listen(host: "127.0.0.1", port: 0).localPort()
        let null = try File.open("/dev/null", .readWrite(create: false, truncate: false))
        process = try ChildProcess(
            path: openssl,
            arguments: [
                openssl, "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate.path, "-key", certificate.key,
                "-tls1_3", "-num_tickets", "0", "-no_cache", "-www",
            ],
            environment: [], descriptors: [null.number, null.number, null.number])
        self.port = port
        try Tool.waitUntilListening(port)
    }

    deinit {
        try? process.signal(Process.kill)
        _ = try? process.waitForEnd()
    }
}
