internal import ArgumentParser
internal import SpawngateClient

/// `spawngate decision replay`
struct DecisionReplayCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Judge a recorded decision again, by the policies that judged it then.",
        discussion: """
            Exit status 0 where it comes out the same: verdict, every objection and every failure. Else 1.

            EXAMPLE
              spawngate decision replay d-3f2a9c0b1d5e7f6a8b9c0d1e
            """)

    @Argument(help: ArgumentHelp("The decision's id.", valueName: "id"))
    var decision: String

    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let answer = try server.call("decision.replay", ["id": .string(decision)])
        let isSame = answer["same"].bool == true
        print(answer) {
            let replayed = explanation(of: answer["decision"])
            if isSame { return "\(replayed)\n\nIt comes out as it was recorded." }
            let recorded = explanation(of: answer["recorded"])
            return "\(replayed)\n\nIt was recorded otherwise:\n\n\(recorded)"
        }
        if !isSame { throw ExitCode(ExitStatus.failed) }
    }

    private func explanation(of decision: RemoteValue) -> String {
        DecisionExplanation(decision: Decision(decision), session: nil, now: .now).rendered()
    }
}
