internal import ArgumentParser
internal import Platform

/// Text that a command reads from a file or from its standard input.
enum InputText {
    /// Bytes; a server takes no more by far in one message unless it is told to.
    static let bytesMax = 64 << 20

    /// The whole text of a file; "-" is standard input. Reads pipes as well, so that `<(command)` works.
    static func read(_ path: String) throws -> String {
        let bytes = path == "-" ? try readStandardInput() : try readAll(File.open(path, .read), name: path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ValidationError("\(path == "-" ? "standard input" : path) is not UTF-8 text")
        }
        return text
    }

    private static func readStandardInput() throws -> [UInt8] {
        try readAll(FileDescriptor(owning: 0).duplicate(), name: "standard input")
    }

    private static func readAll(_ file: borrowing FileDescriptor, name: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let outcome = try chunk.withUnsafeMutableBytes { try file.read(into: $0) }
            switch outcome {
            case .processed(let count): bytes += chunk[..<count]
            case .endOfFile: return bytes
            case .wouldBlock: throw SystemError("read \(name)", code: SystemError.wouldBlock)
            }
            if bytes.count > bytesMax { throw ValidationError("\(name) is longer than \(bytesMax >> 20) MiB") }
        }
    }
}
