internal import Platform
internal import Wire

/// A blocking socket, cut into frames. Memory grows as bytes come and never by the length that a peer claims.
final class FrameStream {
    /// No answer is longer: two whole logs of 256 MiB in base64 fit, and the ASCII of "HTTP" read as a length does not.
    static let frameBytesMax = 1 << 30

    private let socket: FileDescriptor
    private let peer: String
    private let tls: TLSStream?
    private var decoder = FrameDecoder(frameBytesMax: FrameStream.frameBytesMax)
    private var input = [UInt8](repeating: 0, count: 64 * 1024)
    /// The bytes of `input` that have come and are not yet handed out.
    private var pending = 0..<0
    private var isFirstFrame = true

    init(_ socket: consuming FileDescriptor, peer: String, tls: TLSStream? = nil) {
        self.socket = socket
        self.peer = peer
        self.tls = tls
    }

    deinit {
        guard let tls else { return }
        tls.finish()
        try? tls.sendSealed { (bytes) throws(ConnectionError) in _ = try? socket.send(bytes) }
    }

    /// Bounds how long one send or receive may stand still.
    func setTimeout(milliseconds: Int) { socket.setTimeout(milliseconds: milliseconds) }

    /// Makes sure who answers, where TLS is spoken. Nothing may be sent before.
    func shakeHands() throws(ConnectionError) {
        guard let tls else { return }
        do {
            while !tls.isEstablished {
                try tls.sendSealed(by: sendAll)
                try fill()
            }
        } catch {
            // What stopped it may have left words for the server.
            try? tls.sendSealed(by: sendAll)
            throw error
        }
        try tls.sendSealed(by: sendAll)
    }

    /// Sends a whole frame, header included.
    func send(_ frame: [UInt8]) throws(ConnectionError) {
        if let tls { return try tls.send(frame, by: sendAll) }
        let outcome = frame.withUnsafeBytes { bytes in
            Result { () throws(ConnectionError) in try sendAll(bytes) }
        }
        try outcome.get()
    }

    private func sendAll(_ bytes: UnsafeRawBufferPointer) throws(ConnectionError) {
        var sent = 0
        while sent < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
            sent += try progress(Result { () throws(SystemError) in try socket.send(rest) })
        }
    }

    /// Whether a frame, or the beginning of one, is there or comes in time.
    func isReadable(milliseconds: Int) throws(ConnectionError) -> Bool {
        if !pending.isEmpty { return true }
        do throws(SystemError) { return try socket.wait(for: .readable, milliseconds: milliseconds) } catch {
            throw ConnectionError(description: "the connection to \(peer) broke: \(error.reason)")
        }
    }

    /// Waits for the next frame and lends its body.
    func receive<Answer>(_ use: (UnsafeRawBufferPointer) throws -> Answer) throws -> Answer {
        while true {
            if isFirstFrame && pending.count >= FrameEncoder.headerBytes { try refuseOtherProtocols() }
            let step = input.withUnsafeBytes { decoder.next(in: UnsafeRawBufferPointer(rebasing: $0[pending])) }
            switch step {
            case .frame(let body):
                let start = pending.lowerBound + body.lowerBound
                pending = pending.lowerBound + decoder.takeUsed()..<pending.upperBound
                isFirstFrame = false
                return try input.withUnsafeBytes {
                    try use(UnsafeRawBufferPointer(rebasing: $0[start..<start + body.count]))
                }
            case .needMore:
                try fill()
            case .tooLarge(let length):
                throw ConnectionError(description: "\(peer) announced an answer of \(length) bytes, more than any has")
            }
        }
    }

    /// Tells a person who gave a wrong port what answers there, in place of waiting for a gigabyte.
    private func refuseOtherProtocols() throws(ConnectionError) {
        let header = input[pending].prefix(FrameEncoder.headerBytes)
        if header.elementsEqual("HTTP".utf8) {
            throw ConnectionError(description: "what listens at \(peer) speaks HTTP and is no Spawngate server")
        }
        // A TLS alert: record type 21, version 3.x.
        if header.starts(with: [0x15, 0x03]) {
            throw ConnectionError(
                description: "what listens at \(peer) wants TLS, which was not used: put tls:// before the address")
        }
    }

    private func fill() throws(ConnectionError) {
        if pending.isEmpty { pending = 0..<0 }
        if pending.upperBound == input.count {
            if pending.lowerBound > 0 {
                input.replaceSubrange(0..<pending.count, with: input[pending])
                pending = 0..<pending.count
            } else {
                input.append(contentsOf: repeatElement(0, count: input.count))
            }
        }
        let end = pending.upperBound
        if let tls {
            let opened = try tls.receive(into: &input, from: end) { (bytes) throws(ConnectionError) in
                try progress(Result { () throws(SystemError) in try socket.receive(into: bytes) })
            }
            pending = pending.lowerBound..<opened
            if opened == end, tls.peerHasFinished { throw Self.closed(by: peer) }
            return
        }
        let outcome = input.withUnsafeMutableBytes { bytes in
            Result { () throws(SystemError) in
                try socket.receive(into: UnsafeMutableRawBufferPointer(rebasing: bytes[end...]))
            }
        }
        pending = pending.lowerBound..<end + (try progress(outcome))
    }

    private func progress(_ outcome: Result<IOOutcome, SystemError>) throws(ConnectionError) -> Int {
        switch outcome {
        case .success(.processed(let count)): return count
        case .success(.wouldBlock): throw ConnectionError(description: "no answer from \(peer) in time")
        case .success(.endOfFile):
            guard let tls else { throw Self.closed(by: peer) }
            throw ConnectionError(
                description: tls.isEstablished
                    ? "the connection to \(peer) was cut"
                    : "\(peer) closed the connection: perhaps it does not speak TLS")
        case .failure(let error):
            throw ConnectionError(description: "the connection to \(peer) broke: \(error.reason)")
        }
    }

    private static func closed(by peer: String) -> ConnectionError {
        ConnectionError(description: "\(peer) closed the connection before it answered")
    }
}
