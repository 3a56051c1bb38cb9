internal import ArgumentParser
internal import SpawngateClient

/// `spawngate decision show`
struct DecisionShowCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Explain a decision: who asked, for what, what each policy said, what became of it.",
        discussion: """
            Says who asked and from where, for what, which rule in which line of which policy file objected, what ran, how \
            it ended, and what the kernel held it to. Given a number, shows that leaf of the log, be it a decision or \
            another event. --json prints the answer of decision.get: the decision, the exact text of its leaf, and its \
            secrets as long as they are kept.

            EXAMPLE
              spawngate decision show 42
              spawngate decision show d-3f2a9c0b1d5e7f6a8b9c0d1e --secrets
            """)

    @Argument(help: ArgumentHelp("The decision's id, or its number in the log.", valueName: "id-or-seq"))
    var decision: String

    @Flag(help: "Show the whole prompt and the values of the environment, where they are kept.")
    var secrets = false

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
        defer { options.watchHistory(server) }
        if options.json { return Output.line(answer.json) }
        let found = Decision(answer: answer)
        guard !found.verdict.isEmpty else { return Output.line(DecisionView.event(answer["decision"])) }
        let session = try session(of: found, on: server)
        Output.line(
            DecisionExplanation(decision: found, session: session, now: .now, showsSecrets: secrets).rendered())
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
