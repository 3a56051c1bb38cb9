/// What has been counted since the server started.
struct Metrics {
    var requests = 0
    var invalidFrames = 0
    var connectionsAccepted = 0
    var forbidden = 0
    var wrongTokens = 0
    /// By TLS.
    var handshakes = 0
    var failedHandshakes = 0
    /// Certificates that were not trusted, or named nobody.
    var certificatesRefused = 0
    /// Connections by TLS that ended without a word.
    var cutConnections = 0
    var commits = 0
    var failedCommits = 0
    /// One for each row of the method table.
    private(set) var latencies = [LatencyHistogram](repeating: LatencyHistogram(), count: MethodTable.methods.count)

    /// The time from a method's call to its answer.
    mutating func record(method index: Int, nanoseconds: Int64) {
        latencies[index].record(nanoseconds: nanoseconds)
    }
}
