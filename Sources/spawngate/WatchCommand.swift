internal import ArgumentParser
internal import SpawngateClient

/// `spawngate watch`
struct WatchCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Print each change of a session as it happens: created, started, ended.",
        discussion: """
            Goes on until it is interrupted or the server ends. Filters look at the session as it is at the change. With \
            --json a line for each change, {"event": …, "session": …}.

            EXAMPLE
              spawngate watch
              spawngate watch --status lost --json
            """)

    @OptionGroup var filter: SessionFilterOptions
    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        try server.watch(filter.params) { event, session in
            if options.json {
                let line: RemoteValue = ["event": .string(event), "session": session.record]
                Output.line(line.json)
            } else {
                Output.line(SessionView.change(event, of: session))
            }
            return true
        }
    }
}
