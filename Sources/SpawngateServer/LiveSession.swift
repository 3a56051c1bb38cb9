internal import Platform
internal import Sessions
internal import Wire

/// A session that has not ended, with what is needed to watch it.
final class LiveSession {
    var record: SessionRecord
    let principal: String
    /// A report counts where it was written at or after this, in nanoseconds of the kernel's file clock.
    let reportSince: Int64
    let folder: String
    /// The shim, once it is known.
    var shim: ChildProcess?
    /// Whether the shim is a child of this server, or was found running when the server started.
    let isOwnChild: Bool
    var watch: WatchToken?
    /// What its shim's word will carry.
    var token: UInt64?
    /// What its shim was told to do to it before anything runs.
    var enforcement = Enforcement.none
    /// Why it could not be started.
    var failure: String?
    /// The server that committed it ended before it was launched: nothing has run, so its idempotency key is free again.
    var neverRan = false
    /// Those who wait for its start, and for its end.
    var startReply: ((LiveSession) -> Void)?
    var endReplies: [UInt64: (SessionRecord) -> Void] = [:]
    /// A stop that came before the shim was known.
    var stopGrace: Int32?
    // Unchecked, because they are one thread's, and read for every answer.
    @exclusivity(unchecked) private var rendered: [UInt8] = []
    @exclusivity(unchecked) private var renderedAt: Int64 = .min

    init(record: SessionRecord, principal: String, reportSince: Int64, folder: String, isOwnChild: Bool) {
        self.record = record
        self.principal = principal
        self.reportSince = reportSince
        self.folder = folder
        self.isOwnChild = isOwnChild
    }

    var statePath: String { folder + "/state" }
    var temporaryFolder: String { folder + "/tmp" }

    /// The record has changed.
    func touch() { renderedAt = .min }

    /// The record as JSON, true now: when the logs were last written is asked of the kernel, at most once in a tick of
    /// the clock that it stamps files with.
    func json(nowNanoseconds: Int64) -> [UInt8] {
        if renderedAt != .min, nowNanoseconds - renderedAt < 4_000_000 { return rendered }
        let activity = LogFiles.lastActivity(record)
        if renderedAt == .min || activity != record.lastActivity {
            record.lastActivity = activity
            rendered = record.json
        }
        renderedAt = nowNanoseconds
        return rendered
    }
}

extension SessionRecord {
    /// The record as JSON text.
    var json: [UInt8] {
        var json = JSONWriter(reserving: 1024)
        write(to: &json)
        return json.bytes
    }
}

/// The two logs of a session.
enum LogFiles {
    /// When either was last written, in milliseconds since 1970; nil where nothing has come yet. Never before the start:
    /// the clock that files are stamped with is up to a tick late.
    static func lastActivity(_ record: SessionRecord) -> Int64? {
        [record.logPath, record.stderrPath].compactMap { path in
            guard let status = try? File.status(of: path), status.size > 0 else { return nil }
            return max(record.startedAt, status.modifiedNanoseconds / 1_000_000)
        }.max()
    }

    /// The end of a log.
    struct Tail {
        /// At most as many of the bytes that are kept as were asked for.
        let bytes: [UInt8]
        /// How many bytes there were in all, and how many of them, the oldest, are gone.
        let size: Int64
        let dropped: Int64
    }

    /// Reads the end of a log. `droppedNow` is asked after the bytes were read, for the shim may be giving the oldest
    /// away at this moment: what it says is gone then may have been read as zeros.
    static func tail(_ path: String, bytesMax: Int, droppedNow: () -> Int64) throws(SystemError) -> Tail {
        let file = try File.open(path, .read)
        let size = try file.status().size
        let start = max(0, size - bytesMax)
        let bytes = try file.readAt(start, count: size - start)
        let dropped = droppedNow()
        return Tail(
            bytes: Array(bytes.dropFirst(max(0, Int(dropped) - start))), size: max(Int64(size), dropped),
            dropped: dropped)
    }
}

/// The report that a session was asked for.
enum ReportFile {
    struct Report {
        let path: String
        let content: [UInt8]
    }

    enum Outcome {
        case none
        case tooLarge(path: String)
        case found(Report)
    }

    private static let names = ["report.md", "outputs/report.md"]

    /// With CONFIG_HZ=100.
    private static let tickNanosecondsMax: Int64 = 10_000_000

    /// When a file that lies there was written, in nanoseconds of the kernel's file clock, where that can be as late as
    /// `now`: it could not be told from a report that comes next, for that clock ticks every few milliseconds. Nil mostly.
    static func tick(in folders: [ResolvedPath], now: Int64) -> Int64? {
        let written = folders.flatMap { folder in
            names.compactMap { try? folder.openBeneath($0).status().modifiedNanoseconds }
        }.max()
        // One from the future is no reason to wait for it.
        return written.flatMap { (0..<tickNanosecondsMax).contains($0 - now) ? $0 : nil }
    }

    /// The first regular, non-empty `report.md` or `outputs/report.md`, written since the start, in the working
    /// directory or a write root. No link is followed: the session could make one that leads to what it may not read.
    static func find(_ record: SessionRecord, since: Int64, bytesMax: Int) -> Outcome {
        for root in [record.workingDirectory, record.runtimeWriteRoot].compactMap({ $0 }) + record.writeRoots {
            guard let folder = try? ResolvedPath(opening: root) else { continue }
            for relative in names {
                guard let file = try? folder.openBeneath(relative), let status = try? file.status(), status.isRegular,
                    status.size > 0, status.modifiedNanoseconds >= since
                else { continue }
                let path = "\(root)/\(relative)"
                guard status.size <= bytesMax, let content = try? file.readAt(0, count: status.size) else {
                    return .tooLarge(path: path)
                }
                return .found(Report(path: path, content: content))
            }
        }
        return .none
    }

    static func exists(_ record: SessionRecord, since: Int64) -> Bool {
        if case .none = find(record, since: since, bytesMax: 0) { return false }
        return true
    }
}
