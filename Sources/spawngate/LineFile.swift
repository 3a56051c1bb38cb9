internal import Platform

/// Where lines go: a file that is there whole or not at all, or standard output.
struct LineFile: ~Copyable {
    private static let bufferBytes = 64 << 10

    private let path: String?
    private let draft: FileDescriptor?
    private var buffer: [UInt8] = []

    /// Nil: standard output.
    init(_ path: String?) throws(SystemError) {
        self.path = path
        draft = if let path { try File.open("\(path).new", .readWrite(create: true, truncate: true)) } else { nil }
    }

    mutating func write(_ line: String) throws(SystemError) {
        buffer.append(contentsOf: line.utf8)
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// To be called at the end: until then the file has another name.
    mutating func finish() throws(SystemError) {
        try flush()
        guard let path else { return }
        try draft?.synchronize()
        try File.rename("\(path).new", to: path)
    }

    private mutating func flush() throws(SystemError) {
        if draft == nil { Output.bytes(buffer) } else { try draft?.writeAll(buffer) }
        buffer.removeAll(keepingCapacity: true)
    }
}
