internal import ArgumentParser
internal import SpawngateClient

/// `spawngate call`
struct CallCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Call any method of the server and print its result as one line of JSON.",
        discussion: """
            EXAMPLE
              spawngate call server.info
              spawngate call session.list '{"status": "running", "limit": 5}'
              jq -n '{id: "nightly-mhk3v0q1"}' | spawngate call session.metadata -
            """)

    @Argument(help: "The method, such as session.get.")
    var method: String

    @Argument(help: ArgumentHelp("Its params, an object; - reads them from standard input.", valueName: "json"))
    var params: String?

    @OptionGroup var options: ServerOptions

    func validate() throws {
        if let params, params != "-" { _ = try Self.object(params) }
    }

    func run(on server: ServerConnection) throws {
        let object = try params.map { try Self.object($0 == "-" ? try InputText.read("-") : $0) }
        Output.line(try server.call(method, object ?? [:]).json)
    }

    private static func object(_ text: String) throws -> RemoteValue {
        do throws(RemoteValueSyntaxError) {
            let value = try RemoteValue(json: text)
            if case .object = value { return value }
        } catch {
            throw ValidationError("the params are \(error)")
        }
        throw ValidationError("the params are not a JSON object")
    }
}
