internal import ArgumentParser
internal import SpawngateClient
internal import SpawngateServer

/// `spawngate policy test`
struct PolicyTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run the tests of a policy folder. Needs no server.",
        discussion: """
            Tests are the calls of allows, denies and narrows in DIR/tests/*_test.lua:

              allows(request { permission_mode = "plan" })
              denies(request { permission_mode = "auto" }, "permission-mode")
              narrows(request { permission_mode = "acceptEdits" }, { permission_mode = "plan" })

            `request` makes a plain request with those members in place of its own; DIR/lib/types.lua lists them. A last \
            argument, a policy's name, asks that policy alone. A server runs the same tests before a changed folder takes \
            over.

            Exit status 0 where all passed, 1 where one failed or the folder does not load.

            EXAMPLE
              spawngate policy test policies --coverage
            """)

    @Argument(help: ArgumentHelp("The policy folder.", valueName: "dir"))
    var folder = "policies"

    @Flag(help: "Show which lines of each policy the tests ran, and how often each rule denied.")
    var coverage = false

    @Flag(help: "Print the result as one line of JSON, for programs.")
    var json = false

    func run() throws {
        try LocalPolicies.reporting(json: json) {
            let report = try LocalPolicies.runner(folder).test()
            if json {
                Output.line(PolicyTestView.json(of: report).json)
            } else {
                Output.line(PolicyTestView.tests(of: report))
                if coverage { Output.line("\n\(PolicyTestView.coverage(of: report))") }
                Output.line("\n\(PolicyTestView.summary(of: report, folder: folder))")
            }
            if report.failures > 0 { throw ExitCode(ExitStatus.failed) }
        }
    }
}
