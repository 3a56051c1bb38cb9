internal import Platform
internal import TestSupport
internal import Testing
internal import Wire

/// Whole sessions of the real Claude CLI under the built server. The model alone is played.
@Suite(
    .serialized,
    .enabled(if: AgentRun.agent != nil, "SPAWNGATE_AGENT names no Claude CLI; make test-agent fetches one"))
struct AgentTests {}

/// A server with a model behind its sessions.
struct AgentRun {
    /// The Claude CLI: a path that ends in `/claude`.
    static let agent = Process.environment("SPAWNGATE_AGENT")

    let model: ScriptedModel
    let server: RunningServer
    private let modelFolder: TemporaryFolder

    /// Starts a model with its turns and a server whose sessions speak to it, and to nobody else.
    init(_ turns: JSONValue, policies: [String: String] = RunningServer.allowAll) throws {
        modelFolder = try TemporaryFolder()
        model = try ScriptedModel(turns, in: modelFolder)
        let variables = [
            "ANTHROPIC_BASE_URL": "http://127.0.0.1:\(model.port)",
            "ANTHROPIC_API_KEY": "none",
            "CLAUDE_CONFIG_DIR": "\(modelFolder.path)/configuration",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            // Without it a placeholder that stands for tools still to be loaded is among the tools offered.
            "ENABLE_TOOL_SEARCH": "false",
        ]
        // What the CLI itself writes; everything else it writes where a session may.
        let configuration = try modelFolder.makeFolder("configuration")
        server = try RunningServer(
            policies: policies,
            arguments: variables.keys.sorted().flatMap { ["--pass-env", $0] } + ["--write-path", configuration],
            environment: variables.map { "\($0.key)=\($0.value)" })
    }

    /// The params that start the agent in the server's work folder.
    func params(_ prompt: String, _ more: JSONValue = [:]) throws -> JSONValue {
        let agent = try #require(Self.agent)
        let params: JSONValue = [
            "name": "agent", "working_directory": .string(server.workFolder), "command": .string(agent),
            "prompt": .string(prompt),
        ]
        return params.with(more)
    }

    /// Starts the agent and answers the record of the started session.
    func start(_ prompt: String, _ more: JSONValue = [:]) throws -> JSONValue {
        try server.call("session.start", params(prompt, more))
    }

    /// Starts the agent, waits for its end and answers the record.
    func run(_ prompt: String = "Do it.", _ more: JSONValue = [:]) throws -> JSONValue {
        try server.wait(start(prompt, more))
    }

    /// The text of a file in the work folder; nil where there is none.
    func text(_ name: String) -> String? {
        (try? File.read("\(server.workFolder)/\(name)", bytesMax: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The model's turn that writes a file into the working directory.
    static func write(_ name: String, _ text: String = "written\n") -> JSONValue {
        ["use": "Write", "with": ["file_path": .string(name), "content": .string(text)]]
    }

    /// The model's turn that runs a shell command.
    static func shell(_ command: String) -> JSONValue {
        ["use": "Bash", "with": ["command": .string(command)]]
    }
}
