internal import ArgumentParser
internal import SpawngateClient

/// How much of a long list to print.
struct ListExtent: ParsableArguments {
    /// What the server answers at once, at most.
    private static let pageSize = 1000

    @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
    var limit = 100

    @Flag(help: "All of them, however many.")
    var all = false

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit is at least 1") }
    }

    /// Asks page after page, and answers them as one.
    func collect(
        from server: ServerConnection, _ method: String, _ filter: RemoteValue, under name: String
    ) throws -> RemoteValue {
        var items: [RemoteValue] = []
        var cursor: RemoteValue = .null
        repeat {
            let wanted = all ? Self.pageSize : min(limit - items.count, Self.pageSize)
            var params = filter.members + [.init("limit", .integer(Int64(wanted)))]
            if !cursor.isNull { params.append(.init("cursor", cursor)) }
            let page = try server.call(method, .object(params))
            items += page[name].elements
            cursor = page["next_cursor"]
        } while !cursor.isNull && (all || items.count < limit)
        return .object([.init(name, .array(items)), .init("next_cursor", cursor)])
    }

    /// Says so where the list goes on.
    func hintAtMore(_ answer: RemoteValue) {
        if !answer["next_cursor"].isNull { Output.complain("there are more; --limit N or --all shows them") }
    }
}
