internal import Platform
internal import Sessions
internal import Wire

/// Tells what a session writes, from a place in each stream on, and at last how it ended.
///
/// The log file is the buffer: what a slow reader has not taken is read when it has room, at the offset where it stands.
/// Where the log's limit has taken bytes that were not told yet, the next offset is that much further on.
final class SessionFollow: SubscriptionSource {
    private struct Stream {
        let name: StaticString
        let log: FileDescriptorBox?
        let watch: Int32?
        /// How far its bytes were told, and where the next ones are read: further on where bytes in between are gone.
        var told: Int64
        var position: Int64
        let dropped: (StateFile) -> Int64
    }

    private let chunkBytes: Int
    private let state: FileDescriptorBox?
    private var streams: [Stream]
    private var nextStream = 0
    private let closed: ([Int32]) -> Void
    /// The record as JSON, once the session has ended and that is kept: no byte comes any more.
    private var ended: [UInt8]?
    /// Takes back the wish to hear of the end.
    var cancelWait: (() -> Void)?

    /// Opens the logs; a session that was never launched has none. `watch` tells of their writes from now on, under the
    /// number that it answers; `closed` gives these numbers back.
    init(
        _ record: SessionRecord, stdoutFrom: Int64, stderrFrom: Int64, chunkBytes: Int,
        watch: (borrowing FileDescriptor) throws(SystemError) -> Int32, closed: @escaping ([Int32]) -> Void
    ) throws(SystemError) {
        self.chunkBytes = chunkBytes
        self.closed = closed
        state = try Self.open("\(File.parent(of: record.logPath))/state")
        let stdout = try Self.open(record.logPath)
        let stderr = try Self.open(record.stderrPath)
        var watches: [Int32] = []
        do throws(SystemError) {
            for log in [stdout, stderr] { if let log { watches.append(try watch(log.descriptor)) } }
        } catch {
            closed(watches)
            throw error
        }
        // Each log is a file of its own, and both are there or neither is.
        streams = [
            Stream(
                name: "stdout", log: stdout, watch: watches.first, told: stdoutFrom, position: stdoutFrom,
                dropped: \.stdoutDropped),
            Stream(
                name: "stderr", log: stderr, watch: watches.last, told: stderrFrom, position: stderrFrom,
                dropped: \.stderrDropped),
        ]
    }

    private static func open(_ path: String) throws(SystemError) -> FileDescriptorBox? {
        do throws(SystemError) { return FileDescriptorBox(try File.open(path, .read)) } catch {
            if error.code == SystemError.noEntry { return nil }
            throw error
        }
    }

    var watches: [Int32] { streams.compactMap(\.watch) }

    /// The session has ended with this record.
    func sessionEnded(_ record: [UInt8]) { ended = record }

    func next(for subscription: String, into json: inout JSONWriter) throws(SystemError) -> SubscriptionStep {
        for _ in streams {
            let index = nextStream
            nextStream = (nextStream + 1) % streams.count
            guard let chunk = try read(index) else { continue }
            json.notification("session.output", subscription: subscription) { write(chunk, of: index, to: &$0) }
            streams[index].told = chunk.end
            return .told
        }
        guard let ended else { return .waits }
        json.notification("session.ended", subscription: subscription) { json in
            json.name("session")
            json.raw(ended)
        }
        return .isOver
    }

    /// What can be told of a stream now.
    private func read(_ index: Int) throws(SystemError) -> OutputChunk? {
        guard let log = streams[index].log else { return nil }
        while true {
            let from = streams[index].position
            let bytes = try log.descriptor.readAt(Int(from), count: chunkBytes)
            // Asked after the bytes were read: the shim may be giving the oldest away at this moment.
            let dropped = try dropped(streams[index])
            // What has ended is whole in its log.
            let isLast = ended != nil && bytes.count < chunkBytes
            let chunk = OutputChunk(bytes, at: from, dropped: dropped, isLast: isLast)
            streams[index].position = chunk.end
            if !chunk.bytes.isEmpty { return chunk }
            if chunk.offset > from { continue }
            // The last bytes of a stream may be gone too, on a full disk: then no further piece would tell of them.
            return isLast && chunk.offset > streams[index].told ? chunk : nil
        }
    }

    private func dropped(_ stream: Stream) throws(SystemError) -> Int64 {
        guard let state else { return 0 }
        return stream.dropped(StateFile(try state.descriptor.readAt(0, count: StateFile.bytes)))
    }

    private func write(_ chunk: OutputChunk, of index: Int, to json: inout JSONWriter) {
        json.name("stream")
        json.string(streams[index].name.description)
        json.member("offset", chunk.offset)
        json.name("data")
        switch chunk.encoding {
        case .utf8: chunk.bytes.withUnsafeBytes { json.string(utf8: $0) }
        case .base64: json.string(Base64.encode(Array(chunk.bytes)))
        }
        json.member("encoding", chunk.encoding.rawValue)
    }

    func end() {
        cancelWait?()
        cancelWait = nil
        closed(watches)
    }
}
