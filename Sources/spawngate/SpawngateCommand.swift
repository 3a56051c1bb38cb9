internal import ArgumentParser
internal import Platform
internal import SpawngateClient
internal import SpawngateServer

/// The program: a server, and the commands that talk to one.
@main
struct SpawngateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spawngate",
        abstract: "Starts, observes and stops agent sessions that the administrators' policies allow.",
        discussion: """
            The commands ask the server at --server (or SPAWNGATE_SERVER), by default 127.0.0.1:7411. On the machine of the \
            server its own administrator needs no token: the commands find it in the state folder.

            Exit status: 0 done, 1 failed, 2 wrong usage, 3 denied by policy (also where a policy itself failed).

            EXAMPLE
              spawngate serve --policies policies &
              spawngate start --name hello -- /bin/echo hello
              spawngate list
            """,
        version: Server.version,
        subcommands: [
            ServeCommand.self, StartCommand.self, ListCommand.self, GetCommand.self, LogsCommand.self,
            StopCommand.self, WaitCommand.self, WatchCommand.self, ReportCommand.self, PolicyCommand.self,
            DecisionCommand.self, LogCommand.self, TokenCommand.self, CallCommand.self, DoctorCommand.self,
        ])

    static func main() {
        do {
            var command = try parseAsRoot()
            // A server needs nobody who reads its one line.
            if !(command is ServeCommand) { Process.fillStandardDescriptors() }
            try command.run()
        } catch {
            Process.exit(conclude(error))
        }
    }

    /// Tells the person what went wrong and answers the exit status.
    private static func conclude(_ error: any Error) -> Int32 {
        switch (exitCode(for: error), error) {
        case (.success, _):
            // Not an error at all: --help was asked for.
            Output.line(fullMessage(for: error))
            return ExitStatus.done
        case (.validationFailure, _):
            Output.complain(usage(of: error))
            return ExitStatus.usage
        case (let code, is ExitCode):
            return code.rawValue
        case (_, let remote as RemoteError):
            Output.complain(Explanation.lines(of: remote).joined(separator: "\n"))
            return remote.isDenial ? ExitStatus.denied : ExitStatus.failed
        default:
            Output.complain("\(error)")
            return ExitStatus.failed
        }
    }

    /// One line: what is wrong, and where the help is. The parser's own message has the whole usage besides.
    private static func usage(of error: any Error) -> String {
        let lines = message(for: error).split(separator: "\n")
        // Where the parser lists what is possible, it does so one a line.
        let choices = lines.dropFirst().map { $0.drop { " -".contains($0) } }.joined(separator: ", ")
        let message = [String(lines.first ?? "wrong usage"), choices].filter { !$0.isEmpty }.joined(separator: " ")
        let pointer = fullMessage(for: error).split(separator: "\n")
            .map { $0.drop { $0 == " " } }
            .first { $0.hasPrefix("See '") && $0.contains("--help") }
        guard let pointer else { return message }
        return message.hasSuffix(".") || message.hasSuffix("?") ? "\(message) \(pointer)" : "\(message). \(pointer)"
    }
}

/// What the program ends with.
enum ExitStatus {
    static let done: Int32 = 0
    static let failed: Int32 = 1
    static let usage: Int32 = 2
    static let denied: Int32 = 3
}
