internal import ArgumentParser
internal import SpawngateClient

/// `spawngate start`
struct StartCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Start a session, where every policy allows it.",
        discussion: """
            Prints the session's record. Exit status 3 says that a policy denied the start, or failed; each objection is a \
            line on standard error, and so is what a policy granted less of than was asked for. With --wait the exit status \
            is 0 only where the session ended with exit code 0.

            EXAMPLE
              spawngate start --permission-mode acceptEdits --prompt "Fix the test" --wait
              spawngate start --name nightly --label team=core --timeout 30m -- make test
            """)

    @OptionGroup(title: "Session") var session: StartOptions

    @Flag(help: "Wait until the session has ended, then print its record.")
    var wait = false

    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let params = try session.params()
        var started = Session(try server.call("session.start", params))
        if let notice = GrantNotice.text(asked: params, record: started.record) { Output.complain(notice) }
        if wait { started = try server.waitForEnd(of: started.id) }
        print(started.record) { SessionView.details(started) }
        if wait && !started.succeeded { throw ExitCode(ExitStatus.failed) }
    }
}
