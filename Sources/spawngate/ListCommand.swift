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

    @OptionGroup var filter: SessionFilterOptions
    @OptionGroup var extent: ListExtent
    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let answer = try extent.collect(from: server, "session.list", filter.params, under: "sessions")
        print(answer) { SessionView.table(answer["sessions"].elements.map { Session($0) }, now: .now) }
        if !options.json { extent.hintAtMore(answer) }
    }
}

/// What can become of a session.
enum SessionStatus: String, CaseIterable, ExpressibleByArgument {
    case starting, running, exited, completed, stopped, terminated, failed, lost
    case completedMissingReport = "completed_missing_report"
}
