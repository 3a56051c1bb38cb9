internal import Platform
internal import TLS

/// A blocking connection to a server on this machine, plain or by TLS. It is read when something has come, and what it
/// sends is small.
final class Link {
    let socket: FileDescriptor
    private let session: TLSSession?
    private let sealed = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

    /// Connects, and shakes hands where TLS is to be spoken.
    init(port: UInt16, tls: TLSContext? = nil) throws {
        socket = try Socket.connect(host: "127.0.0.1", port: port)
        session = tls.map { TLSSession(client: $0, of: "127.0.0.1") }
        while let session, !session.isEstablished {
            try sendSealed(session)
            _ = try open(session, into: sealed)
        }
        if let session { try sendSealed(session) }
    }

    deinit { sealed.deallocate() }

    func send(_ bytes: UnsafeRawBufferPointer) throws {
        guard let session else { return try sendAll(bytes) }
        try session.seal(bytes)
        try sendSealed(session)
    }

    /// Receives once; answers how many plain bytes came of that. The room must be enough for them.
    func receive(into room: UnsafeMutableRawBufferPointer) throws -> Int {
        if let session { return try open(session, into: room) }
        guard case .processed(let count) = try socket.receive(into: room) else { throw Self.closed }
        return count
    }

    private func open(_ session: TLSSession, into room: UnsafeMutableRawBufferPointer) throws -> Int {
        guard case .processed(let count) = try socket.receive(into: sealed) else { throw Self.closed }
        var (used, end) = (0, 0)
        while true {
            let step = try session.open(
                UnsafeRawBufferPointer(rebasing: sealed[used..<count]),
                into: UnsafeMutableRawBufferPointer(rebasing: room[end...]))
            used += step.used
            end += step.opened
            if step.opened == 0 { return end }
        }
    }

    private func sendSealed(_ session: TLSSession) throws {
        try sendAll(session.sealed)
        session.sent(session.sealed.count)
    }

    private func sendAll(_ bytes: UnsafeRawBufferPointer) throws {
        var sent = 0
        while sent < bytes.count {
            guard case .processed(let count) = try socket.send(UnsafeRawBufferPointer(rebasing: bytes[sent...])) else {
                throw BenchFailure("a request was not taken")
            }
            sent += count
        }
    }

    private static let closed = BenchFailure("the server closed the connection")
}
