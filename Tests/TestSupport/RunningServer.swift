internal import Platform
package import TLS
package import Wire

/// One `spawngate serve` in a folder of its own, with its sessions. When it goes, so does every process that it left.
package final class RunningServer {
    /// A policy that objects to nothing.
    package static let allowAll = ["10-allow.lua": "return function(request) end"]

    /// Holds `state`, `policies`, `work` (for sessions to work in) and `server.log`.
    package let folder: TemporaryFolder
    private let arguments: [String]
    private let environment: [String]
    private let launcher: [String]
    private let tls: TLSContext?
    private var process: ChildProcess?
    private var adminClient: FrameClient?
    /// Where it listens; another port after a restart.
    package private(set) var port: UInt16 = 0
    /// The pid of the server.
    package private(set) var pid: Int32 = 0

    /// Starts the server and waits until it listens.
    ///
    /// - `policies`: file name (`10-x.lua`, `lib/y.lua`) to text.
    /// - `arguments`: more options of `serve`.
    /// - `environment`: "NAME=text", besides PATH.
    /// - `launcher`: a command to be put before the program, such as `prlimit`.
    /// - `tls`: with what its clients speak TLS.
    package init(
        policies: [String: String] = RunningServer.allowAll, arguments: [String] = [], environment: [String] = [],
        launcher: [String] = [], tls: TLSContext? = nil
    ) throws {
        self.tls = tls
        folder = try TemporaryFolder()
        self.arguments = arguments
        self.environment = environment
        self.launcher = launcher
        for name in ["policies", "work"] { _ = try folder.makeFolder(name) }
        for (name, text) in policies { try savePolicy(name, text) }
        try start()
    }

    /// A server that speaks TLS, asks clients for certificates of that authority, and is asked without one.
    package convenience init(_ certificates: TestCertificates) throws {
        try self.init(
            arguments: certificates.serve(try certificates.server()), tls: try certificates.context())
    }

    deinit {
        try? kill9()
        endSessions()
    }

    package var stateFolder: String { "\(folder.path)/state" }
    package var policyFolder: String { "\(folder.path)/policies" }
    package var workFolder: String { "\(folder.path)/work" }

    /// What the server has written to its standard error.
    package var log: String {
        String(decoding: (try? File.read("\(folder.path)/server.log", bytesMax: 64 << 20)) ?? [], as: UTF8.self)
    }

    // MARK: life

    /// Starts the server, on the same folders where it ran before, and waits until it listens.
    package func start() throws {
        let line = try Self.firstLine(of: try launch())
        guard let line, let colon = line.lastIndex(of: ":"), line.hasPrefix("spawngate listens on "),
            let port = UInt16(line[line.index(after: colon)...])
        else {
            throw TimedOut("a server that listens; it said \(line ?? "nothing"), and logged: \(self.log.suffix(1000))")
        }
        self.port = port
    }

    // The near end of its standard output; nobody here keeps the far end, so this one ends with the server.
    private func launch() throws -> FileDescriptorBox {
        let (near, far) = try SocketPair().split()
        let null = try File.open("/dev/null", .read)
        let log = try File.open("\(folder.path)/server.log", .append)
        let command =
            launcher + [
                BuiltPrograms.path("spawngate"), "serve", "--listen", "127.0.0.1:0", "--state", stateFolder,
                "--policies", policyFolder,
            ] + arguments
        let child = try ChildProcess(
            path: command[0], arguments: command,
            environment: ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(folder.path)"] + environment,
            descriptors: [null.number, far.number, log.number])
        pid = child.pid
        process = consume child
        return near
    }

    private static func firstLine(of output: FileDescriptorBox) throws -> String? {
        output.descriptor.setTimeout(milliseconds: Waiting.milliseconds)
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n") {
            var buffer: [UInt8] = [0]
            guard case .processed(1) = try buffer.withUnsafeMutableBytes({ try output.descriptor.receive(into: $0) })
            else { return nil }
            line += buffer
        }
        return String(decoding: line.dropLast(), as: UTF8.self)
    }

    /// Kills the server as a power cut would; its sessions go on.
    package func kill9() throws {
        try process?.signal(Process.kill)
        try waitForEnd()
    }

    /// Asks the server to end (SIGTERM) and waits until it has; its sessions go on. Answers its exit code.
    @discardableResult
    package func terminate() throws -> Int32? {
        try process?.signal(Process.terminate)
        return try waitForEnd()
    }

    /// Ends the server as `terminate` does and starts it again.
    package func restart() throws {
        try terminate()
        try start()
    }

    @discardableResult
    private func waitForEnd() throws -> Int32? {
        adminClient = nil
        guard process != nil else { return nil }
        let end = try process?.waitForEnd()
        process = nil
        if case .exited(let code) = end { return code }
        return nil
    }

    // MARK: clients

    /// A new connection that has not authenticated.
    package func connectUnauthenticated() throws -> FrameClient { try FrameClient(port: port, tls: tls, owner: self) }

    /// A new connection, authenticated with the admin's token or another.
    package func connect(token: String? = nil) throws -> FrameClient {
        let client = try connectUnauthenticated()
        try client.call("auth.authenticate", ["token": .string(try token ?? adminToken())])
        return client
    }

    /// The token that the first start wrote.
    package func adminToken() throws -> String {
        let text = String(decoding: try File.read("\(stateFolder)/admin.token", bytesMax: 4096), as: UTF8.self)
        return String(text.prefix { $0 != "\n" })
    }

    /// Calls a method as admin, over one connection that is kept.
    @discardableResult
    package func call(
        _ method: String, _ params: JSONValue? = nil, milliseconds: Int = Waiting.milliseconds
    ) throws -> JSONValue {
        try admin().call(method, params, milliseconds: milliseconds)
    }

    /// What a call as admin is refused with; nil where it is answered.
    package func refusal(_ method: String, _ params: JSONValue? = nil) throws -> Refusal? {
        try admin().refusal(method, params)
    }

    private func admin() throws -> FrameClient {
        if let adminClient { return adminClient }
        // Not its owner: that would be a ring, and neither would ever go.
        let client = try FrameClient(port: port, tls: tls)
        try client.call("auth.authenticate", ["token": .string(try adminToken())])
        adminClient = client
        return client
    }

    // MARK: policies

    /// Saves a policy file whole, as an editor does.
    package func savePolicy(_ name: String, _ text: String) throws {
        try folder.write("policies/\(name)", text)
    }

    /// Removes a policy file.
    package func removePolicy(_ name: String) throws { try File.remove("\(policyFolder)/\(name)") }

    /// The digest of the set in force.
    package func policySet() throws -> String? { try call("policy.list")["policy_set"]?.string }
}
