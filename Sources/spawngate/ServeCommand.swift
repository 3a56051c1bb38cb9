internal import ArgumentParser
internal import DecisionLog
internal import Logging
internal import Platform
internal import SpawngateClient
internal import SpawngateServer

/// Runs the server, in the foreground.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the server, in the foreground.",
        discussion: """
            It prints one line when it listens, and logs to standard error. SIGTERM and SIGINT end it; sessions go on, and \
            the next server on the same state folder finds them again. The first start writes an admin token to \
            STATE/admin.token.

            Policies are the *.lua files in --policies. A saved change is in force within a second; a set that does not \
            load leaves the old one in force. Without a policy nothing starts.

            A session's environment is the variables named by --pass-env, as the server has them, and those that the \
            caller asks for.

            Prompts and values of a session's environment are not in the decision log, only their salted hashes; they are \
            kept beside it, for replays and for auditors, as long as --erase-secrets-after says, or until `spawngate decision \
            erase`. Arguments stand in the log as they are, as do the reasons that policies give.

            A session writes only below its write roots, which its caller names and the policies judge; below its \
            working directory, unless repository_write_allowed is false; to its TMPDIR; to /dev/null, terminals and the \
            like; and to what --write-path adds for every session. An agent's own home and caches are such a path. The \
            Claude CLI keeps all of it below CLAUDE_CONFIG_DIR, so give it a folder of its own there, as below. Programs \
            that share memory by name need --write-path /dev/shm.

            Others than this machine's own users are let in by TLS 1.3 alone: with --tls-certificate and --tls-key, PEM files, \
            the server may listen on any address. Files that are replaced, as for a renewed certificate, are taken up within \
            a second, and no connection ends for it; a set that does not fit together is logged and leaves the old one in \
            force (see `spawngate call server.info`). The key must not be open to others than its owner and group.

            With --tls-client-ca the server asks each client for a certificate. One that these authorities have signed stands in \
            for a token where `spawngate token create NAME --role ROLE --certificate` has made an entry for its subject's \
            common name, which then is the principal; whoever shows none may still send a token, and any other certificate is \
            refused. Roles are the entry's, and what a certificate says of itself beyond its name counts for nothing. \
            `token revoke` takes effect at once, also on open connections; lists of revoked certificates are not read.

            EXAMPLE
              export ANTHROPIC_API_KEY=… CLAUDE_CONFIG_DIR=/var/lib/claude
              spawngate serve --listen 127.0.0.1:7411 --state /var/lib/spawngate --policies policies \\
                --pass-env ANTHROPIC_API_KEY --pass-env CLAUDE_CONFIG_DIR --write-path /var/lib/claude
            """)

    @Option(help: ArgumentHelp("The address to listen on; port 0 takes a free one.", valueName: "address:port"))
    var listen = ServerAddress.standard.description

    @Option(
        help: ArgumentHelp("The state folder. Without it: SPAWNGATE_STATE, else the default folder.", valueName: "dir"))
    var state: String?

    @Option(help: ArgumentHelp("The policy folder.", valueName: "dir"))
    var policies = "policies"

    @Option(
        help: ArgumentHelp(
            "A variable that sessions get from the server's environment, besides PATH, HOME, USER, LOGNAME, SHELL, "
                + "LANG, LC_ALL, LC_CTYPE, TERM and TZ. May be repeated.", valueName: "name"))
    var passEnv: [String] = []

    @Option(
        help: ArgumentHelp(
            "Whether the kernel must hold each session to its write roots: required, or off. Where it is required and "
                + "this kernel cannot, nothing starts.", valueName: "required|off"))
    var enforcement = EnforcementSetting.required

    @Option(
        help: ArgumentHelp(
            "A folder or file that every session may write to, besides its write roots. It is opened once, when the "
                + "server starts. May be repeated.", valueName: "path"))
    var writePath: [String] = []

    @OptionGroup(title: "TLS") var tls: ServeTLSOptions

    @Option(help: ArgumentHelp("The longest request frame.", valueName: "bytes"))
    var maxFrameBytes = Limits().frameBytesMax

    @Option(help: ArgumentHelp("What is kept of each of a session's two logs, the newest.", valueName: "bytes"))
    var maxLogBytes = Limits().logBytesMax

    @Option(help: ArgumentHelp("How many sessions may run at once.", valueName: "count"))
    var maxSessions = Limits().sessionsRunningMax

    @Option(help: ArgumentHelp("The time that all policies together have for one decision.", valueName: "ms"))
    var policyTimeoutMs = Limits().policyMilliseconds

    @Option(help: ArgumentHelp("The memory that all policies together have for one decision.", valueName: "bytes"))
    var policyMemoryBytes = Limits().policyMemoryBytes

    @Option(
        help: ArgumentHelp(
            "Erase prompts and environment values so many days after their decision, or after a time such as 12h. "
                + "Without it they are kept.", valueName: "days"))
    var eraseSecretsAfter: Age?

    /// A number of days, or a time with its unit.
    struct Age: ExpressibleByArgument {
        let span: TimeSpan
        init?(argument: String) {
            let isDays = argument.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard let span = TimeSpan(argument: isDays ? argument + "d" : argument), span.milliseconds > 0 else {
                return nil
            }
            self.span = span
        }
    }

    @Option(
        help: ArgumentHelp(
            "What the decision log is called in its checkpoints, such as example.com/gate; fixed at the first start. "
                + "Without it: the machine's name and the state folder.", valueName: "name"))
    var logOrigin: String?

    @Option(
        help: ArgumentHelp(
            "A file of this machine that always holds the newest checkpoint of the log, replaced as a whole.",
            valueName: "file"))
    var checkpointFile: String?

    @Option(
        help: ArgumentHelp(
            "A command for /bin/sh, with the environment of the server, that gets each checkpoint on its standard input, to "
                + "bring it where this machine cannot change it. What it prints is thrown away, but for standard error. One "
                + "that fails gets the newest again after an interval.", valueName: "command"))
    var checkpointCommand: String?

    @Option(
        help: ArgumentHelp(
            "How long the checkpoint command may take; then it is killed, with what it has started.",
            valueName: "seconds"))
    var checkpointTimeout = 30

    @Option(
        help: ArgumentHelp(
            "How often a checkpoint is published where the log has grown; besides at the start and at a clean stop.",
            valueName: "seconds"))
    var checkpointInterval = 60

    @OptionGroup(title: "Limits of one session") var session: SessionLimitOptions

    func validate() throws {
        if let logOrigin, !NoteVerifier.isName(logOrigin) {
            throw ValidationError("--log-origin must be a name without spaces and plus signs.")
        }
        let address: ServerAddress
        do { address = try ServerAddress(listen, leastPort: 0) } catch { throw ValidationError("\(error).") }
        if listen.hasPrefix(ServerAddress.scheme) {
            throw ValidationError("--listen is ADDRESS:PORT; TLS is spoken where --tls-certificate is given.")
        }
        if Socket.isLoopback(address.host) == nil { throw ValidationError("No address is known for \(address.host).") }
        let bounds: [(String, Int, ClosedRange<Int>)] = [
            ("--max-frame-bytes", maxFrameBytes, 64 << 10...256 << 20),
            ("--max-log-bytes", maxLogBytes, 64 << 10...1 << 40),
            ("--max-sessions", maxSessions, 1...100_000),
            ("--policy-timeout-ms", policyTimeoutMs, 1...10_000),
            ("--checkpoint-interval", checkpointInterval, 1...86_400),
            ("--checkpoint-timeout", checkpointTimeout, 1...3600),
            ("--policy-memory-bytes", policyMemoryBytes, 1 << 20...1 << 30),
        ]
        for (option, value, range) in bounds where !range.contains(value) {
            throw ValidationError("\(option) must be from \(range.lowerBound) to \(range.upperBound).")
        }
    }

    func run() throws {
        Process.prepare()
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        let address = try ServerAddress(listen, leastPort: 0)
        guard let stateFolder = state ?? DefaultLocations.stateFolder() else {
            throw StartUpError("There is no home folder to keep the state in; choose a folder with --state.")
        }
        var limits = Limits()
        limits.frameBytesMax = maxFrameBytes
        limits.logBytesMax = maxLogBytes
        limits.sessionsRunningMax = maxSessions
        limits.policyMilliseconds = policyTimeoutMs
        limits.policyLoadMilliseconds = max(limits.policyLoadMilliseconds, policyTimeoutMs)
        limits.policyMemoryBytes = policyMemoryBytes
        limits.checkpointCommandMilliseconds = checkpointTimeout * 1000
        session.apply(to: &limits)
        var configuration = Configuration(
            host: address.host, port: address.port, stateFolder: try Self.absolute(stateFolder),
            policyFolder: try Self.absolute(policies), programFolder: File.parent(of: Process.executablePath()),
            environmentNames: Configuration.environmentNamesDefault + passEnv, limits: limits)
        configuration.tls = try tls.files(Self.absolute)
        configuration.enforcement = enforcement
        configuration.writePaths = try writePath.map(Self.absolute)
        configuration.secretsErasedAfterMilliseconds = eraseSecretsAfter?.span.milliseconds
        configuration.logOrigin = logOrigin
        configuration.checkpointFile = try checkpointFile.map(Self.absolute)
        configuration.checkpointCommand = checkpointCommand
        configuration.checkpointIntervalMilliseconds = checkpointInterval * 1000
        configuration.cgroupFolder = try session.cgroup.map(Self.absolute)
        let server = try Server(configuration: configuration, logger: Logger(label: "spawngate"))
        // Programs that start a server wait for this line; it says which port a 0 became.
        let place = ServerAddress(host: address.host, port: server.port).place
        Output.line("spawngate listens on \(configuration.tls == nil ? "" : ServerAddress.scheme)\(place)")
        try server.run()
    }

    /// Paths must mean the same when a session's folder is looked at from elsewhere.
    private static func absolute(_ path: String) throws -> String {
        path.hasPrefix("/") ? path : "\(try File.realPath("."))/\(path)"
    }
}

extension EnforcementSetting: ExpressibleByArgument {}
