import Platform
import TestSupport
import Wire

/// A policy folder of one test's own, and the commands that look at it without a server.
struct PolicyFolderFixture {
    let folder: TemporaryFolder
    /// The policy folder itself.
    var path: String { folder.path }

    /// Names such as `10-x.lua`, `lib/y.lua`, `tests/z_test.lua` to texts.
    init(_ files: [String: String]) throws {
        folder = try TemporaryFolder()
        for (name, text) in files { try folder.write(name, text) }
    }

    /// The policies that the project ships, where they stand.
    static let shipped = ShippedPolicies.repository + "/policies"

    func test(_ options: String...) throws -> CommandRun {
        try CommandRun("spawngate", ["policy", "test", path] + options)
    }

    /// Runs `policy eval` on a request; the folder is this one unless another is named.
    func eval(_ request: JSONValue, _ options: String..., policies: String? = nil) throws -> CommandRun {
        let file = try folder.write("request.json", request.text)
        return try CommandRun(
            "spawngate", ["policy", "eval", "--request", file, "--policies", policies ?? path] + options)
    }

    func new(_ name: String) throws -> CommandRun {
        try CommandRun("spawngate", ["policy", "new", name, "--policies", path])
    }
}

extension CommandRun {
    /// The output, one JSON value.
    func json() throws -> JSONValue { try JSONValue(text: output) }

    /// The output's lines with their runs of spaces made one, which hides how a table is aligned.
    var lines: [String] {
        output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    }
}
