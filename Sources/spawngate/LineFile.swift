internal import Platform

/// Where lines go: a file that is there whole or not at all, standard output, or straight into what cannot be replaced, such
/// as a device or a pipe.
struct LineFile: ~Copyable {
    private static let bufferBytes = 64 << 10

    /// What is replaced at the end.
    private let target: String?
    private let file: FileDescriptor?
    private var buffer: [UInt8] = []

    /// Nil: standard output.
    init(_ path: String?) throws(SystemError) {
        let target: String? = if let path { try File.replaceable(path) } else { nil }
        let file: FileDescriptor? =
            if let target {
                try File.open("\(target).new", .readWrite(create: true, truncate: true))
            } else if let path {
                try File.open(path, .append)
            } else {
                nil
            }
        self.target = target
        self.file = file
    }

    mutating func write(_ line: String) throws(SystemError) {
        buffer.append(contentsOf: line.utf8)
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// To be called at the end: until then the file has another name.
    mutating func finish() throws(SystemError) {
        try flush()
        guard let target else { return }
        try file?.synchronize()
        try File.rename("\(target).new", to: target)
    }

    private mutating func flush() throws(SystemError) {
        if file == nil { Output.bytes(buffer) } else { try file?.writeAll(buffer) }
        buffer.removeAll(keepingCapacity: true)
    }
}
