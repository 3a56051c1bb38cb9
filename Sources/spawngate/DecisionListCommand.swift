internal import ArgumentParser
internal import SpawngateClient

/// `spawngate decision list`
struct DecisionListCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List decisions, the newest first.",
        discussion: """
            EXAMPLE
              spawngate decision list --verdict deny --since 24h
              spawngate decision list --policy 20-permission-mode --rule permission-mode
            """)

    @OptionGroup var filter: DecisionFilterOptions
    @OptionGroup var extent: ListExtent
    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let now = Timestamp.now
        let answer = try extent.collect(from: server, "decision.list", filter.params(now: now), under: "decisions")
        print(answer) { DecisionView.table(answer["decisions"].elements.map { Decision($0) }, now: now) }
        if !options.json { extent.hintAtMore(answer) }
        options.watchHistory(server)
    }
}
