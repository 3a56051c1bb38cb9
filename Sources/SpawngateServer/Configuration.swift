/// What the administrator chose at start.
package struct Configuration: Sendable {
    package var host: String
    /// 0 lets the kernel choose.
    package var port: UInt16
    /// Nil: TLS is not spoken, and only this machine can connect.
    package var tls: TLSFiles?
    package var stateFolder: String
    package var policyFolder: String
    /// Where `spawngate-shim` and `spawngate-policy` are.
    package var programFolder: String
    /// The variables that a session gets from the server's own environment.
    package var environmentNames: [String]
    /// Whether the kernel must hold sessions to their write roots.
    package var enforcement = EnforcementSetting.required
    /// What every session may write to besides its write roots: folders and files.
    package var writePaths: [String] = []
    package var limits: Limits
    /// A folder of cgroup v2 that is delegated to the server; nil: sessions get no cgroup.
    package var cgroupFolder: String?
    /// How long prompts and values of the environment are kept beside the log; nil: for ever.
    package var secretsErasedAfterMilliseconds: Int64?
    /// The name that a log of this state folder gets when its first key is made; nil: one of the machine and the folder.
    package var logOrigin: String?

    /// A file that always holds the newest checkpoint.
    package var checkpointFile: String?
    /// A command line for /bin/sh that gets each checkpoint on its standard input.
    package var checkpointCommand: String?
    /// How long the log may grow before that is published again.
    package var checkpointIntervalMilliseconds = 60_000

    package static let environmentNamesDefault = [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TERM", "TZ",
    ]

    package init(
        host: String, port: UInt16, stateFolder: String, policyFolder: String, programFolder: String,
        environmentNames: [String] = Configuration.environmentNamesDefault, limits: Limits = Limits()
    ) {
        self.host = host
        self.port = port
        self.stateFolder = stateFolder
        self.policyFolder = policyFolder
        self.programFolder = programFolder
        self.environmentNames = environmentNames
        self.limits = limits
    }

    var logKeyPath: String { stateFolder + "/log.key" }
    var sessionsFolder: String { stateFolder + "/sessions" }
    var shimPath: String { programFolder + "/spawngate-shim" }
    var policyWorkerPath: String { programFolder + "/spawngate-policy" }
}

/// Why the server cannot start, in one line that says what to do.
package struct StartUpError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
