internal import Platform
package import TLS
package import Wire

/// A call that the server refused.
package struct Refusal: Error, Equatable, CustomStringConvertible {
    /// The JSON-RPC code.
    package let code: Int64
    /// The sentence.
    package let message: String
    /// What came beside it; an object with `status`.
    package let data: JSONValue

    /// A refusal to compare with.
    package init(code: Int64, message: String, data: JSONValue) {
        self.code = code
        self.message = message
        self.data = data
    }

    package var description: String { "\(code) \(message) \(data.text)" }
}

/// The server closed the connection where an answer was expected.
package struct ConnectionClosed: Error {}

/// A client made of nothing but a socket: it can say everything, right or wrong.
package final class FrameClient {
    private let socket: FileDescriptorBox
    private let tls: TLSSession?
    private let reader = JSONReader()
    private var received: [UInt8] = []
    private var early: [Int64: JSONValue] = [:]
    private var notifications: [JSONValue] = []
    private var lastID: Int64 = 0
    // A server lives as long as one who speaks to it.
    private let owner: AnyObject?

    /// Connects; nothing is said yet, but for a handshake where TLS is to be spoken.
    package init(port: UInt16, tls context: TLSContext? = nil, owner: AnyObject? = nil) throws {
        socket = FileDescriptorBox(try Socket.connect(host: "127.0.0.1", port: port))
        socket.descriptor.setTimeout(milliseconds: Waiting.milliseconds)
        tls = context.map { TLSSession(client: $0, of: "127.0.0.1") }
        self.owner = owner
        guard let tls else { return }
        while !tls.isEstablished {
            try sendSealed()
            let sealed = try receiveRaw(milliseconds: Waiting.milliseconds)
            if sealed.isEmpty { throw ConnectionClosed() }
            received += try tls.open(sealed)
        }
        try sendSealed()
    }

    // MARK: bytes

    /// Sends bytes as they are, or sealed where TLS is spoken.
    package func send(_ bytes: [UInt8]) throws {
        guard let tls else { return try sendRaw(bytes) }
        try bytes.withUnsafeBytes { try tls.seal($0) }
        try sendSealed()
    }

    private func sendSealed() throws {
        guard let tls else { return }
        let sealed = Array(tls.sealed)
        tls.sent(sealed.count)
        try sendRaw(sealed)
    }

    private func sendRaw(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let outcome = try bytes.withUnsafeBytes {
                try socket.descriptor.send(UnsafeRawBufferPointer(rebasing: $0[sent...]))
            }
            guard case .processed(let count) = outcome else { throw TimedOut("room to send in") }
            sent += count
        }
    }

    /// Sends as much as the socket takes without waiting for a reader, at most `bytes`; answers how much that was.
    package func sendUntilFull(_ bytes: [UInt8]) throws -> Int {
        try socket.descriptor.setNonBlocking()
        var sent = 0
        while sent < bytes.count {
            let outcome = try bytes.withUnsafeBytes {
                try socket.descriptor.send(UnsafeRawBufferPointer(rebasing: $0[sent...]))
            }
            guard case .processed(let count) = outcome else { break }
            sent += count
        }
        return sent
    }

    /// Says that nothing more will be sent; answers still come.
    package func finishSending() {
        tls?.finish()
        try? sendSealed()
        socket.descriptor.shutdownWrite()
    }

    /// By TLS: whether the server has said that it sends no more.
    package var serverHasFinished: Bool { tls?.peerHasFinished ?? false }

    /// Bytes as they come: at least one, or none at the end of the stream. A reset counts as the end.
    package func receive(milliseconds: Int = Waiting.milliseconds) throws -> [UInt8] {
        guard let tls else { return try receiveRaw(milliseconds: milliseconds) }
        var opened: [UInt8] = []
        repeat {
            let sealed = try receiveRaw(milliseconds: milliseconds)
            if sealed.isEmpty { return [] }
            opened = try tls.open(sealed)
        } while opened.isEmpty && !tls.peerHasFinished
        return opened
    }

    private func receiveRaw(milliseconds: Int) throws -> [UInt8] {
        guard try Waiting.untilReadable(socket.number, milliseconds: milliseconds) else {
            throw TimedOut("bytes from the server")
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let outcome = buffer.withUnsafeMutableBytes { try? socket.descriptor.receive(into: $0) }
        guard case .processed(let count) = outcome else { return [] }
        return Array(buffer[..<count])
    }

    /// Everything until the server closes.
    package func receiveAll(milliseconds: Int = Waiting.milliseconds) throws -> [UInt8] {
        var all = received
        received = []
        while true {
            let more = try receive(milliseconds: milliseconds)
            if more.isEmpty { return all }
            all += more
        }
    }

    // MARK: frames

    /// A body with its length before it.
    package static func frame(_ body: [UInt8]) -> [UInt8] {
        let header = FrameEncoder.header(bodyLength: body.count)
        return [header.0, header.1, header.2, header.3] + body
    }

    /// Sends one frame.
    package func sendFrame(_ text: String) throws { try send(Self.frame(Array(text.utf8))) }

    /// The body of the next frame; nil where the server has closed.
    package func readFrame(milliseconds: Int = Waiting.milliseconds) throws -> [UInt8]? {
        while true {
            if received.count >= 4 {
                let length = received[..<4].reduce(0) { $0 << 8 | Int($1) }
                if received.count >= 4 + length {
                    let body = Array(received[4..<4 + length])
                    received.removeFirst(4 + length)
                    return body
                }
            }
            let more = try receive(milliseconds: milliseconds)
            if more.isEmpty { return nil }
            received += more
        }
    }

    /// The next frame as text; nil where the server has closed.
    package func readText(milliseconds: Int = Waiting.milliseconds) throws -> String? {
        try readFrame(milliseconds: milliseconds).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Sends a text as a frame and answers the next frame's text; throws where the server closes.
    package func exchange(_ text: String) throws -> String {
        try sendFrame(text)
        guard let answer = try readText() else { throw ConnectionClosed() }
        return answer
    }

    // MARK: calls

    /// Sends a request and answers its id, to be given to `answer`.
    package func request(_ method: String, _ params: JSONValue? = nil) throws -> Int64 {
        lastID += 1
        let request: JSONValue = ["jsonrpc": "2.0", "id": .integer(lastID), "method": .string(method)]
        try sendFrame(request.with("params", params).text)
        return lastID
    }

    /// The result of an earlier request; throws `Refusal` where it was refused. Answers to others are kept for them.
    package func answer(to id: Int64, milliseconds: Int = Waiting.milliseconds) throws -> JSONValue {
        while early[id] == nil {
            guard let body = try readFrame(milliseconds: milliseconds) else { throw ConnectionClosed() }
            let answer = try reader.value(of: body)
            if answer["method"] != nil {
                notifications.append(answer)
                continue
            }
            guard let of = answer["id"]?.int else { throw try Self.refusal(answer) }
            early[of] = answer
        }
        let answer = early.removeValue(forKey: id) ?? .null
        if let result = answer["result"] { return result }
        throw try Self.refusal(answer)
    }

    /// Calls a method and answers its result; throws `Refusal` where it was refused.
    @discardableResult
    package func call(
        _ method: String, _ params: JSONValue? = nil, milliseconds: Int = Waiting.milliseconds
    ) throws -> JSONValue {
        try answer(to: request(method, params), milliseconds: milliseconds)
    }

    /// The next notification, as it came; throws where the server closes. Answers are kept for those who asked.
    package func notification(milliseconds: Int = Waiting.milliseconds) throws -> JSONValue {
        while notifications.isEmpty {
            guard let body = try readFrame(milliseconds: milliseconds) else { throw ConnectionClosed() }
            let message = try reader.value(of: body)
            if let id = message["id"]?.int { early[id] = message } else { notifications.append(message) }
        }
        return notifications.removeFirst()
    }

    /// What a call is refused with; nil where it is answered.
    package func refusal(_ method: String, _ params: JSONValue? = nil) throws -> Refusal? {
        do {
            try call(method, params)
            return nil
        } catch let refusal as Refusal {
            return refusal
        }
    }

    private static func refusal(_ answer: JSONValue) throws -> Refusal {
        guard let code = answer["error"]?["code"]?.int, let message = answer["error"]?["message"]?.string,
            let data = answer["error"]?["data"]
        else { throw TimedOut("an answer with a result or an error, not \(answer.text)") }
        return Refusal(code: code, message: message, data: data)
    }
}
