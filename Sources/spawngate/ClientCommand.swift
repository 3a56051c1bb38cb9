internal import ArgumentParser
internal import SpawngateClient

/// A command that asks a server.
protocol ClientCommand: ParsableCommand {
    var options: ServerOptions { get }
    /// Asks, and prints the answer.
    func run(on server: ServerConnection) throws
}

extension ClientCommand {
    func run() throws {
        do {
            try run(on: try options.connect())
        } catch let status as ExitCode {
            throw status
        } catch let wrongUsage as ValidationError {
            throw wrongUsage
        } catch {
            if options.json { Output.line(Explanation.line(of: error)) }
            throw options.explained(error)
        }
    }

    /// Prints a result as it is for programs, or as the view that `show` makes of it for people.
    func print(_ result: RemoteValue, _ show: () -> String) {
        Output.line(options.json ? result.json : show())
    }
}

extension RemoteValue {
    /// An object of those members that have a value.
    static func params(_ members: (String, RemoteValue?)...) -> RemoteValue {
        .object(members.compactMap { name, value in value.map { Member(name, $0) } })
    }

    /// A string, or nothing.
    static func text(_ text: String?) -> RemoteValue? { text.map { .string($0) } }

    /// A list of strings, or nothing where it is empty.
    static func texts(_ texts: [String]) -> RemoteValue? {
        texts.isEmpty ? nil : .array(texts.map { .string($0) })
    }
}
