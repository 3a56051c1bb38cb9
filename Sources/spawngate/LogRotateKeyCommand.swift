internal import ArgumentParser
internal import SpawngateClient

/// `spawngate log rotate-key`
struct LogRotateKeyCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-key",
        abstract: "Give the log a new signing key, which the old one vouches for.",
        discussion: """
            The change is a leaf of the log, signed by both keys. From then on the new key signs checkpoints; the old one \
            still verifies what it signed. `spawngate call log.key` shows them all.

            EXAMPLE
              spawngate log rotate-key
            """)

    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let answer = try server.call("log.rotate")
        print(answer) { TerminalText.line(answer["key"].string ?? "") }
    }
}
