internal import Dispatch
internal import Glibc

/// Work on all cores at once, for commands that have much to compute and nobody to answer meanwhile. The server does
/// without: it has one thread.
package enum Cores {
    /// How many there are, within reason.
    package static var count: Int { min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), 16) }

    /// Calls `body` with each number below `parts`, on as many cores as there are, and returns when all have returned. No
    /// two calls may touch the same thing, which the compiler cannot see.
    package static func run(_ parts: Int, _ body: (Int) -> Void) {
        withoutActuallyEscaping(body) { body in
            nonisolated(unsafe) let body = body
            DispatchQueue.concurrentPerform(iterations: parts) { body($0) }
        }
    }
}
