internal import Logging
internal import Platform
internal import TLS
internal import Wire

/// Connections: accepting, receiving, sending, closing.
extension Server {
    // MARK: accepting

    /// Takes in those who wait, a few a turn.
    func accept() {
        hasWaitingPeers = false
        for _ in 0..<64 {
            do throws(SystemError) {
                guard let socket = try listener.accept() else { return }
                guard connections.count < configuration.limits.connectionsMax || makeRoom() else {
                    logger.warning("a connection was refused: \(connections.count) are open")
                    continue
                }
                try take(socket)
            } catch {
                // Without descriptors the listener would stay readable and spin; it rests until one may be free.
                logger.error("no connection can be taken in: \(error)")
                return rest()
            }
        }
        hasWaitingPeers = true
    }

    /// Drops the stranger that has been here for the longest: one that only connects must not keep out those who are about to
    /// say who they are. False where there is none.
    private func makeRoom() -> Bool {
        let strangers = connections.values.lazy.filter { $0.grant == nil }
        guard let stranger = strangers.min(by: { $0.number < $1.number }) else { return false }
        stranger.closingReason = "it made room for others before it authenticated"
        drop(stranger)
        return true
    }

    private func rest() {
        guard let watch = listenerWatch, isAccepting else { return }
        isAccepting = false
        try? loop.change(watch, listener.number, [])
        loop.after(milliseconds: 100) { [unowned self] in
            isAccepting = true
            try? loop.change(watch, listener.number, .readable)
        }
    }

    private func take(_ socket: consuming FileDescriptor) throws(SystemError) {
        let connection = Connection(
            socket: socket, number: metrics.connectionsAccepted,
            frameBytesMax: configuration.limits.frameBytesMaxUnauthenticated,
            tls: certificates?.current())
        connection.watch = try loop.watch(connection.socket.number, .readable) { [unowned self] ready in
            if ready.isHungUp { connection.closing = .now }
            if ready.isReadable { receive(connection) }
            if ready.isWritable { mark(connection) }
        }
        connections[ObjectIdentifier(connection)] = connection
        connection.authenticationDeadline = loop.after(milliseconds: configuration.limits.authenticationMilliseconds) {
            [unowned self] in
            close(
                connection,
                connection.isShakingHands ? "it did not shake hands in time" : "it did not authenticate in time")
        }
        metrics.connectionsAccepted += 1
    }

    // MARK: receiving

    private func receive(_ connection: Connection) {
        guard connection.mayRead(configuration.limits) else { return mark(connection) }
        let isShakingHands = connection.isShakingHands
        if isShakingHands, !mayShakeHands() { return }
        do {
            var budget = configuration.limits.bytesPerTurn
            while case let count = try connection.receive(by: sealedInput), count > 0 {
                budget -= count
                if isShakingHands, try !shakeHands(connection) { break }
                if !connection.isKnown, refuseOtherProtocol(connection) { return }
                process(connection)
                if budget <= 0 || !connection.inputIsFull || !connection.mayRead(configuration.limits) { break }
            }
        } catch let failure as TLSFailure {
            fail(connection, failure)
        } catch {
            connection.closing = .now
        }
        mark(connection)
    }

    /// Answers every whole frame that has come, as long as there is room for the answers. Whether frames may be left.
    @discardableResult
    func process(_ connection: Connection) -> Bool {
        // Until then it has received no frames.
        if connection.isShakingHands { return false }
        defer { connection.dropUsed() }
        while connection.mayProcess(configuration.limits) {
            switch connection.nextFrame() {
            case .needMore: return false
            case .frame(let place):
                answerFrame(UnsafeRawBufferPointer(rebasing: connection.received[place]), connection)
            case .tooLarge:
                let limit = connection.decoder.frameBytesMax
                Reply(connection: connection, id: Self.nullID, batch: nil).fail(.frameTooLarge(limit: limit))
                connection.closing = .whenSent
                connection.closingReason = "it sent a frame over \(limit) bytes"
            }
        }
        return true
    }

    static let nullID = Array("null".utf8)

    private func refuseOtherProtocol(_ connection: Connection) -> Bool {
        if FrameDecoder.looksLikeHTTP(connection.received) {
            connection.out.bytes += Self.answerToHTTP("This port speaks length-prefixed JSON-RPC 2.0, not HTTP.")
            connection.closing = .whenSent
            connection.closingReason = "it speaks HTTP"
        } else if FrameDecoder.looksLikeTLS(connection.received) {
            connection.closing = .now
            connection.closingReason = "it speaks TLS, and this port does not"
        } else {
            connection.isKnown = connection.received.count >= FrameEncoder.headerBytes
            return false
        }
        mark(connection)
        return true
    }

