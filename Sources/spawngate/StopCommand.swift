internal import ArgumentParser
internal import SpawngateClient

/// `spawngate stop`
struct StopCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "End a session and every process that it started.",
        discussion: """
            Sends TERM, then KILL after the grace, and returns once the whole tree is gone. A session that has ended already \
            stays as it is.

            EXAMPLE
              spawngate stop nightly-mhk3v0q1 --grace 30s
            """)

    @Argument(help: "The session.")
    var id: String

    @Option(help: ArgumentHelp("How long it may take to end by itself: seconds, or 500ms, 2m.", valueName: "time"))
    var grace: TimeSpan?

    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        // The answer comes after the grace at the earliest.
        server.timeoutMilliseconds += Int(clamping: min(grace?.milliseconds ?? 5000, 86_400_000))
        let record = try server.call(
            "session.stop", .params(("id", .string(id)), ("grace_ms", grace.map { .integer($0.milliseconds) })))
        print(record) { SessionView.details(Session(record)) }
    }
}
