internal import ArgumentParser
internal import SpawngateClient

/// `spawngate policy shadow`
struct PolicyShadowCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "shadow",
        abstract: "Judge live starts by other policies too, without letting them decide.",
        discussion: """
            With a folder, the server judges every start by its policies as well, from now on, and keeps where they would \
            have said something else. They never decide and never delay. With `off` it stops; with nothing, shows what \
            was found. `spawngate policy promote` puts them in force.

            EXAMPLE
              spawngate policy shadow policies.new
              spawngate policy shadow
              spawngate policy shadow off
            """)

    @Argument(help: ArgumentHelp("The folder with the policies to watch, or `off`.", valueName: "dir|off"))
    var candidate: String?

    @OptionGroup var extent: ListExtent
    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        switch candidate {
        case nil: break
        case "off": _ = try server.call("policy.shadow", ["off": true])
        case let folder?:
            _ = try server.call("policy.shadow", .params(("files", try LocalPolicies.files(in: folder, for: server))))
        }
        let shadow = try server.call("policy.shadow", ["limit": 1])["shadow"]
        let list = try extent.collect(from: server, "policy.shadow", [:], under: "disagreements")
        print(.object([.init("shadow", shadow)] + list.members)) { Self.view(shadow, list["disagreements"].elements) }
        if !options.json { extent.hintAtMore(list) }
    }

    static func view(_ shadow: RemoteValue, _ found: [RemoteValue], coloured: Bool = Output.isColoured) -> String {
        var facts = TextTable()
        facts.add("in the shadow", shadow["policy_set"].string ?? "nothing")
        facts.add("since", shadow["since"].string)
        facts.add("judged", shadow["judged"].integer.map(String.init))
        facts.add("disagreed", shadow["disagreed"].integer.map(String.init))
        if let skipped = shadow["skipped"].integer, skipped > 0 { facts.add("skipped", String(skipped), .warning) }
        if found.isEmpty { return facts.rendered(coloured: coloured) }
        var table = TextTable(titles: ["TIME", "DECISION", "WAS", "WOULD BE", "WHY"])
        for row in found {
            table.add([
                .init(row["time"].string ?? ""), .init(row["decision_id"].string ?? ""),
                .init(row["was"].string ?? ""), .init(row["becomes"].string ?? ""), .init(ReplayView.why(row)),
            ])
        }
        return "\(facts.rendered(coloured: coloured))\n\n\(table.rendered(coloured: coloured))"
    }
}
