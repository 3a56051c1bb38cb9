internal import ArgumentParser

/// `spawngate policy`
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "See the policies in force, and ask them.",
        discussion: """
            EXAMPLE
              spawngate policy check --permission-mode plan --prompt "Look around"
            """,
        subcommands: [PolicyListCommand.self, PolicyCheckCommand.self])
}
