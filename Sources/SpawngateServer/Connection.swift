internal import Platform
internal import TLS
internal import Wire

/// One client: its bytes in and out, and who it is. Decides nothing about what it asks.
final class Connection {
    enum Closing {
        case no
        /// Closed once what was answered has been sent; nothing more is read.
        case whenSent
        /// All is sent and said to be; the client has a moment to read it.
        case lingering
        case now
    }

    /// How its bytes come and go.
    enum Transport {
        case plain
        /// By TLS, of which the first message has not come whole.
        case awaitsHello(TLSContext)
        case tls(TLSSession)
    }

    let socket: FileDescriptorBox
    let peer: String
    /// Counts those that came before.
    let number: Int
    var watch: WatchToken?
    /// Nil until the client has authenticated.
    var grant: Grant?
    @exclusivity(unchecked) private(set) var transport: Transport
    /// By TLS, and both have not yet shaken hands.
    private(set) var isShakingHands: Bool
    var wrongTokens = 0
    var authenticationDeadline: TimerToken?
    /// When its grant ends before the grant does for others.
    var grantDeadline: TimerToken?
    var writeDeadline: TimerToken?
    // The unchecked ones are of the hot path, and one thread's: no access to them is open while another begins.
    @exclusivity(unchecked) var decoder: FrameDecoder
    var closing = Closing.no
    /// Why it is closed, where a person should know.
    var closingReason: String?
    /// The ids of what it is told about by itself.
    var subscriptions: Set<String> = []
    /// Answers to come by events.
    var deferredCount = 0
    /// Answers written and not yet sent.
    @exclusivity(unchecked) var out = JSONWriter(reserving: 4096)
    private(set) var sentBytes = 0
    /// Bytes that the peer has taken in all.
    private(set) var takenBytes = 0
    /// Whether its first bytes have been seen to be no other protocol's.
    var isKnown = false
    private(set) var peerHasFinished = false
    var interest = Interest.readable
    /// Marked for the safe point, so that it is on the list once.
    var isMarked = false

    @exclusivity(unchecked) private var input: UnsafeMutableRawBufferPointer
    @exclusivity(unchecked) private var inputCount = 0
    /// Whether the last receive filled the buffer, so that more may wait.
    private(set) var inputIsFull = false
    /// What is sealed by TLS and not yet sent.
    @exclusivity(unchecked) private var sealedBytes = 0

    init(socket: consuming FileDescriptor, number: Int, frameBytesMax: Int, tls: TLSContext?) {
        peer = socket.peerName()
        self.number = number
        self.socket = FileDescriptorBox(socket)
        transport = tls.map { .awaitsHello($0) } ?? .plain
        isShakingHands = tls != nil
        decoder = FrameDecoder(frameBytesMax: frameBytesMax)
        input = .allocate(byteCount: 4096, alignment: 16)
    }

    deinit { input.deallocate() }

    var unsentBytes: Int { out.bytes.count - sentBytes + sealedBytes }

    /// Whether more may be answered: a client that takes no answers, or waits for many, is not asked for more questions.
    func mayProcess(_ limits: Limits) -> Bool {
        guard case .no = closing else { return false }
        return unsentBytes < limits.outboxBytesPause && deferredCount < limits.deferredPerConnectionMax
    }

    /// Whether more may be read.
    func mayRead(_ limits: Limits) -> Bool { mayProcess(limits) && !peerHasFinished }

    // MARK: receiving

