internal import ArgumentParser
internal import Platform
internal import SpawngateClient

/// Which server to ask, as whom, and for whose eyes the answer is.
struct ServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The server. Without it: SPAWNGATE_SERVER, else 127.0.0.1:7411. TLS is spoken to other machines, and where tls:// "
                + "stands before it.", valueName: "host:port"),
        transform: { try ServerAddress($0) })
    var server: ServerAddress?

    @Option(
        help: ArgumentHelp(
            "A file with the token. Without it: the token in SPAWNGATE_TOKEN, else STATE/admin.token.",
            valueName: "file"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "The state folder of a server on this machine. Without it: SPAWNGATE_STATE, else the default folder.",
            valueName: "dir"))
    var state: String?

    @OptionGroup var tls: ClientTLSOptions

    @Flag(help: "Print the result as one line of JSON, for programs; an error as {\"error\": …}.")
    var json = false

    /// Connects and authenticates.
    func connect() throws -> ServerConnection {
        let address = try address()
        // First of all, so that a person whose server is not running hears that, and not that it left no token.
        let connection = try ServerConnection(to: address, tls: tls.files)
        if let token = try token(for: address) { try connection.authenticate(token: token) }
        return connection
    }

    func address() throws -> ServerAddress {
        let address = try givenAddress()
        return ServerAddress(host: address.host, port: address.port, usesTLS: address.usesTLS || tls.isAskedFor)
    }

    private func givenAddress() throws -> ServerAddress {
        if let server { return server }
        guard let text = Process.environment("SPAWNGATE_SERVER"), !text.isEmpty else { return .standard }
        do {
            return try ServerAddress(text)
        } catch {
            throw ValidationError("SPAWNGATE_SERVER: \(error)")
        }
    }

    /// Nil where a certificate stands in for it.
    private func token(for address: ServerAddress) throws -> String? {
        if let tokenFile { return try Self.token(in: tokenFile) }
        if let token = Process.environment("SPAWNGATE_TOKEN"), !token.isEmpty { return token }
        if address.usesTLS, showsCertificateAlone { return nil }
        // The admin of this machine's server is nobody to another's, which must not see this token either.
        guard state != nil || address.isThisMachine else {
            throw CommandFailure(
                "no token for \(address): give --token-file FILE, SPAWNGATE_TOKEN, or --tls-certificate and --tls-key")
        }
        guard let folder = state ?? DefaultLocations.stateFolder() else {
            throw CommandFailure("no token: give --token-file FILE, SPAWNGATE_TOKEN, or the server's --state DIR")
        }
        do {
            return try Self.token(in: "\(folder)/\(DefaultLocations.adminTokenName)")
        } catch {
            throw CommandFailure(
                "no token (\(error)): give --token-file FILE, SPAWNGATE_TOKEN, or the server's --state DIR")
        }
    }

    /// The same error, or one that knows more of it.
    func explained(_ error: any Error) -> any Error {
        guard let refusal = error as? RemoteError, refusal.code == RemoteError.notAuthenticated, showsCertificateAlone
        else { return error }
        return CommandFailure(
            "the server has no entry for this certificate's common name: an administrator makes one with "
                + "`spawngate token create NAME --role ROLE --certificate`")
    }

    private var showsCertificateAlone: Bool {
        tokenFile == nil && (Process.environment("SPAWNGATE_TOKEN") ?? "").isEmpty && tls.files.certificate != nil
    }

    private static func token(in file: String) throws -> String {
        let words = try InputText.read(file).split(whereSeparator: \.isWhitespace)
        guard words.count == 1, let token = words.first else {
            throw CommandFailure("\(file) does not hold one token and nothing else")
        }
        return String(token)
    }
}

/// A command that could not do its work; one sentence says why.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
