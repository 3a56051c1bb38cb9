internal import ArgumentParser
internal import Platform
internal import SpawngateClient

/// How to make sure of the server, and what to show it.
struct ClientTLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The authorities that the server's certificate must come from, in PEM. Without it: SPAWNGATE_TLS_CA, else "
                + "those of the system.", valueName: "file"))
    var tlsCa: String?

    @Option(
        help: ArgumentHelp(
            "A certificate in PEM, in place of a token. Without it: SPAWNGATE_TLS_CERTIFICATE.", valueName: "file"))
    var tlsCertificate: String?

    @Option(
        help: ArgumentHelp("The key of that certificate. Without it: SPAWNGATE_TLS_KEY.", valueName: "file"))
    var tlsKey: String?

    /// Whether an option was given, which makes no sense without TLS.
    var isAskedFor: Bool { tlsCa != nil || tlsCertificate != nil || tlsKey != nil }

    var files: TLSOptions {
        TLSOptions(
            authorities: tlsCa ?? Self.variable("SPAWNGATE_TLS_CA"),
            certificate: tlsCertificate ?? Self.variable("SPAWNGATE_TLS_CERTIFICATE"),
            key: tlsKey ?? Self.variable("SPAWNGATE_TLS_KEY"))
    }

    private static func variable(_ name: String) -> String? {
        Process.environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }
}
