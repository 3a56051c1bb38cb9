import Platform
import SpawngateClient
import Testing

/// The server's end of a connection, played by a test. Answers can be sent before the client asks: its ids are 1, 2, 3, …
final class FarEnd {
    private var socket: FileDescriptorBox?

    private init(_ socket: FileDescriptorBox) { self.socket = socket }

    /// A client, and the end that it speaks to.
    static func connect(timeoutMilliseconds: Int = 5000) throws -> (client: ServerConnection, far: FarEnd) {
        let ends = try SocketPair().split()
        let client = ServerConnection(
            over: try ends.near.descriptor.duplicate(), peer: "test:1", timeoutMilliseconds: timeoutMilliseconds)
        return (client, FarEnd(ends.far))
    }

    /// Sends one frame.
    func answer(_ body: String) throws { try send(Self.frame(body)) }

    /// Sends bytes as they are.
    func send(_ bytes: [UInt8]) throws { try open().descriptor.writeAll(bytes) }

    /// Everything that the client has sent so far, as text without the headers.
    func heard() throws -> [String] {
        let socket = try open()
        socket.descriptor.setTimeout(milliseconds: 1)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case .processed(let count) = try chunk.withUnsafeMutableBytes({ try socket.descriptor.receive(into: $0) })
        {
            bytes += chunk[..<count]
        }
        var bodies: [String] = []
        while bytes.count >= 4 {
            let length = bytes[..<4].reduce(0) { $0 << 8 | Int($1) }
            bodies.append(String(decoding: bytes[4..<4 + length], as: UTF8.self))
            bytes.removeFirst(4 + length)
        }
        return bodies
    }

    /// A body with its length before it.
    static func frame(_ body: String) -> [UInt8] {
        let bytes = Array(body.utf8)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bytes.count >> $0) } + bytes
    }

    /// Hangs up.
    func close() { socket = nil }

    /// A second descriptor of this end, fit for a child.
    func duplicate() throws -> FileDescriptor { try open().descriptor.duplicate() }

    private func open() throws -> FileDescriptorBox { try #require(socket) }
}
