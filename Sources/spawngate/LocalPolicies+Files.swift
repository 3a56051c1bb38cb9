internal import Policy
internal import SpawngateClient
internal import SpawngateServer

extension LocalPolicies {
    /// A policy folder as the param `files`: {name: text}, tests included.
    static func files(in folder: String) throws -> RemoteValue {
        do throws(PolicyLoadError) {
            let files = try runner(folder).set.files
            return .object(files.map { .init($0.name, .string(String(decoding: $0.text, as: UTF8.self))) })
        } catch {
            throw CommandFailure("\(folder): \(error.sentence)")
        }
    }
}
