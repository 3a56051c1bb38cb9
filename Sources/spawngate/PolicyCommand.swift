internal import ArgumentParser

/// `spawngate policy`
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "See the policies in force, ask them, write and test new ones.",
        discussion: """
            EXAMPLE
              spawngate policy check --permission-mode plan --prompt "Look around"
              spawngate policy new office-hours && spawngate policy test
            """,
        subcommands: [
            PolicyListCommand.self, PolicyCheckCommand.self, PolicyTestCommand.self, PolicyEvalCommand.self,
            PolicyNewCommand.self, PolicyReplayCommand.self, PolicyShadowCommand.self, PolicyPromoteCommand.self,
            PolicyRulesCommand.self, PolicyDiffCommand.self,
        ])
}
