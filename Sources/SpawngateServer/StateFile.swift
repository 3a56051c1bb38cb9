internal import Platform
internal import Sessions

/// What the shim wrote of its session. Text in fixed slots of one preallocated file, whose flock says that the shim lives.
///
/// A slot counts only when it is whole: its last byte is a line feed, written with it.
struct StateFile {
    static let bytes = 4096
    private static let startSlot = 64..<192
    private static let endSlot = 192..<320
    private static let stdoutSlot = 320..<384
    private static let stderrSlot = 384..<448

    enum Start: Equatable {
        /// With what was done to the program before it ran.
        case started(pid: Int32, shim: Int32, Enforcement)
        /// Nothing ran; perhaps because the session could not be confined.
        case failed(errno: Int32, isUnconfined: Bool)
        /// The shim was about to run the program; what came of it is not known.
        case trying
    }

    struct End: Equatable {
        let exitCode: Int32?
        let exitSignal: Int32?
        let wasStopped: Bool
        /// Milliseconds since 1970.
        let time: Int64
    }

    let start: Start?
    let end: End?
    let stdoutDropped: Int64
    let stderrDropped: Int64

    /// The file as it is before the shim runs: every byte is there, so that the shim can write on a full disk.
    static func blank() -> [UInt8] {
        var bytes = [UInt8](repeating: UInt8(ascii: " "), count: Self.bytes)
        bytes.replaceSubrange(0..<19, with: "spawngate-session 1".utf8)
        bytes[63] = UInt8(ascii: "\n")
        bytes[Self.bytes - 1] = UInt8(ascii: "\n")
        return bytes
    }

    init(_ bytes: [UInt8]) {
        let start = Self.fields(bytes, Self.startSlot)
        self.start =
            switch start["="] {
            case "started":
                start.number("pid").flatMap { (pid: Int32) in
                    start.number("shim").map { .started(pid: pid, shim: $0, Self.enforcement(start)) }
                }
            case "failed":
                start.number("errno").map { .failed(errno: $0, isUnconfined: start["unconfined"] == "1") }
            case "trying": .trying
            default: nil
            }
        let end = Self.fields(bytes, Self.endSlot)
        if end["="] == "ended", let time: Int64 = end.number("at_ms") {
            self.end = End(
                exitCode: end.number("code"), exitSignal: end.number("signal"),
                wasStopped: end["stop"] == "1", time: time)
        } else {
            self.end = nil
        }
        stdoutDropped = Self.fields(bytes, Self.stdoutSlot).number("dropped") ?? 0
        stderrDropped = Self.fields(bytes, Self.stderrSlot).number("dropped") ?? 0
    }

    private static func enforcement(_ start: Fields) -> Enforcement {
        let abi: Int? = start.number("landlock")
        return abi.map { Enforcement(level: "landlock", abi: $0) } ?? .none
    }

    static func read(_ path: String) -> StateFile? {
        guard let file = try? File.open(path, .read), let bytes = try? file.readAt(0, count: bytes) else { return nil }
        return StateFile(bytes)
    }

    /// "word name=value name=value" as a table; the leading word stands under "=".
    private static func fields(_ bytes: [UInt8], _ slot: Range<Int>) -> Fields {
        guard bytes.count >= slot.upperBound, bytes[slot.upperBound - 1] == UInt8(ascii: "\n") else { return [:] }
        var fields: Fields = [:]
        for (index, part) in String(decoding: bytes[slot.dropLast()], as: UTF8.self).split(separator: " ").enumerated()
        {
            if index == 0 {
                fields["="] = String(part)
            } else if let sign = part.firstIndex(of: "=") {
                fields[String(part[..<sign])] = String(part[part.index(after: sign)...])
            }
        }
        return fields
    }

    typealias Fields = [String: String]
}

extension [String: String] {
    /// Nil where it is none, or too large: whoever may write the file may write anything.
    fileprivate func number<Number: FixedWidthInteger>(_ name: String) -> Number? { self[name].flatMap { Number($0) } }
}
