internal import ArgumentParser
internal import SpawngateClient

/// `spawngate policy promote`
struct PolicyPromoteCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Put in force what was watched in the shadow.",
        discussion: """
            Writes the policies of the shadow into the server's policy folder, removes those that they do not have, loads \
            the folder, and ends the shadow. Refused where the folder has changed since they were put in the shadow: look \
            at it first, or say --force.

            EXAMPLE
              spawngate policy promote
            """)

    @Flag(help: "Even where the policy folder has changed meanwhile: those changes are lost.")
    var force = false

    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let answer = try server.call("policy.promote", ["force": .bool(force)])
        print(answer) { PolicyListCommand.view(of: answer) }
        if !answer["error"].isNull { throw ExitCode(ExitStatus.failed) }
    }
}
