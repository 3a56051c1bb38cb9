internal import TLS

/// The TLS of one connection to a server, with its failures put into sentences.
final class TLSStream {
    /// What is received at once.
    static let inputBytes = 64 << 10

    private let session: TLSSession
    private let address: ServerAddress
    private let showsCertificate: Bool
    private var input = [UInt8](repeating: 0, count: TLSStream.inputBytes)

    init(_ options: TLSOptions, for address: ServerAddress) throws(ConnectionError) {
        self.address = address
        showsCertificate = options.certificate != nil
        guard (options.certificate == nil) == (options.key == nil) else {
            throw ConnectionError(description: "a certificate and its key go together")
        }
        do throws(TLSFileError) {
            let identity = options.certificate.flatMap { certificate in options.key.map { (certificate, $0) } }
            session = TLSSession(
                client: try TLSContext.client(authorities: options.authorities, identity: identity), of: address.host)
        } catch {
            throw ConnectionError(description: "TLS cannot be spoken: \(error)")
        }
    }

    var isEstablished: Bool { session.isEstablished }
    /// The server has said that it sends no more.
    var peerHasFinished: Bool { session.peerHasFinished }

    /// Receives once by `receive`, and opens what has come at the end of `plain`, from `end` on, which grows as it must.
    /// Answers the new end.
    func receive(
        into plain: inout [UInt8], from end: Int,
        by receive: (UnsafeMutableRawBufferPointer) throws(ConnectionError) -> Int
    ) throws(ConnectionError) -> Int {
        let count = try input.withBytes { (bytes) throws(ConnectionError) in try receive(bytes) }
        var (used, end) = (0, end)
        while !session.peerHasFinished {
            if end == plain.count { plain.append(contentsOf: repeatElement(0, count: plain.count)) }
            let step = input.withUnsafeBytes { sealed in
                plain.withUnsafeMutableBytes { plain in
                    Result { () throws(TLSFailure) in
                        try session.open(
                            UnsafeRawBufferPointer(rebasing: sealed[used..<count]),
                            into: UnsafeMutableRawBufferPointer(rebasing: plain[end...]))
                    }
                }
            }
            let (more, opened) = try understood(step)
            used += more
            end += opened
            if opened == 0 { break }
        }
        return end
    }

    /// Seals bytes, and gives them to `send` in pieces.
    func send(
        _ bytes: [UInt8], by send: (UnsafeRawBufferPointer) throws(ConnectionError) -> Void
    ) throws(ConnectionError) {
        for start in stride(from: 0, to: bytes.count, by: TLSSession.sealedTogether) {
            let piece = start..<min(start + TLSSession.sealedTogether, bytes.count)
            let outcome = bytes.withUnsafeBytes { bytes in
                Result { () throws(TLSFailure) in
                    try session.seal(UnsafeRawBufferPointer(rebasing: bytes[piece]))
                }
            }
            try understood(outcome)
            try sendSealed(by: send)
        }
    }

    /// Gives what TLS itself has to say to `send`.
    func sendSealed(by send: (UnsafeRawBufferPointer) throws(ConnectionError) -> Void) throws(ConnectionError) {
        let sealed = session.sealed
        if sealed.isEmpty { return }
        try send(sealed)
        session.sent(sealed.count)
    }

    func finish() { session.finish() }

    private func understood<Answer>(_ outcome: Result<Answer, TLSFailure>) throws(ConnectionError) -> Answer {
        do throws(TLSFailure) { return try outcome.get() } catch {
            throw ConnectionError(description: sentence(error))
        }
    }

    private func sentence(_ failure: TLSFailure) -> String {
        switch failure {
        case .otherProtocol: "what listens at \(address) does not speak TLS"
        case .version: "what listens at \(address) does not speak TLS 1.3"
        case .refused(let alert):
            showsCertificate
                ? "\(address) does not take this client's certificate: \(alert)" : "\(address) broke off TLS: \(alert)"
        case .certificate(.time, let fault): "the certificate of \(address) is not good now: \(fault)"
        case .certificate(.name, _): "the certificate of \(address) is not for \(address.host)"
        case .certificate(.issuer, let fault):
            "the certificate of \(address) is from nobody who is trusted here (\(fault)): name its authority with --tls-ca"
        case .certificate(.other, let fault): "the certificate of \(address) is not taken: \(fault)"
        case .violation(let what): "the TLS of \(address) is broken: \(what)"
        }
    }
}

extension [UInt8] {
    fileprivate mutating func withBytes<Answer>(
        _ body: (UnsafeMutableRawBufferPointer) throws(ConnectionError) -> Answer
    ) throws(ConnectionError) -> Answer {
        let outcome = withUnsafeMutableBytes { bytes in
            Result { () throws(ConnectionError) in try body(bytes) }
        }
        return try outcome.get()
    }
}
