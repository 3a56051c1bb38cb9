internal import ArgumentParser
internal import SpawngateClient

/// Which decisions are meant.
struct DecisionFilterOptions: ParsableArguments {
    /// What a start can come out as.
    enum Verdict: String, CaseIterable, ExpressibleByArgument { case allow, deny, error }

    @Option(help: ArgumentHelp("Only those that came out so.", valueName: "verdict"))
    var verdict: Verdict?

    @Option(help: ArgumentHelp("Only what this principal asked.", valueName: "name"))
    var principal: String?

    @Option(help: ArgumentHelp("Only where this policy denied.", valueName: "name"))
    var policy: String?

    @Option(help: ArgumentHelp("Only where this rule denied.", valueName: "name"))
    var rule: String?

    @Option(help: ArgumentHelp("Only that of this session.", valueName: "id"))
    var session: String?

    @Option(help: ArgumentHelp("Only on behalf of this executive.", valueName: "name"))
    var executive: String?

    @Option(help: ArgumentHelp("Only of this mission.", valueName: "id"))
    var mission: String?

    @Option(
        help: ArgumentHelp(
            "Only from then on: 2026-11-24T11:55:31Z, or how long ago: 90s, 30m, 12h, 7d.", valueName: "time"),
        transform: Moment.option)
    var since: Moment?

    @Option(help: ArgumentHelp("Only until then, written as for --since.", valueName: "time"), transform: Moment.option)
    var until: Moment?

    /// The filters of `decision.list` as params.
    func params(now: Timestamp) -> RemoteValue {
        .params(
            ("verdict", .text(verdict?.rawValue)), ("principal", .text(principal)), ("policy", .text(policy)),
            ("rule", .text(rule)), ("session_id", .text(session)), ("executive", .text(executive)),
            ("mission_id", .text(mission)), ("since", .text(since?.timestamp(now: now).text)),
            ("until", .text(until?.timestamp(now: now).text)))
    }
}
