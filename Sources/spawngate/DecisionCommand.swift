internal import ArgumentParser

/// `spawngate decision`
struct DecisionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decision",
        abstract: "Look up what was asked of the policies, and what they said.",
        discussion: """
            EXAMPLE
              spawngate decision list --verdict deny --since 24h
            """,
        subcommands: [
            DecisionListCommand.self, DecisionShowCommand.self, DecisionReplayCommand.self,
            DecisionEraseCommand.self, DecisionReportCommand.self,
        ])
}
