internal import Platform
internal import Policy

/// One `spawngate-policy`: a process of its own, because Lua cannot be bounded inside the process that embeds it.
///
/// It is asked one thing at a time; whoever asks sets the deadline and ends it.
final class PolicyWorkerProcess {
    /// What came back on the pipe.
    enum Word: Equatable {
        /// The set was read; the answer says whether it loads.
        case loaded
        case decided
        /// The process is gone, and why, as far as is known.
        case died(String)
    }

    private static let answerBytes = 1 << 20
    private static let answerHeaderBytes = 16

    private let process: ChildProcess
    private let pipe: FileDescriptorBox
    private let answerPage: SharedMemory
    private var unsent: [UInt8] = []
    private var word: [UInt8] = []

    /// The descriptor to watch: readable when a word comes, writable when more of a question can be sent.
    var pollable: Int32 { pipe.number }
    /// Whether part of a question waits for room in the pipe.
    var wantsToWrite: Bool { !unsent.isEmpty }

    /// Starts the process and begins to hand it the set. One that reports tests runs all of the set's tests in place of
    /// stopping at the first that fails, and tells of each; it is too slow for decisions.
    init(program: String, memoryBytes: Int, set: PolicySet, reportsTests: Bool = false) throws(SystemError) {
        let ends = try SocketPair().split()
        let page = try MemoryFile.shared(name: "spawngate-answer", count: Self.answerBytes)
        answerPage = try SharedMemory(mapping: page, count: Self.answerBytes)
        // At nothing yet: one that dies before it begins must not be put down to the first file.
        answerPage.bytes.storeBytes(of: UInt32.max, as: UInt32.self)
        let null = try File.open("/dev/null", .readWrite(create: false, truncate: false))
        process = try ChildProcess(
            path: program,
            arguments: ["spawngate-policy", "--memory-bytes", String(memoryBytes)] + (reportsTests ? ["--report"] : []),
            environment: [],
            descriptors: [ends.far.number, ends.far.number, null.number, page.number])
        pipe = ends.near
        try pipe.descriptor.setNonBlocking()
        send(set.workerPayload())
    }

    deinit {
        // SIGKILL and reap at once: it holds nothing worth a farewell, and no zombie may stay.
        try? process.signal(Process.kill)
        _ = try? process.waitForEnd()
    }

    /// Sends one frame: the length as a little-endian UInt32, then the bytes.
    func send(_ frame: [UInt8]) {
        withUnsafeBytes(of: UInt32(frame.count).littleEndian) { unsent.append(contentsOf: $0) }
        unsent += frame
        resumeSending()
    }

    /// Sends several questions in one frame, to be answered by one word. They are at most 16 MiB together.
    func send(batch: some Collection<[UInt8]>) {
        func append(_ number: Int, flags: UInt32 = 0) {
            withUnsafeBytes(of: (UInt32(number) | flags).littleEndian) { unsent.append(contentsOf: $0) }
        }
        append(batch.reduce(0) { $0 + 4 + $1.count }, flags: 1 << 31)
        for question in batch {
            append(question.count)
            unsent += question
        }
        resumeSending()
    }

    /// Goes on sending; to be called when the pipe has room. A failure shows as `died` when the pipe is read.
    func resumeSending() {
        var sent = 0
        while sent < unsent.count {
            let outcome = unsent.withUnsafeBytes { bytes in
                try? pipe.descriptor.send(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
            }
            guard case .processed(let count) = outcome else { break }
            sent += count
        }
        if sent == unsent.count {
            unsent.removeAll(keepingCapacity: sent < 65536)
        } else {
            unsent.removeFirst(sent)
        }
    }

    /// The next word, or nil where none is whole yet.
    func receive() -> Word? {
        var buffer = [UInt8](repeating: 0, count: 8 - word.count)
        let outcome = buffer.withUnsafeMutableBytes { try? pipe.descriptor.receive(into: $0) }
        switch outcome {
        case .processed(let count): word += buffer[..<count]
        case .wouldBlock: return nil
        case .endOfFile, nil: return .died(describeEnd())
        }
        guard word.count == 8 else { return nil }
        let kind = word[4..<8].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        word.removeAll(keepingCapacity: true)
        switch kind {
        case 1: return .loaded
        case 2: return .decided
        default: return .died("it spoke out of turn")
        }
    }

    /// Waits, blocking, for the next word; nil where it has not come after so many milliseconds.
    func nextWord(milliseconds: Int, clock: any Clock) -> Word? {
        let deadline = clock.monotonicNanoseconds() + Int64(milliseconds) * 1_000_000
        while true {
            let left = deadline - clock.monotonicNanoseconds()
            guard left > 0 else { return nil }
            let interest: Interest = wantsToWrite ? [.readable, .writable] : .readable
            // Rounded up: the last millisecond would be spent in a spin.
            _ = try? pipe.descriptor.wait(for: interest, milliseconds: Int((left + 999_999) / 1_000_000))
            if wantsToWrite { resumeSending() }
            if let word = receive() { return word }
        }
    }

    /// What the worker is at: a policy while it decides, a file while it loads the set.
    var indexAtWork: Int {
        Int(UInt32(littleEndian: answerPage.bytes.loadUnaligned(as: UInt32.self)))
    }

    /// Lets everything else go first where the machine is busy.
    func yieldToOthers() { process.yieldToOthers() }

    /// The processor time that it has used so far, in nanoseconds; nil once it is gone.
    var processorNanoseconds: Int64? { process.processorNanoseconds() }

    /// The body that the worker has written so far, whole results only.
    func answer() -> [UInt8] {
        let length = Int(UInt32(littleEndian: answerPage.bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
        let body = UnsafeRawBufferPointer(answerPage.bytes)[Self.answerHeaderBytes...]
        return Array(body.prefix(length))
    }

    private func describeEnd() -> String {
        // The pipe closes a moment before the process can be reaped; it is dying, so this wait is short.
        try? process.signal(Process.kill)
        switch try? process.waitForEnd() {
        case .exited(let code): return "the policy worker ended with status \(code)"
        case .signalled(Process.kill): return "the policy worker was killed"
        case .signalled(let signal): return "the policy worker crashed with signal \(signal)"
        case nil: return "the policy worker vanished"
        }
    }
}
