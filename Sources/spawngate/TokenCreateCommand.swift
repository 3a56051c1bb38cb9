internal import ArgumentParser
internal import SpawngateClient

/// `spawngate token create`
struct TokenCreateCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a token and print it, this once.",
        discussion: """
            The token alone goes to standard output, so that it can be sent to a file for --token-file. viewer reads sessions \
            and logs; operator also starts and stops; auditor is a viewer who also reads decisions, policies and the log; \
            admin does everything.

            EXAMPLE
              umask 077
              spawngate token create ci --role operator --expires-in 30d > ci.token
            """)

    @Argument(help: "What to call the token.")
    var name: String

    @Option(help: ArgumentHelp("What its holder may do. Repeatable.", valueName: "role"))
    var role: [Role]

    @Option(help: ArgumentHelp("Who its holder is in decisions. Without it: the token's name.", valueName: "name"))
    var principal: String?

    @Option(help: ArgumentHelp("For how long it is good: 12h, 30d. Without it: for ever.", valueName: "time"))
    var expiresIn: TimeSpan?

    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let answer = try server.call(
            "token.create",
            .params(
                ("name", .string(name)), ("roles", .texts(role.map(\.rawValue))), ("principal", .text(principal)),
                ("expires_in_ms", expiresIn.map { .integer($0.milliseconds) })))
        print(answer) { answer["token"].string ?? "" }
    }
}
