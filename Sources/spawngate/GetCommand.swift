internal import ArgumentParser
internal import SpawngateClient

/// `spawngate get`
struct GetCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show the record of a session, true now.",
        discussion: """
            EXAMPLE
              spawngate get nightly-mhk3v0q1
              spawngate get nightly-mhk3v0q1 --json
            """)

    @Argument(help: "The session.")
    var id: String

    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let record = try server.call("session.get", ["id": .string(id)])
        print(record) { SessionView.details(Session(record)) }
    }
}
