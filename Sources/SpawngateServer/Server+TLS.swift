internal import Logging
internal import Policy
internal import TLS
internal import Wire

/// Connections by TLS: how they begin, whom their certificate names, and how they fail.
extension Server {
    /// Whether one more may go on with its handshake in this turn. The bytes of the others stay where they are: however many
    /// shake hands, whoever has done so waits for a few of them at most.
    func mayShakeHands() -> Bool {
        handshakesLeft -= 1
        return handshakesLeft >= 0
    }

    /// What came for a handshake has been received. Whether it is over now, so that frames may follow.
    func shakeHands(_ connection: Connection) throws(TLSFailure) -> Bool {
        if case .awaitsHello(let context) = connection.transport {
            switch ClientHello.look(at: connection.received) {
            case .incomplete: return false
            case .ready:
                try connection.beginTLS(
                    context, sparingMemory: connections.count > configuration.limits.connectionsAtEase)
            case .otherProtocol: throw TLSFailure.otherProtocol
            case .tooLong: throw TLSFailure.violation("its first message is too long")
            }
        }
        if connection.isShakingHands { return false }
        metrics.handshakes += 1
        welcome(connection)
        return true
    }

    /// Takes a verified certificate in place of a token, where there is an entry for its name.
    private func welcome(_ connection: Connection) {
        guard case .tls(let session) = connection.transport else { return }
        switch session.peerName {
        case .none: return
        case .unusable: refuseCertificate(of: connection, .unusableName)
        case .name(let name):
            switch access.grant(forCertificateOf: name, wallMilliseconds: loop.wallMilliseconds) {
            case .failure(let refusal): refuseCertificate(of: connection, refusal)
            case .success(let grant):
                admit(connection, grant)
                // A certificate is not renewed within a connection.
                guard let end = session.peerGoodUntil else { return }
                connection.grantDeadline = loop.after(milliseconds: Int(max(0, end - loop.wallMilliseconds))) {
                    [unowned self] in
                    close(connection, "its certificate has expired")
                }
            }
        }
    }

    private func refuseCertificate(of connection: Connection, _ refusal: CertificateRefusal) {
        metrics.certificatesRefused += 1
        logger.notice(
            "a certificate names nobody: \(refusal.reason)",
            metadata: ["peer": "\(connection.peer)", "name": "\(refusal.name ?? "")"])
        recorder.addBounded(
            .certificateRefused(refusal, address: connection.peer, at: loop.wallMilliseconds), from: "")
    }

    /// Lets somebody in, for as long as the grant holds.
    func admit(_ connection: Connection, _ grant: Grant) {
        connection.grant = grant
        connection.decoder.frameBytesMax = configuration.limits.frameBytesMax
        for deadline in [connection.authenticationDeadline, connection.grantDeadline].compactMap({ $0 }) {
            loop.cancel(deadline)
        }
        connection.authenticationDeadline = nil
        connection.grantDeadline = nil
    }

    /// Closes a connection whose TLS came to nothing; what TLS says of that is sent first.
    func fail(_ connection: Connection, _ failure: TLSFailure) {
        connection.closing = .whenSent
        switch failure {
        case .otherProtocol: refusePlain(connection)
        case .version: connection.closingReason = "it does not speak TLS 1.3"
        case .refused(let alert): connection.closingReason = "it broke off TLS: \(alert)"
        case .violation(let what): connection.closingReason = "its TLS is broken: \(what)"
        case .certificate(_, let fault):
            connection.closingReason = "its certificate is not taken: \(fault)"
            metrics.certificatesRefused += 1
            recorder.addBounded(
                .certificateRefused(.untrusted(fault), address: connection.peer, at: loop.wallMilliseconds), from: "")
        }
    }

    private func refusePlain(_ connection: Connection) {
        if FrameDecoder.looksLikeHTTP(connection.received) {
            connection.out.bytes += Self.answerToHTTP("This port speaks length-prefixed JSON-RPC 2.0 over TLS 1.3.")
            connection.closingReason = "it speaks HTTP, and this port TLS"
        } else {
            // An alert, unexpected_message: what a client of either kind knows for TLS.
            connection.out.bytes += [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x0A]
            connection.closingReason = "it does not speak TLS, and this port does"
        }
    }

    /// Counts how it ended. One that ends without saying so may have been cut by somebody in between; no half frame is ever
    /// taken for a whole.
    func noteEnd(_ connection: Connection) {
        switch connection.transport {
        case .plain: break
        // One that has said nothing did not try.
        case .awaitsHello: if !connection.received.isEmpty { metrics.failedHandshakes += 1 }
        case .tls where connection.isShakingHands: metrics.failedHandshakes += 1
        case .tls(let session):
            if connection.peerHasFinished, !session.peerHasFinished { metrics.cutConnections += 1 }
        }
    }
}
