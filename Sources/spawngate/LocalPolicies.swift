internal import ArgumentParser
internal import Platform
internal import Policy
internal import SpawngateClient
internal import SpawngateServer

/// A policy folder that a command looks at by itself, without a server.
enum LocalPolicies {
    /// The folder's set, ready to be asked.
    static func runner(_ folder: String) throws(PolicyLoadError) -> PolicyRunner {
        Process.prepare()
        return try PolicyRunner(folder: folder, programFolder: File.parent(of: Process.executablePath()))
    }

    /// Runs what looks at a set. A set that does not load is told as "file:line: message", and as {"error": …}.
    static func reporting(json: Bool, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as PolicyLoadError {
            if json {
                let place: RemoteValue = [
                    "file": error.file.map { .string($0) } ?? nil,
                    "line": error.line.map { .integer(Int64($0)) } ?? nil,
                ]
                Output.line(
                    RemoteValue.object([
                        .init("error", ["code": nil, "message": .string(error.sentence), "data": place])
                    ]).json)
            }
            throw CommandFailure(error.sentence)
        }
    }
}
