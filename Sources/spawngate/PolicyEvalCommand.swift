internal import ArgumentParser
internal import Platform
internal import Policy
internal import SpawngateClient
internal import SpawngateServer
internal import Wire

/// `spawngate policy eval`
struct PolicyEvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Ask the policies of a folder about a start described in a file. Needs no server.",
        discussion: """
            FILE holds JSON: the params of session.start, judged as if a server on this machine got them now with no \
            session running; or the `request` of a decision, or a whole decision, judged as it is. The code is the one that \
            judges starts. The folder's own tests have to pass, as they have to for a server.

            Exit status 3 where the start would be denied, or where a policy failed; 1 where the folder does not load.

            EXAMPLE
              spawngate policy eval --request start.json --policies policies
              echo '{"name": "try", "working_directory": "/srv"}' | spawngate policy eval --request - --role admin
            """)

    @Option(help: ArgumentHelp("The file; - is standard input.", valueName: "file"))
    var request: String

    @Option(help: ArgumentHelp("The policy folder.", valueName: "dir"))
    var policies = "policies"

    @Option(help: ArgumentHelp("Who asks, where FILE does not say. Without it: the user.", valueName: "name"))
    var principal: String?

    @Option(
        help: ArgumentHelp(
            "A role of who asks, where FILE does not say. May be repeated. Without it: operator.", valueName: "role"))
    var role: [Role] = []

    @Flag(help: "Print the result as one line of JSON, for programs.")
    var json = false

    func run() throws {
        let asking = Policy.Principal(
            name: principal ?? Process.environment("USER") ?? "user\(Process.userIdentifier)",
            roles: (role.isEmpty ? [.operator] : role).compactMap { Policy.Role(rawValue: $0.rawValue) },
            address: "127.0.0.1:0")
        let text = Array(try InputText.read(request).utf8)
        try LocalPolicies.reporting(json: json) {
            let runner = try LocalPolicies.runner(policies)
            try runner.load()
            let question = try Self.question(text, asking, name: request)
            var answer = JSONWriter()
            answer.value(runner.ask(question).preview(of: question))
            let decision = SpawngateClient.Decision(try RemoteValue(json: answer.bytes))
            Output.line(
                json
                    ? decision.record.json
                    : DecisionExplanation(decision: decision, session: nil, now: .now).rendered())
            if !decision.isAllowed { throw ExitCode(ExitStatus.denied) }
        }
    }

    private static func question(_ text: [UInt8], _ principal: Policy.Principal, name: String) throws -> JSONValue {
        do {
            return try StartQuestion.request(text: text, principal: principal)
        } catch let error as JSONSyntaxError {
            throw CommandFailure("\(name) is not JSON: \(error.reason) (at byte \(error.offset))")
        } catch let error as RPCError {
            throw CommandFailure(error.message)
        }
    }
}
