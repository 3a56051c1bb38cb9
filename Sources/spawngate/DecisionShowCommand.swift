internal import ArgumentParser
internal import SpawngateClient

/// `spawngate decision show`
struct DecisionShowCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Explain a decision: who asked, for what, what each policy said, what became of it.",
        discussion: """
            Given a number, shows that leaf of the log, be it a decision or another event.

            EXAMPLE
              spawngate decision show 42
            """)

    @Argument(help: ArgumentHelp("The decision's id, or its number in the log.", valueName: "id-or-seq"))
    var decision: String

    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let isNumber = decision.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let params: RemoteValue
        if isNumber, let seq = Int64(decision) {
            params = ["seq": .integer(seq)]
        } else {
            params = ["id": .string(decision)]
        }
        let answer = try server.call("decision.get", params)
        if options.json { return Output.line(answer.json) }
        let found = Decision(answer["decision"])
        guard !found.verdict.isEmpty else { return Output.line(DecisionView.event(answer["decision"])) }
        Output.line(DecisionView.explanation(of: found, session: try session(of: found, on: server), now: .now))
    }

    /// A record may have been cleared away since; the decision is worth showing all the same.
    private func session(of decision: Decision, on server: ServerConnection) throws -> Session? {
        guard let id = decision.sessionID else { return nil }
        do {
            return Session(try server.call("session.get", ["id": .string(id)]))
        } catch let error as RemoteError where error.code == RemoteError.notFound {
            return nil
        }
    }
}
