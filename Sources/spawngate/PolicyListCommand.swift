internal import ArgumentParser
internal import SpawngateClient

/// `spawngate policy list`
struct PolicyListCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the policies in force, in the order in which they are asked.",
        discussion: """
            EXAMPLE
              spawngate policy list
            """)

    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let answer = try server.call("policy.list")
        print(answer) { Self.view(of: answer) }
    }

    static func view(of answer: RemoteValue) -> String {
        var facts = TextTable()
        facts.add("policy set", answer["policy_set"].string ?? "none")
        facts.add("loaded", answer["loaded_at"].string)
        facts.add("error", answer["error"].displayed, .bad)
        var policies = TextTable(titles: ["NAME", "FILE", "DIGEST", "DESCRIPTION"])
        for policy in answer["policies"].elements {
            policies.add([
                .init(policy["name"].string ?? ""), .init(policy["file"].string ?? ""),
                .init(String((policy["digest"].string ?? "").prefix(12)), .faint),
                .init(policy["description"].string ?? ""),
            ])
        }
        let coloured = Output.isColoured
        return "\(facts.rendered(coloured: coloured))\n\n\(policies.rendered(coloured: coloured))"
    }
}
