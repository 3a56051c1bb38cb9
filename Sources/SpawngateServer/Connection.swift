internal import Platform
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

    let socket: FileDescriptorBox
    let peer: String
    var watch: WatchToken?
    /// Nil until the client has authenticated.
    var grant: Grant?
    var wrongTokens = 0
    var authenticationDeadline: TimerToken?
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

    init(socket: consuming FileDescriptor, frameBytesMax: Int) {
        peer = socket.peerName()
        self.socket = FileDescriptorBox(socket)
        decoder = FrameDecoder(frameBytesMax: frameBytesMax)
        input = .allocate(byteCount: 4096, alignment: 16)
    }

    deinit { input.deallocate() }

    var unsentBytes: Int { out.bytes.count - sentBytes }

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

    /// Receives once. False where nothing came.
    func receive() throws(SystemError) -> Bool {
        if inputCount == input.count { grow() }
        switch try socket.descriptor.receive(into: UnsafeMutableRawBufferPointer(rebasing: input[inputCount...])) {
        case .processed(let count):
            inputCount += count
            return true
        case .wouldBlock: return false
        case .endOfFile:
            peerHasFinished = true
            return false
        }
    }

    /// Whether the last receive filled the buffer, so that more may wait.
    var inputIsFull: Bool { inputCount == input.count }

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
        while sentBytes < out.bytes.count {
            switch try sendTail() {
            case .processed(let count):
                sentBytes += count
                takenBytes += count
            case .wouldBlock, .endOfFile: return false
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

    private func sendTail() throws(SystemError) -> IOOutcome {
        var failure: SystemError?
        let outcome = out.bytes.withUnsafeBytes { bytes -> IOOutcome in
            do throws(SystemError) {
                return try socket.descriptor.send(UnsafeRawBufferPointer(rebasing: bytes[sentBytes...]))
            } catch {
                failure = error
                return .endOfFile
            }
        }
        if let failure { throw failure }
        return outcome
    }
}
