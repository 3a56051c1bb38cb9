internal import ArgumentParser
internal import Platform
internal import SpawngateClient

/// What a session is to be: the same options for starting one and for asking whether one might be started.
struct StartOptions: ParsableArguments {
    @Option(help: ArgumentHelp("What to call it. Without it: the command's or the folder's name.", valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp("The working directory. Without it: the folder this is run in.", valueName: "dir"))
    var cwd: String?

    @Option(help: ArgumentHelp("What the agent is to do; it goes to its standard input.", valueName: "text"))
    var prompt: String?

    @Option(help: ArgumentHelp("A file with the prompt; - is standard input.", valueName: "file"))
    var promptFile: String?

    @Option(help: ArgumentHelp("The agent's permission mode, such as plan or acceptEdits.", valueName: "mode"))
    var permissionMode: String?

    @Option(
        name: .customLong("allowed-tool"),
        help: ArgumentHelp(
            "A tool that the agent may use, such as \"Bash(git diff:*)\". Repeatable.", valueName: "rule"))
    var allowedTools: [String] = []

    @Option(
        name: .customLong("write-root"),
        help: ArgumentHelp("A further folder under which it may write. Repeatable.", valueName: "dir"))
    var writeRoots: [String] = []

    @Option(help: ArgumentHelp("The folder for what the agent itself keeps.", valueName: "dir"))
    var runtimeWriteRoot: String?

    @Flag(help: "It may not write in its working directory.")
    var noRepositoryWrite = false

    @Flag(help: "It is to leave a report.md or outputs/report.md.")
    var expectsReport = false

    @Option(help: ArgumentHelp("A variable for its environment. Repeatable.", valueName: "k=v"))
    var env: [KeyValue] = []

    @Option(help: ArgumentHelp("A label to find it by. Repeatable.", valueName: "k=v"))
    var label: [KeyValue] = []

    @Option(help: ArgumentHelp("Stop it after so long: seconds, or 90s, 30m, 12h, 7d.", valueName: "time"))
    var timeout: TimeSpan?

    @Option(help: ArgumentHelp("On whose behalf it works.", valueName: "name"))
    var executive: String?

    @Option(help: ArgumentHelp("The mission that it belongs to.", valueName: "id"))
    var mission: String?

    @Option(help: ArgumentHelp("The assignment that it belongs to.", valueName: "id"))
    var assignment: String?

    @Option(help: ArgumentHelp("The branch that it works on.", valueName: "name"))
    var branch: String?

    @Option(
        help: ArgumentHelp("Asked again with the same key, the server answers the same session.", valueName: "key"))
    var idempotencyKey: String?

    @Argument(
        parsing: .postTerminator,
        help: ArgumentHelp("After --: the program and its arguments. Without it: claude.", valueName: "command"))
    var command: [String] = []

    func validate() throws {
        if prompt != nil && promptFile != nil { throw ValidationError("--prompt and --prompt-file exclude each other") }
        try KeyValue.refuseDuplicates(env, option: "--env")
        try KeyValue.refuseDuplicates(label, option: "--label")
    }

    /// The params of session.start and policy.check. Reads the prompt's file; `currentFolder` is an absolute path.
    func params(currentFolder: String) throws -> RemoteValue {
        let folder = Self.absolute(cwd ?? ".", in: currentFolder)
        return .params(
            ("name", .string(name ?? Self.baseName(command.first ?? folder))),
            ("working_directory", .string(folder)),
            ("command", .text(command.first)),
            ("args", .texts(Array(command.dropFirst()))),
            ("prompt", .text(try promptFile.map(InputText.read) ?? prompt)),
            ("executive", .text(executive)),
            ("mission_id", .text(mission)),
            ("assignment_id", .text(assignment)),
            ("branch", .text(branch)),
            ("permission_mode", .text(permissionMode)),
            ("allowed_tools", .texts(allowedTools)),
            ("runtime_write_root", .text(runtimeWriteRoot.map { Self.absolute($0, in: currentFolder) })),
            ("write_roots", .texts(writeRoots.map { Self.absolute($0, in: currentFolder) })),
            ("repository_write_allowed", noRepositoryWrite ? false : nil),
            ("expects_report", expectsReport ? true : nil),
            ("environment", KeyValue.object(env)),
            ("timeout_ms", timeout.map { .integer($0.milliseconds) }),
            ("labels", KeyValue.object(label)),
            ("idempotency_key", .text(idempotencyKey)))
    }

    /// The same, with paths as they are seen from where this program runs.
    func params() throws -> RemoteValue { try params(currentFolder: File.realPath(".")) }

    /// Only joins: which file a path leads to is the server's to find out, where the session will run.
    private static func absolute(_ path: String, in folder: String) -> String {
        if path.hasPrefix("/") { return path }
        if path == "." { return folder }
        return folder == "/" ? "/\(path)" : "\(folder)/\(path)"
    }

    private static func baseName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? "session"
    }
}
