internal import ArgumentParser
internal import SpawngateClient

/// `spawngate policy rules`
struct PolicyRulesCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Show how often each rule has denied, and which never did.",
        discussion: """
            Counts whole days of UTC. Rules that never fired are those that the policies in force name as a plain string: \
            deny("rule", …).

            EXAMPLE
              spawngate policy rules --days 7
            """)

    @Option(help: ArgumentHelp("Count so many days, today among them.", valueName: "n"))
    var days: Int64 = 30

    @OptionGroup var options: ServerOptions

    func validate() throws {
        if !(1...36_500).contains(days) { throw ValidationError("--days is 1 to 36500") }
    }

    func run(on server: ServerConnection) throws {
        let since = Timestamp(milliseconds: max(0, Timestamp.now.milliseconds - (days - 1) * 86_400_000))
        let answer = try server.call("policy.rules", ["since": .string(since.text)])
        print(answer) { Self.view(of: answer, now: .now) }
    }

    static func view(of answer: RemoteValue, now: Timestamp, coloured: Bool = Output.isColoured) -> String {
        var table = TextTable(titles: ["POLICY", "RULE", "FIRED", "LAST"])
        for rule in answer["rules"].elements {
            let count = rule["count"].integer ?? 0
            let last = rule["last_at"].string.flatMap { Timestamp($0) }?.age(at: now)
            table.add([
                .init(rule["policy"].string ?? ""), .init(rule["rule"].string ?? ""),
                .init(String(count), count == 0 ? .faint : .plain),
                .init(last ?? "never", last == nil ? .warning : .plain),
            ])
        }
        return "Since \(answer["since"].string ?? ""):\n\n\(table.rendered(coloured: coloured))"
    }
}
