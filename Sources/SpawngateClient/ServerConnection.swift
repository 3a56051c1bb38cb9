package import Platform
internal import Wire

/// One connection to a Spawngate server. Its methods block; use it from one thread at a time.
///
///     let server = try ServerConnection(host: "127.0.0.1", port: 7411)
///     try server.authenticate(token: token)
///     let session = Session(try server.call("session.start", ["name": "build", "working_directory": "/srv/app"]))
///     print(try server.waitForEnd(of: session.id).exitCode ?? -1)
///
/// Calls throw `RemoteError` where the server says no and `ConnectionError` where it does not answer. After a
/// `ConnectionError` the connection is of no more use: answers could be taken for those of other calls.
public final class ServerConnection {
    /// Called for every notification that arrives while this connection waits for an answer. Without it they are kept for
    /// `receiveNotification`.
    public var onNotification: ((ServerNotification) -> Void)?

    /// How long the server may be silent before a waiting call gives up, in milliseconds.
    public var timeoutMilliseconds: Int {
        didSet { stream.setTimeout(milliseconds: timeoutMilliseconds) }
    }

    private let stream: FrameStream
    private let reader = JSONReader()
    private var nextID: Int64 = 1
    /// Answers to pipelined calls that arrived while `call` waited for its own.
    private var early: [Reply] = []
    /// Notifications that arrived while an answer was waited for.
    private var unheard: [ServerNotification] = []
    private var breakage: ConnectionError?

