internal import Policy
internal import SpawngateClient
internal import SpawngateServer

extension LocalPolicies {
    /// What a request has besides the files: its method, its other params.
    private static let overheadBytes = 4096

    /// A policy folder as the param `files`: {name: text}, tests included. Throws where that is more than the server
    /// takes in one request.
    static func files(in folder: String, for server: ServerConnection) throws -> RemoteValue {
        let files: RemoteValue
        do throws(PolicyLoadError) {
            files = .object(
                try runner(folder).set.files.map {
                    .init($0.name, .string(String(decoding: $0.text, as: UTF8.self)))
                })
        } catch {
            throw CommandFailure("\(folder): \(error.sentence)")
        }
        let bytes = files.json.utf8.count + overheadBytes
        // As every server takes that much, a small folder costs no question.
        guard bytes > 64 << 10, let most = try server.call("server.info")["limits"]["frame_bytes"].integer, bytes > most
        else { return files }
        throw CommandFailure(
            "\(folder) makes a request of \(bytes) bytes, and this server takes at most \(most); start it with "
                + "`spawngate serve --max-frame-bytes \(bytes)`, or take out of the folder what is no policy of yours")
    }
}
