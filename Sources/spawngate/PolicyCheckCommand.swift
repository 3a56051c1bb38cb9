internal import ArgumentParser
internal import SpawngateClient

/// `spawngate policy check`
struct PolicyCheckCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Ask what the policies would say to a start, without starting anything.",
        discussion: """
            Takes the options of `spawngate start`. Exit status 3 where the start would be denied, or where a policy failed.

            EXAMPLE
              spawngate policy check --permission-mode bypassPermissions --prompt "Fix it"
              spawngate policy check -- /bin/sh -c 'id'
            """)

    @OptionGroup(title: "Session") var session: StartOptions
    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let decision = Decision(try server.call("policy.check", try session.params()))
        print(decision.record) { DecisionExplanation(decision: decision, session: nil, now: .now).rendered() }
        if !decision.isAllowed { throw ExitCode(ExitStatus.denied) }
    }
}
