internal import Platform

/// Standard output and standard error.
enum Output {
    /// Whether to colour: only for a person at a terminal who has not said no (no-color.org).
    static var isColoured: Bool {
        Process.outputIsTerminal && (Process.environment("NO_COLOR") ?? "").isEmpty
            && Process.environment("TERM") != "dumb"
    }

    /// One line, or several, for whoever reads the result.
    static func line(_ text: String) { bytes(Array("\(text)\n".utf8)) }

    /// Bytes exactly as they are.
    static func bytes(_ bytes: [UInt8]) { write(bytes, to: 1) }

    /// Bytes exactly as they are, to standard error.
    static func errorBytes(_ bytes: [UInt8]) { write(bytes, to: 2) }

    /// What went wrong, for a person; where none can be told, the exit status says it all the same.
    static func complain(_ text: String) { try? deliver(Array("spawngate: \(text)\n".utf8), to: 2) }

    private static func write(_ bytes: [UInt8], to number: Int32) {
        do { try deliver(bytes, to: number) } catch {
            // A result that was not delivered is no success. Whoever has closed a pipe wants to hear no more.
            if number == 1, error.code != SystemError.brokenPipe { complain("standard output: \(error)") }
            Process.exit(ExitStatus.failed)
        }
    }

    private static func deliver(_ bytes: [UInt8], to number: Int32) throws(SystemError) {
        let descriptor = FileDescriptor(owning: number)
        let outcome = Result { () throws(SystemError) in try descriptor.writeAll(bytes) }
        _ = descriptor.release()
        try outcome.get()
    }
}
