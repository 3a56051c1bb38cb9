internal import ArgumentParser
internal import SpawngateClient

/// `spawngate token revoke`
struct TokenRevokeCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Take a token back; connections that use it end as well.",
        discussion: """
            EXAMPLE
              spawngate token revoke ci
            """)

    @Argument(help: ArgumentHelp("The token's id or name.", valueName: "token"))
    var token: String

    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let answer = try server.call("token.revoke", ["id": .string(token)])
        print(answer) { TokenView.table([answer], now: .now) }
    }
}
