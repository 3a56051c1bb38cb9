internal import ArgumentParser
internal import SpawngateClient

/// `spawngate token list`
struct TokenListCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the tokens; none can be read back.",
        discussion: """
            EXAMPLE
              spawngate token list
            """)

    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        let answer = try server.call("token.list")
        print(answer) { TokenView.table(answer["tokens"].elements, now: .now) }
    }
}

/// Tokens as a person reads them.
enum TokenView {
    /// One line a token.
    static func table(_ tokens: [RemoteValue], now: Timestamp, coloured: Bool = Output.isColoured) -> String {
        var table = TextTable(titles: ["ID", "NAME", "KIND", "PRINCIPAL", "ROLES", "CREATED", "LAST USED", "STATE"])
        for token in tokens {
            table.add([
                .init(token["id"].displayed ?? ""), .init(token["name"].string ?? ""),
                .init(token["kind"].string ?? "token"),
                .init(token["principal"].string ?? ""), .init(token["roles"].displayed ?? ""),
                .init(age(token["created_at"], now)), .init(age(token["last_used_at"], now)), state(token, now),
            ])
        }
        return table.rendered(coloured: coloured)
    }

    private static func age(_ time: RemoteValue, _ now: Timestamp) -> String {
        time.string.flatMap { Timestamp($0)?.age(at: now) } ?? "-"
    }

    private static func state(_ token: RemoteValue, _ now: Timestamp) -> TextTable.Cell {
        if let revoked = token["revoked_at"].string.flatMap({ Timestamp($0) }) {
            return .init("revoked \(revoked.age(at: now))", .bad)
        }
        guard let end = token["expires_at"].string.flatMap({ Timestamp($0) }) else { return .init("good", .good) }
        let left = end.milliseconds - now.milliseconds
        if left <= 0 { return .init("expired \(end.age(at: now))", .bad) }
        return .init("good for \(TimeSpan(milliseconds: left).short)", .good)
    }
}
