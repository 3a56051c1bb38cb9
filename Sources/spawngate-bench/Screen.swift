internal import Platform

/// Standard output. Nothing is held back, so that a slow figure shows as it comes.
enum Screen {
    static func line(_ text: String) {
        let descriptor = FileDescriptor(owning: 1)
        // Nobody reads the figures any more: there is nobody to tell that either.
        try? descriptor.writeAll(Array("\(text)\n".utf8))
        _ = descriptor.release()
    }
}

/// A measurement that could not be made; one sentence says why.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