    static func answerToHTTP(_ sentence: String) -> [UInt8] {
        let line = sentence + "\n"
        return Array(
            """
            HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: \(line.utf8.count)\r\n\
            Connection: close\r\n\r\n\(line)
            """.utf8)
    }

    // MARK: sending and closing

    /// Puts a connection on the list of the safe point.
    func mark(_ connection: Connection) {
        if connection.isMarked { return }
        connection.isMarked = true
        marked.append(connection)
    }

    func close(_ connection: Connection, _ reason: String) {
        connection.closing = .now
        connection.closingReason = reason
        mark(connection)
    }

    /// Sends what is there to send, and closes what is to be closed.
    func flushAndClose() {
        let now = marked
        marked = []
        for connection in now {
            connection.isMarked = false
            if connection.watch == nil { continue }
            settle(connection)
        }
    }

    private func settle(_ connection: Connection) {
        var isDrained = true
        if case .now = connection.closing {
            return drop(connection)
        }
        do {
            isDrained = try connection.flush()
        } catch {
            return drop(connection)
        }
        if isDrained, case .whenSent = connection.closing { return finishSending(connection) }
        // There is room for answers again, and whole frames may wait.
        let framesAreLeft = process(connection)
        // What was answered now may tell of an event that is not kept yet: then it goes out after the next commit.
        if recorder.hasNew {
            mark(connection)
            isDrained = connection.unsentBytes == 0
        } else if connection.unsentBytes > 0, isDrained {
            isDrained = (try? connection.flush()) ?? true
        }
        // No event will tell of frames that have come already.
        if framesAreLeft, isDrained, connection.mayProcess(configuration.limits) { mark(connection) }
        if connection.peerHasFinished, isDrained, connection.deferredCount == 0 { return drop(connection) }
        if isDrained { subscriptions.resume(connection) }
        watchForStall(connection, isDrained: isDrained)
        setInterest(connection, isDrained: isDrained)
    }

    /// Closing a socket with unread bytes resets it, which may take the last answer with it: say that nothing more
    /// comes, and leave the client a moment to read and close.
    private func finishSending(_ connection: Connection) {
        connection.closing = .lingering
        connection.finish()
        connection.socket.descriptor.shutdownWrite()
        setInterest(connection, isDrained: true)
        loop.after(milliseconds: 500) { [unowned self] in
            if connection.watch != nil { close(connection, connection.closingReason ?? "it was told off") }
        }
    }

    private func watchForStall(_ connection: Connection, isDrained: Bool) {
        if isDrained {
            if let deadline = connection.writeDeadline { loop.cancel(deadline) }
            connection.writeDeadline = nil
        } else if connection.writeDeadline == nil {
            let taken = connection.takenBytes
            connection.writeDeadline = loop.after(milliseconds: configuration.limits.writeStallMilliseconds) {
                [unowned self] in
                connection.writeDeadline = nil
                // Slow is not stalled.
                if connection.takenBytes != taken { return watchForStall(connection, isDrained: false) }
                close(connection, "it does not read its answers")
            }
        }
    }

    private func setInterest(_ connection: Connection, isDrained: Bool) {
        var interest: Interest = []
        if connection.mayRead(configuration.limits) { interest.insert(.readable) }
        if !isDrained { interest.insert(.writable) }
        guard interest != connection.interest, let watch = connection.watch else { return }
        do {
            try loop.change(watch, connection.socket.number, interest)
            connection.interest = interest
        } catch {
            drop(connection)
        }
    }

    private func drop(_ connection: Connection) {
        guard let watch = connection.watch else { return }
        if let reason = connection.closingReason {
            logger.notice("connection closed: \(reason)", metadata: ["peer": "\(connection.peer)"])
        }
        noteEnd(connection)
        connection.finish()
        loop.unwatch(watch, connection.socket.number)
        connection.watch = nil
        let timers = [connection.authenticationDeadline, connection.grantDeadline, connection.writeDeadline]
        for timer in timers.compactMap({ $0 }) {
            loop.cancel(timer)
        }
        subscriptions.drop(connection)
        connections[ObjectIdentifier(connection)] = nil
    }
}
