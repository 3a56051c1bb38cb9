internal import ArgumentParser
internal import SpawngateServer

/// By what the server shows who it is, and whom it lets show the same.
struct ServeTLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The server's certificate in PEM, with those between it and its authority behind it. TLS is spoken then, and "
                + "nothing else.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The key of that certificate, in PEM, without a passphrase.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "Authorities in PEM whose certificates may stand in for a token; see `token create --certificate`.",
            valueName: "file"))
    var tlsClientCa: String?

    func validate() throws {
        if (tlsCertificate == nil) != (tlsKey == nil) {
            throw ValidationError("--tls-certificate and --tls-key go together.")
        }
        if tlsClientCa != nil, tlsCertificate == nil {
            throw ValidationError("--tls-client-ca needs --tls-certificate and --tls-key.")
        }
    }

    /// The files, by absolute paths; nil where TLS is not wanted.
    func files(_ absolute: (String) throws -> String) throws -> TLSFiles? {
        guard let tlsCertificate, let tlsKey else { return nil }
        return TLSFiles(
            certificate: try absolute(tlsCertificate), key: try absolute(tlsKey),
            clientAuthorities: try tlsClientCa.map(absolute))
    }
}
