internal import ArgumentParser
internal import SpawngateClient

/// `spawngate token create`
struct TokenCreateCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a token and print it, this once; or let a certificate stand in for one.",
        discussion: """
            The token alone goes to standard output, so that it can be sent to a file for --token-file. viewer reads sessions \
            and logs; operator also starts and stops; auditor is a viewer who also reads decisions, policies and the log; \
            admin does everything.

            With --certificate there is nothing to print and to keep secret: whoever shows a certificate by one of the server's \
            --tls-client-ca authorities, with NAME as the one common name of its subject, is let in as NAME. Names are compared \
            as they are written, byte by byte.

            EXAMPLE
              umask 077
              spawngate token create ci --role operator --expires-in 30d > ci.token
              spawngate token create alice --role auditor --certificate
            """)

    @Argument(help: "What to call the token.")
    var name: String

    @Option(help: ArgumentHelp("What its holder may do. Repeatable.", valueName: "role"))
    var role: [Role]

    @Option(help: ArgumentHelp("Who its holder is in decisions. Without it: the token's name.", valueName: "name"))
    var principal: String?

    @Flag(help: "Let certificates with this name in, in place of a token.")
    var certificate = false

    @Option(help: ArgumentHelp("For how long it is good: 12h, 30d. Without it: for ever.", valueName: "time"))
    var expiresIn: TimeSpan?

    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let answer = try server.call(
            "token.create",
            .params(
                ("name", .string(name)), ("roles", .texts(role.map(\.rawValue))), ("principal", .text(principal)),
                ("expires_in_ms", expiresIn.map { .integer($0.milliseconds) }),
                ("certificate", certificate ? true : nil)))
        print(answer) { answer["token"].string ?? TokenView.table([answer], now: .now) }
    }
}
