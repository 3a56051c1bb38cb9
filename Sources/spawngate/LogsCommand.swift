internal import ArgumentParser
internal import SpawngateClient

/// `spawngate logs`
struct LogsCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print the end of a session's output, byte for byte, and with -f what follows.",
        discussion: """
            The session's standard output goes to standard output. With --both its standard error goes to standard error.
            With -f it goes on until the session has ended; a reader that is slow loses nothing but what the log's limit
            takes meanwhile, and is told how much that was.

            EXAMPLE
              spawngate logs nightly-mhk3v0q1
              spawngate logs nightly-mhk3v0q1 -f
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

    @Flag(name: [.customShort("f"), .long], help: "Go on with what the session writes, until it has ended.")
    var follow = false

    @OptionGroup var options: ServerOptions

    func validate() throws {
        if stderr && both { throw ValidationError("--stderr and --both exclude each other") }
        if bytes < 0 { throw ValidationError("--bytes is not negative") }
    }

    func run(on server: ServerConnection) throws {
        if follow { return try follow(on: server) }
        // For programs as text, which they can use at once; for a pipe in base64, which keeps every byte.
        let encoding: RemoteValue = options.json ? "utf8" : "base64"
        let answer = try server.call(
            "session.logs", ["id": .string(id), "max_bytes": .integer(Int64(bytes)), "encoding": encoding])
        if options.json { return Output.line(answer.json) }
        guard let logs = SessionLogs(answer) else { throw CommandFailure("the server's answer holds no logs") }
        Output.bytes(stderr ? logs.stderr : logs.stdout)
        if both { Output.errorBytes(logs.stderr) }
    }

    /// Prints what the plain command prints, and then goes on where that ended. With --json a line for each message.
    private func follow(on server: ServerConnection) throws {
        let sizes = try server.call("session.logs", ["id": .string(id), "max_bytes": 0])
        let from = { (stream: String, isWanted: Bool) -> Int64 in
            let size = sizes["\(stream)_size"].integer ?? 0
            let dropped = sizes["\(stream)_dropped"].integer ?? 0
            // A stream that is not wanted is followed from a place where it never comes.
            return isWanted ? max(dropped, size - Int64(bytes)) : Int64.max / 2
        }
        let wantsStdout = options.json || both || !stderr
        let wantsStderr = options.json || both || stderr
        try server.follow(
            id, stdoutFrom: from("stdout", wantsStdout), stderrFrom: from("stderr", wantsStderr)
        ) { output in
            if options.json { return Output.line(output.message.json) }
            if output.missing > 0 {
                Output.complain("\(output.missing) bytes of \(output.stream) went before they were read")
            }
            if both && output.stream == "stderr" {
                Output.errorBytes(output.bytes)
            } else {
                Output.bytes(output.bytes)
            }
        }
    }
}
