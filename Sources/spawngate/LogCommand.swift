internal import ArgumentParser

/// `spawngate log`
struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Check the decision log, and what it says of itself.",
        discussion: """
            The log is a transparency log: whoever holds an earlier checkpoint can detect any change to what came before \
            it; what came after the last checkpoint held elsewhere, nobody can prove against a hostile root.

            EXAMPLE
              spawngate log checkpoint > checkpoint.txt
              spawngate log verify copy/spawngate.db --checkpoint checkpoint.txt
            """,
        subcommands: [
            LogCheckpointCommand.self, LogExportCommand.self, LogVerifyCommand.self, LogRotateKeyCommand.self,
        ])
}
