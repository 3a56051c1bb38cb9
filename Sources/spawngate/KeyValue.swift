internal import ArgumentParser
internal import SpawngateClient

/// A pair as it is written on a command line: `NAME=VALUE`. The value may be empty and may hold further `=`.
struct KeyValue: ExpressibleByArgument, Equatable {
    let name: String
    let value: String

    init?(argument: String) {
        guard let separator = argument.firstIndex(of: "="), separator != argument.startIndex else { return nil }
        name = String(argument[..<separator])
        value = String(argument[argument.index(after: separator)...])
    }

    /// The pairs as an object, or nothing where there are none.
    static func object(_ pairs: [KeyValue]) -> RemoteValue? {
        pairs.isEmpty ? nil : .object(pairs.map { RemoteValue.Member($0.name, .string($0.value)) })
    }

    /// Refuses a name that is given twice: one of the values would have to be dropped unseen.
    static func refuseDuplicates(_ pairs: [KeyValue], option: String) throws {
        var names: Set<String> = []
        for pair in pairs where !names.insert(pair.name).inserted {
            throw ValidationError("\(option) \(pair.name) is given twice")
        }
    }
}
