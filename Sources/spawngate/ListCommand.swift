internal import ArgumentParser
internal import SpawngateClient

/// `spawngate list`
struct ListCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List sessions, the most recently started first.",
        discussion: """
            EXAMPLE
              spawngate list --status running
              spawngate list --label team=core --all --json
            """)

    @Option(help: ArgumentHelp("Only those of this status.", valueName: "status"))
    var status: SessionStatus?

    @Option(help: ArgumentHelp("Only those on behalf of this executive.", valueName: "name"))
    var executive: String?

    @Option(help: ArgumentHelp("Only those of this mission.", valueName: "id"))
    var mission: String?

    @Option(help: ArgumentHelp("Only those with this label.", valueName: "k=v"))
    var label: KeyValue?

    @OptionGroup var extent: ListExtent
    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let filter: RemoteValue = .params(
            ("status", .text(status?.rawValue)), ("executive", .text(executive)), ("mission_id", .text(mission)),
            ("label", label.map { .string("\($0.name)=\($0.value)") }))
        let answer = try extent.collect(from: server, "session.list", filter, under: "sessions")
        print(answer) { SessionView.table(answer["sessions"].elements.map { Session($0) }, now: .now) }
        if !options.json { extent.hintAtMore(answer) }
    }
}

/// What can become of a session.
enum SessionStatus: String, CaseIterable, ExpressibleByArgument {
    case starting, running, exited, completed, stopped, terminated, failed, lost
    case completedMissingReport = "completed_missing_report"
}
