import Platform
import TestSupport

/// What this process holds open. Other tests open and close beside this one, so what is counted is one file's
/// descriptors and never all of them.
enum OpenDescriptors {
    /// What the kernel calls the open file: a path, or such as "pipe:[4711]".
    static func name(of descriptor: Int32) throws -> String { try File.readLink("/proc/self/fd/\(descriptor)") }

    /// How many descriptors lead to the file of that name.
    static func count(of name: String) throws -> Int {
        try File.list("/proc/self/fd").filter { (try? File.readLink("/proc/self/fd/\($0)")) == name }.count
    }

    /// The flags that a descriptor was opened with.
    static func flags(of descriptor: Int32) throws -> UInt32 {
        let lines = String(decoding: try File.read("/proc/self/fdinfo/\(descriptor)", bytesMax: 4096), as: UTF8.self)
        let octal = lines.split(separator: "\n").first { $0.hasPrefix("flags:") }?.split(separator: "\t").last
        return octal.flatMap { UInt32($0, radix: 8) } ?? 0
    }
}

/// The ends of a pipe, each of which can be closed by itself.
struct PipeEnds {
    var read: FileDescriptorBox?
    var write: FileDescriptorBox?

    init() throws {
        let pipe = try Pipe()
        read = FileDescriptorBox(try pipe.readEnd.duplicate())
        write = FileDescriptorBox(try pipe.writeEnd.duplicate())
    }
}

extension FileDescriptorBox {
    /// The next bytes, or what was there instead.
    func read(atMost count: Int = 64) throws -> (outcome: IOOutcome, text: String) {
        var buffer = [UInt8](repeating: 0, count: count)
        let outcome = try buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }
        guard case .processed(let got) = outcome else { return (outcome, "") }
        return (outcome, String(decoding: buffer[..<got], as: UTF8.self))
    }

    /// Waits until the other end is closed everywhere: a process that another test is just starting has a copy of it
    /// until it execs.
    func isLeftAlone() throws -> Bool {
        try Waiting.until("the other end to close") {
            var poller = try Poller()
            try poller.add(number, [], token: 0)
            var isHungUp = false
            try poller.wait(milliseconds: 0) { isHungUp = $0.isHungUp }
            return isHungUp
        }
        return true
    }

    func write(_ text: String) throws -> IOOutcome {
        try Array(text.utf8).withUnsafeBytes { try descriptor.write($0) }
    }
}
