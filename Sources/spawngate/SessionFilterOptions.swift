internal import ArgumentParser
internal import SpawngateClient

/// Which sessions a command is about.
struct SessionFilterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only those of this status.", valueName: "status"))
    var status: SessionStatus?

    @Option(help: ArgumentHelp("Only those on behalf of this executive.", valueName: "name"))
    var executive: String?

    @Option(help: ArgumentHelp("Only those of this mission.", valueName: "id"))
    var mission: String?

    @Option(help: ArgumentHelp("Only those with this label.", valueName: "k=v"))
    var label: KeyValue?

    /// As the filters of session.list and session.watch.
    var params: RemoteValue {
        .params(
            ("status", .text(status?.rawValue)), ("executive", .text(executive)), ("mission_id", .text(mission)),
            ("label", label.map { .string("\($0.name)=\($0.value)") }))
    }
}
