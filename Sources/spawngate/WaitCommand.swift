internal import ArgumentParser
internal import SpawngateClient

/// `spawngate wait`
struct WaitCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until a session has ended, and print its record.",
        discussion: """
            Exit status 0 only where the session ended with exit code 0; 1 where it ended otherwise, or not yet at the timeout.

            EXAMPLE
              spawngate wait nightly-mhk3v0q1 --timeout 10m && echo green
            """)

    @Argument(help: "The session.")
    var id: String

    @Option(help: ArgumentHelp("Wait no longer: seconds, or 90s, 30m, 12h. Without it: for ever.", valueName: "time"))
    var timeout: TimeSpan?

    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let session = try server.waitForEnd(of: id, timeoutMilliseconds: timeout?.milliseconds)
        print(session.record) { SessionView.details(session) }
        if !session.succeeded { throw ExitCode(ExitStatus.failed) }
    }
}
