internal import ArgumentParser
internal import SpawngateClient

/// `spawngate logs`
struct LogsCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print the end of a session's output, byte for byte.",
        discussion: """
            The session's standard output goes to standard output. With --both its standard error goes to standard error.

            EXAMPLE
              spawngate logs nightly-mhk3v0q1
              spawngate logs nightly-mhk3v0q1 --stderr --bytes 1000000 > errors.txt
            """)

    @Argument(help: "The session.")
    var id: String

    @Option(help: ArgumentHelp("At most so many bytes of a stream, its last.", valueName: "n"))
    var bytes = 65_536

    @Flag(help: "Print its standard error, to standard output.")
    var stderr = false

    @Flag(help: "Print both streams, each to its own.")
    var both = false

    @OptionGroup var options: ServerOptions

    func validate() throws {
        if stderr && both { throw ValidationError("--stderr and --both exclude each other") }
        if bytes < 0 { throw ValidationError("--bytes is not negative") }
    }

    func run(on server: ServerConnection) throws {
        // For programs as text, which they can use at once; for a pipe in base64, which keeps every byte.
        let encoding: RemoteValue = options.json ? "utf8" : "base64"
        let answer = try server.call(
            "session.logs", ["id": .string(id), "max_bytes": .integer(Int64(bytes)), "encoding": encoding])
        if options.json { return Output.line(answer.json) }
        guard let logs = SessionLogs(answer) else { throw CommandFailure("the server's answer holds no logs") }
        Output.bytes(stderr ? logs.stderr : logs.stdout)
        if both { Output.errorBytes(logs.stderr) }
    }
}
