internal import ArgumentParser

/// `spawngate token`
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Give tokens to those who may ask this server, and take them back.",
        discussion: """
            EXAMPLE
              spawngate token create ci --role operator --expires-in 30d > ci.token
            """,
        subcommands: [TokenCreateCommand.self, TokenListCommand.self, TokenRevokeCommand.self])
}

/// What a principal may do.
enum Role: String, CaseIterable, ExpressibleByArgument { case viewer, `operator`, auditor, admin }