    /// The bytes that have come and are not used yet.
    var received: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: input[..<inputCount]) }

    /// Receives once, and answers how many bytes came. Sealed ones come by way of `scratch`.
    func receive(by scratch: UnsafeMutableRawBufferPointer) throws -> Int {
        if case .tls(let session) = transport {
            let count = try receive(into: scratch)
            if count > 0 { try open(UnsafeRawBufferPointer(rebasing: scratch[..<count]), by: session) }
            inputIsFull = count == scratch.count
            return count
        }
        if inputCount == input.count { grow() }
        let count = try receive(into: UnsafeMutableRawBufferPointer(rebasing: input[inputCount...]))
        inputCount += count
        inputIsFull = inputCount == input.count
        return count
    }

    private func receive(into room: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        switch try socket.descriptor.receive(into: room) {
        case .processed(let count): return count
        case .wouldBlock: return 0
        case .endOfFile:
            peerHasFinished = true
            return 0
        }
    }

    /// Takes what has come so far for the beginning of a session by TLS.
    func beginTLS(_ context: TLSContext, sparingMemory: Bool) throws(TLSFailure) {
        let hello = Array(received)
        inputCount = 0
        let session = TLSSession(server: context, sparingMemory: sparingMemory)
        transport = .tls(session)
        var failure: TLSFailure?
        hello.withUnsafeBytes { bytes in
            do throws(TLSFailure) { try open(bytes, by: session) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func open(_ sealed: UnsafeRawBufferPointer, by session: TLSSession) throws(TLSFailure) {
        var rest = sealed
        defer {
            sealedBytes = session.sealed.count
            isShakingHands = !session.isEstablished
        }
        while true {
            if inputCount == input.count { grow() }
            let (used, opened) = try session.open(
                rest, into: UnsafeMutableRawBufferPointer(rebasing: input[inputCount...]))
            rest = UnsafeRawBufferPointer(rebasing: rest[used...])
            inputCount += opened
            if opened == 0 { break }
        }
        if session.peerHasFinished { peerHasFinished = true }
    }

    /// The next whole frame: its place in `received`.
    func nextFrame() -> FrameDecoder.Step { decoder.next(in: received) }

    /// Forgets the frames that were given out, and moves what is left to the front.
    func dropUsed() {
        let used = decoder.takeUsed()
        guard used > 0 else { return }
        inputCount -= used
        if inputCount > 0, let base = input.baseAddress { base.copyMemory(from: base + used, byteCount: inputCount) }
        if inputCount == 0, input.count > 1 << 17 { resize(to: 1 << 16) }
    }

    // Grows by what has really come, never by what a header claims.
    private func grow() { resize(to: input.count * 2) }

    private func resize(to count: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        larger.copyMemory(from: received)
        input.deallocate()
        input = larger
    }

    // MARK: sending

    /// Sends what the socket takes. True when all is sent.
    func flush() throws(SystemError) -> Bool {
        if case .tls(let session) = transport {
            guard try flush(by: session) else { return false }
        } else {
            while sentBytes < out.bytes.count {
                let outcome = try withUnsent { (bytes) throws(SystemError) in try socket.descriptor.send(bytes) }
                guard case .processed(let count) = outcome else { return false }
                sentBytes += count
                takenBytes += count
            }
        }
        sentBytes = 0
        if out.bytes.capacity > 1 << 18 {
            out = JSONWriter(reserving: 4096)
        } else {
            out.bytes.removeAll(keepingCapacity: true)
        }
        return true
    }

    /// Seals as much as fits into one send, sends it, and so on: what a slow reader does not take is sealed later.
    private func flush(by session: TLSSession) throws(SystemError) -> Bool {
        defer { sealedBytes = session.sealed.count }
        while true {
            while !session.sealed.isEmpty {
                guard case .processed(let count) = try socket.descriptor.send(session.sealed) else { return false }
                session.sent(count)
                takenBytes += count
            }
            // Of one that failed, nothing is left to be sent but that.
            if session.hasFailed || sentBytes == out.bytes.count { return true }
            let count = min(out.bytes.count - sentBytes, TLSSession.sealedTogether)
            let isSealed = withUnsent { (try? session.seal(UnsafeRawBufferPointer(rebasing: $0[..<count]))) != nil }
            if isSealed { sentBytes += count }
        }
    }

    private func withUnsent<Outcome, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Outcome
    ) throws(Failure) -> Outcome {
        let outcome = out.bytes.withUnsafeBytes { bytes -> Result<Outcome, Failure> in
            do throws(Failure) {
                return .success(try body(UnsafeRawBufferPointer(rebasing: bytes[sentBytes...])))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// Says that nothing more will be sent: by TLS, as far as the socket takes it now.
    func finish() {
        guard case .tls(let session) = transport else { return }
        session.finish()
        if session.sealed.isEmpty { return }
        if case .processed(let count)? = try? socket.descriptor.send(session.sealed) { session.sent(count) }
        sealedBytes = session.sealed.count
    }
}
