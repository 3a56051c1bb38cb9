internal import Platform
internal import Sessions
internal import Wire

/// What a session is started with: everything opened before it was judged, so that what was judged is what is used.
struct SessionLaunch {
    let workingDirectory: ResolvedPath
    /// Whether the working directory is a write root.
    var writesWorkingDirectory: Bool
    /// The further write roots.
    var writeRoots: [ResolvedPath]
    let runtimeWriteRoot: ResolvedPath?
    /// Nil where there is no such program; then the start fails.
    let program: ResolvedPath?
    let command: String
    var args: [String]
    let environment: [NamedText]
    let prompt: String?
    let timeoutMilliseconds: Int64?

    /// Where its report may be.
    var folders: [ResolvedPath] { [workingDirectory] + writeRoots + (runtimeWriteRoot.map { [$0] } ?? []) }
}

extension SessionLaunch {
    /// Opens everything that a start names. Throws -32602 with the param that is to blame.
    init(
        _ request: StartRequest, configuration: Configuration, places: ProtectedPlaces
    ) throws(RPCError) {
        let folder = try Self.folder(request.workingDirectory, "working_directory")
        if request.repositoryWriteAllowed {
            try Self.checkRoot(
                folder, "working_directory", places, "unless repository_write_allowed is false")
        }
        let writeRoots = try request.writeRoots.map { (root) throws(RPCError) in
            try Self.checkedRoot(root, "write_roots", places)
        }
        let runtimeWriteRoot = try request.runtimeWriteRoot.map { (root) throws(RPCError) in
            try Self.checkedRoot(root, "runtime_write_root", places)
        }
        // Every name is opened here and never again; a later change of the name changes nothing.
        var variables = Self.inherited(configuration.environmentNames)
        for variable in request.environment { variables[variable.name] = variable.text }
        self.init(
            workingDirectory: folder, writesWorkingDirectory: request.repositoryWriteAllowed, writeRoots: writeRoots,
            runtimeWriteRoot: runtimeWriteRoot,
            program: try Self.program(request.command, from: folder.path, search: variables["PATH"] ?? Self.searchPath),
            command: request.command, args: request.effectiveArguments,
            environment: variables.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                .map { NamedText(name: $0.key, text: $0.value) },
            prompt: request.prompt, timeoutMilliseconds: request.timeoutMilliseconds)
    }

    private static let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    private static func inherited(_ names: [String]) -> [String: String] {
        var variables = ["PATH": searchPath]
        for name in names {
            if let value = Process.environment(name) { variables[name] = value }
        }
        return variables
    }

    /// Opens a folder that a param names.
    private static func folder(_ path: String, _ param: String) throws(RPCError) -> ResolvedPath {
        guard let folder = try opened(path) else {
            throw RPCError.invalidParams("\(param) does not exist: \(path)", param: param)
        }
        guard folder.status.isDirectory else {
            throw RPCError.invalidParams("\(param) is not a directory: \(path)", param: param)
        }
        guard path.hasPrefix("/") else {
            throw RPCError.invalidParams("\(param) is not an absolute path: \(path)", param: param)
        }
        return folder
    }

    /// Nil where nothing can be opened; that the server has no room left is not what the name says.
    private static func opened(_ path: String) throws(RPCError) -> ResolvedPath? {
        do { return try ResolvedPath(opening: path) } catch {
            guard error.code == SystemError.descriptorsExhausted || error.code == SystemError.fileTableFull else {
                return nil
            }
            let limit = FileDescriptor.countMax
            throw RPCError.limited(
                "The server has no file descriptors left.", limit: limit, retryAfterMilliseconds: 1000)
        }
    }

    /// Opens a write root, and throws where no policy may allow it.
    private static func checkedRoot(
        _ path: String, _ param: String, _ places: ProtectedPlaces
    ) throws(RPCError) -> ResolvedPath {
        let root = try folder(path, param)
        try checkRoot(root, param, places)
        return root
    }

    private static func checkRoot(
        _ root: ResolvedPath, _ param: String, _ places: ProtectedPlaces, _ exception: String? = nil
    ) throws(RPCError) {
        guard let objection = places.objection(to: root) else { return }
        throw RPCError.invalidParams(
            "\(param) \(objection), where no session may write\(exception.map { ", \($0)" } ?? ""): \(root.path)",
            param: param)
    }

    /// The program that a command names: by its path, from the working directory on, or by a search as execvp(3) does.
    private static func program(
        _ command: String, from folder: String, search: String
    ) throws(RPCError) -> ResolvedPath? {
        if command.contains("/") { return try opened(command.hasPrefix("/") ? command : "\(folder)/\(command)") }
        for place in search.split(separator: ":") {
            if let found = try opened("\(place)/\(command)"), found.status.isRegular, found.status.isExecutable {
                return found
            }
        }
        return nil
    }
}
