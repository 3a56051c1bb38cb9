internal import ArgumentParser
internal import SpawngateClient

/// `spawngate decision erase`
struct DecisionEraseCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Erase the prompt and the environment values of a decision, or of all before a time, for ever.",
        discussion: """
            The log itself is not changed: it has salted hashes of them, and its proofs hold as before. The decision then \
            says that they were erased, and it cannot be judged again; session.metadata has no prompt any more. What a \
            session wrote into its own logs, what a policy quoted as its reason, and arguments are not erased. Decisions of \
            servers before 2026-11-28 hold these texts in the log itself, for ever.

            EXAMPLE
              spawngate decision erase d-3f2a9c0b1d5e7f6a8b9c0d1e
              spawngate decision erase --before 30d
            """)

    @Argument(help: ArgumentHelp("The decision's id.", valueName: "id"))
    var decision: String?

    @Option(
        help: ArgumentHelp(
            "All decisions before then: 2026-11-24T11:55:31Z, or how long ago: 12h, 30d.", valueName: "time"),
        transform: Moment.option)
    var before: Moment?

    @OptionGroup var options: ServerOptions

    func validate() throws {
        if (decision == nil) == (before == nil) { throw ValidationError("Give either an id or --before TIME.") }
    }

    func run(on server: ServerConnection) throws {
        let time = before?.timestamp(now: .now).text
        // However many there are, the server takes them in steps and answers at the end.
        server.timeoutMilliseconds = 3_600_000
        let answer = try server.call("decision.erase", .params(("id", .text(decision)), ("before", .text(time))))
        print(answer) {
            let count = answer["erased"].integer ?? 0
            let what = "\(count) \(count == 1 ? "decision has" : "decisions have") lost prompt and environment values."
            if answer["wiped"].bool == true { return what }
            return
                "\(what)\nAnother program reads the database: until it ends, they still stand in the write-ahead log."
        }
    }
}
