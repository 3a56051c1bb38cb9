internal import ArgumentParser
internal import SpawngateClient

/// `spawngate report`
struct ReportCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Print the report that a session left.",
        discussion: """
            EXAMPLE
              spawngate report nightly-mhk3v0q1 > report.md
            """)

    @Argument(help: "The session.")
    var id: String

    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let answer = try server.call("session.report", ["id": .string(id)])
        if options.json { return Output.line(answer.json) }
        Output.bytes(Array((answer["content"].string ?? "").utf8))
    }
}
