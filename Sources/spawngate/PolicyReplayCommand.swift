internal import ArgumentParser
internal import Platform
internal import SpawngateClient

/// `spawngate policy replay`
struct PolicyReplayCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Show what recorded decisions would come out differently under other policies.",
        discussion: """
            Judges the recorded decisions again, the newest first, by the policies of a folder that is not in force, or by \
            an earlier set of the server. Nothing is started, recorded or changed.

            Exit status 0 where no verdict changes, 1 where one does.

            EXAMPLE
              spawngate policy replay --candidate policies.new
              spawngate policy replay --candidate policies.new --since 7d --principal ci
            """)

    @Option(help: ArgumentHelp("The folder with the policies to try.", valueName: "dir"))
    var candidate: String?

    @Option(help: ArgumentHelp("Or the digest of a set that has judged before.", valueName: "digest"))
    var set: String?

    @Option(help: ArgumentHelp("At most so many decisions.", valueName: "n"))
    var limit: Int64?

    @OptionGroup var filter: DecisionFilterOptions
    @OptionGroup var options: ServerOptions

    func validate() throws {
        if (candidate == nil) == (set == nil) { throw ValidationError("give either --candidate or --set") }
        if let limit, limit < 1 { throw ValidationError("--limit is at least 1") }
    }

    func run(on server: ServerConnection) throws {
        var params = filter.params(now: .now).members
        if let candidate { params.append(.init("files", try LocalPolicies.files(in: candidate, for: server))) }
        if let set { params.append(.init("policy_set", .string(set))) }
        if let limit { params.append(.init("limit", .integer(limit))) }
        // Told of its progress, the client also knows that the server is not merely silent.
        params.append(.init("progress", .bool(true)))
        var bar = options.json ? nil : ProgressBar()
        server.onNotification = { notification in
            guard notification.method == "policy.replay.progress" else { return }
            bar?.show(
                done: notification.params["done"].integer ?? 0,
                total: notification.params["total_estimate"].integer ?? 0)
        }
        defer { bar?.clear() }
        let answer = try server.call("policy.replay", .object(params))
        bar?.clear()
        print(answer) { ReplayView.text(answer) }
        if answer["changed_total"].integer != 0 { throw ExitCode(ExitStatus.failed) }
    }
}