    /// Connects, by TLS to any other machine. Throws where nobody listens there.
    public convenience init(host: String, port: UInt16, timeoutMilliseconds: Int = 30_000) throws(ConnectionError) {
        try self.init(to: ServerAddress(host: host, port: port), timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Connects, by TLS where the address says so. Throws where nobody listens there, or it is not who it should be.
    public convenience init(
        to address: ServerAddress, tls: TLSOptions = TLSOptions(), timeoutMilliseconds: Int = 30_000
    ) throws(ConnectionError) {
        let security = address.usesTLS ? try TLSStream(tls, for: address) : nil
        let socket: FileDescriptor
        do throws(SystemError) {
            socket = try Socket.connect(host: address.host, port: address.port)
        } catch {
            let why =
                Socket.isLoopback(address.host) == nil
                ? "no address is known for \(address.host)." : "\(error.reason). Is `spawngate serve` running?"
            throw ConnectionError(description: "cannot reach a Spawngate server at \(address): \(why)")
        }
        self.init(over: socket, peer: "\(address)", tls: security, timeoutMilliseconds: timeoutMilliseconds)
        try stream.shakeHands()
    }

    /// Speaks over a socket that is connected already; `peer` names it in errors.
    package convenience init(over socket: consuming FileDescriptor, peer: String, timeoutMilliseconds: Int) {
        self.init(over: socket, peer: peer, tls: nil, timeoutMilliseconds: timeoutMilliseconds)
    }

    private init(over socket: consuming FileDescriptor, peer: String, tls: TLSStream?, timeoutMilliseconds: Int) {
        stream = FrameStream(socket, peer: peer, tls: tls)
        self.timeoutMilliseconds = timeoutMilliseconds
        stream.setTimeout(milliseconds: timeoutMilliseconds)
    }

    /// Says who is asking. Throws `RemoteError` where the token is not known, has expired or was revoked.
    @discardableResult
    public func authenticate(token: String) throws -> Principal {
        let answer = try call("auth.authenticate", ["token": .string(token)])
        return Principal(name: answer["principal"].string ?? "", roles: answer["roles"].elements.compactMap(\.string))
    }

    /// Calls a method and waits for its result. Params are an object.
    @discardableResult
    public func call(_ method: String, _ params: RemoteValue = [:]) throws -> RemoteValue {
        let id = try send(method, params)
        while true {
            let reply = try receiveFromSocket()
            // An error without an id is about the last frame as a whole: no other answer will come for it.
            if reply.id == id || reply.id == nil { return try reply.value() }
            early.append(reply)
        }
    }

    /// Sends a call without waiting, and answers its id; `receive` gives the reply later. Do not let thousands of replies
    /// wait unread: a server stops to listen to a client that does not read.
    @discardableResult
    public func send(_ method: String, _ params: RemoteValue = [:]) throws(ConnectionError) -> Int64 {
        let id = nextID
        nextID += 1
        try send(id: id, method: method, params: params)
        return id
    }

    /// Sends a call under an id of the caller's own choice, without waiting.
    public func send(id: Int64, method: String, params: RemoteValue) throws(ConnectionError) {
        if let breakage { throw breakage }
        var writer = JSONWriter(reserving: 256)
        let frame = FrameEncoder.begin(in: &writer)
        writer.beginObject()
        writer.name("jsonrpc")
        writer.string("2.0")
        writer.name("id")
        writer.integer(id)
        writer.name("method")
        writer.string(method)
        writer.name("params")
        params.write(to: &writer)
        writer.endObject()
        FrameEncoder.end(at: frame, in: &writer)
        do {
            try stream.send(writer.bytes)
        } catch {
            breakage = error
            throw error
        }
    }

    /// Waits for the next reply to any call that was sent; they may come in another order than the calls.
    public func receive() throws(ConnectionError) -> Reply {
        early.isEmpty ? try receiveFromSocket() : early.removeFirst()
    }

    /// Waits for the next notification, however long nothing happens; a server that is gone is noticed meanwhile. Answers
    /// to calls that were sent before are kept for `receive`.
    public func receiveNotification() throws -> ServerNotification {
        while unheard.isEmpty {
            // Silence is normal here. A server that answers a ping is there.
            guard try stream.isReadable(milliseconds: timeoutMilliseconds / 2) else {
                try call("server.ping")
                continue
            }
            switch try receiveMessage() {
            case .reply(let reply): early.append(reply)
            case .notification(let notification): return notification
            }
        }
        return unheard.removeFirst()
    }

    private func receiveFromSocket() throws(ConnectionError) -> Reply {
        while true {
            switch try receiveMessage() {
            case .reply(let reply): return reply
            case .notification(let notification):
                if let onNotification { onNotification(notification) } else { unheard.append(notification) }
            }
        }
    }

    private func receiveMessage() throws(ConnectionError) -> Message {
        if let breakage { throw breakage }
        do {
            return try stream.receive(understand)
        } catch {
            let broken =
                (error as? ConnectionError)
                ?? ConnectionError(description: "the server sent what is no JSON-RPC message: \(error)")
            breakage = broken
            throw broken
        }
    }

    private enum Message {
        case reply(Reply)
        case notification(ServerNotification)
    }

    private func understand(_ body: UnsafeRawBufferPointer) throws -> Message {
        try reader.read(body) { root in
            let id = root["id"]?.int
            if let result = root["result"] { return .reply(Reply(id: id, outcome: .success(Array(result.rawBytes)))) }
            if let error = root["error"] {
                return .reply(Reply(id: id, outcome: .failure(RemoteError(RemoteValue(error.value)))))
            }
            guard let method = root["method"]?.string else {
                throw ConnectionError(description: "the server sent what is no JSON-RPC message")
            }
            let params = root["params"].map { RemoteValue($0.value) } ?? .null
            return .notification(ServerNotification(method: method, params: params))
        }
    }
}

extension ServerConnection {
    /// Waits until a session has ended, however long that takes, or until so many milliseconds have passed; then the
    /// session is answered as it is.
    public func waitForEnd(of id: String, timeoutMilliseconds limit: Int64? = nil) throws -> Session {
        let clock = SystemClock()
        let start = clock.monotonicNanoseconds()
        while true {
            let elapsed = (clock.monotonicNanoseconds() - start) / 1_000_000
            let remaining = limit.map { max(0, $0 - elapsed) }
            // In slices well below the patience for silence, so that a server that has gone is noticed.
            let slice = min(remaining ?? .max, max(1, Int64(timeoutMilliseconds) / 2))
            let answer = try call("session.wait", ["id": .string(id), "timeout_ms": .integer(slice)])
            let session = Session(answer)
            if session.hasEnded || remaining == slice { return session }
        }
    }
}
