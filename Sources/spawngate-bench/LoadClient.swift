internal import Platform
internal import TLS
internal import Wire

/// What a run of requests came to.
struct LoadResult {
    let nanoseconds: Int64
    /// The size of an answer's body, in bytes.
    let answerBytes: Int
    /// From each request to its answer, sorted; only where one request a connection is in flight.
    let latencies: [Int64]

    /// Longer than any.
    static let none = LoadResult(nanoseconds: .max, answerBytes: 0, latencies: [])

    func microseconds(atPercentile percentile: Int) -> Double {
        guard let last = latencies.indices.last else { return 0 }
        return Double(latencies[last * percentile / 100]) / 1000
    }
}

/// Some connections, each with the same number of requests in flight: a new one leaves when an answer has come.
///
/// It does as little as a client can, so that what is measured is the other side: requests are written once, and
/// answers are cut into frames and looked at only at their beginning.
final class LoadClient {
    private let peers: [Peer]
    private let depth: Int
    private var poller: Poller
    private let clock = SystemClock()

    /// Connects once for every request. With a token, each connection authenticates. An error ends the run, unless
    /// refusals are what is measured.
    init(
        port: UInt16, tls: TLSContext? = nil, token: String?, requests: [[UInt8]], depth: Int,
        allowsRefusals: Bool = false
    ) throws {
        self.depth = depth
        poller = try Poller()
        peers = try requests.map {
            Peer(try Link(port: port, tls: tls), request: $0, depth: depth, allowsRefusals: allowsRefusals)
        }
        for (index, peer) in peers.enumerated() {
            if let token { try peer.authenticate(token) }
            try poller.add(peer.link.socket.number, .readable, token: UInt64(index))
        }
    }

    /// The frame of one request.
    static func frame(method: String, params: [(name: StaticString, text: String)]) -> [UInt8] {
        var json = JSONWriter()
        let start = FrameEncoder.begin(in: &json)
        json.beginObject()
        json.name("jsonrpc")
        json.string("2.0")
        json.name("id")
        json.integer(1)
        json.name("method")
        json.string(method)
        json.name("params")
        json.beginObject()
        for param in params {
            json.name(param.name)
            json.string(param.text)
        }
        json.endObject()
        json.endObject()
        FrameEncoder.end(at: start, in: &json)
        return json.bytes
    }

    /// Sends so many requests in all, and waits for their answers.
    func run(_ count: Int) throws -> LoadResult {
        let began = clock.monotonicNanoseconds()
        var unsent = count
        var waiting = count
        var answerBytes = 0
        var latencies: [Int64] = []
        latencies.reserveCapacity(depth == 1 ? count : 0)
        for peer in peers {
            peer.sentAt = clock.monotonicNanoseconds()
            unsent -= try peer.send(min(depth, unsent))
        }
        while waiting > 0 {
            var ready: [Peer] = []
            try poller.wait(milliseconds: 30_000) { ready.append(peers[Int($0.token)]) }
            if ready.isEmpty { throw BenchFailure("no answer in 30 s") }
            for peer in ready {
                let answers = try peer.receive()
                if answers.count == 0 { continue }
                waiting -= answers.count
                answerBytes = answers.lastBytes
                if depth == 1 {
                    let now = clock.monotonicNanoseconds()
                    latencies.append(now - peer.sentAt)
                    peer.sentAt = now
                }
                unsent -= try peer.send(min(answers.count, unsent))
            }
        }
        return LoadResult(
            nanoseconds: clock.monotonicNanoseconds() - began, answerBytes: answerBytes, latencies: latencies.sorted())
    }
}

/// One connection of the load.
private final class Peer {
    let link: Link
    var sentAt: Int64 = 0
    private let requests: [UInt8]
    private let requestBytes: Int
    private let allowsRefusals: Bool
    private var decoder = FrameDecoder(frameBytesMax: 1 << 30)
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    private var inputCount = 0

    init(_ link: Link, request: [UInt8], depth: Int, allowsRefusals: Bool) {
        self.link = link
        self.allowsRefusals = allowsRefusals
        requests = [[UInt8]](repeating: request, count: depth).flatMap { $0 }
        requestBytes = request.count
    }

    deinit { input.deallocate() }

    func authenticate(_ token: String) throws {
        let request = LoadClient.frame(method: "auth.authenticate", params: [("token", token)])
        try request.withUnsafeBytes { try link.send($0) }
        while try receive().count == 0 {}
    }

    /// Sends the request so many times; answers that number.
    func send(_ count: Int) throws -> Int {
        if count > 0 {
            try requests.withUnsafeBytes {
                try link.send(UnsafeRawBufferPointer(rebasing: $0[..<(count * requestBytes)]))
            }
        }
        return count
    }

    /// Receives once; answers how many answers that completed, and the size of the last.
    func receive() throws -> (count: Int, lastBytes: Int) {
        inputCount += try link.receive(into: UnsafeMutableRawBufferPointer(rebasing: input[inputCount...]))
        var count = 0
        var lastBytes = 0
        while case .frame(let place) = decoder.next(in: UnsafeRawBufferPointer(rebasing: input[..<inputCount])) {
            let body = UnsafeRawBufferPointer(rebasing: input[place])
            guard allowsRefusals || Self.isResult(body) else {
                throw BenchFailure("an error came back: \(String(decoding: body.prefix(500), as: UTF8.self))")
            }
            count += 1
            lastBytes = place.count
        }
        let used = decoder.takeUsed()
        inputCount -= used
        if inputCount > 0, let base = input.baseAddress { base.copyMemory(from: base + used, byteCount: inputCount) }
        return (count, lastBytes)
    }

    /// An answer of the server with a result, or one of the echo, which is zeros.
    private static func isResult(_ body: UnsafeRawBufferPointer) -> Bool {
        let prefix: StaticString = #"{"jsonrpc":"2.0","id":1,"result""#
        guard body.first != 0 else { return true }
        return body.starts(with: UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
    }
}
