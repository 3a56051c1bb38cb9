// Room: Platform. The only Swift room that speaks to the kernel. Knows no JSON, no policy, no session.
internal import CLinux
internal import Glibc

/// A system call that failed: which one, and why.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// What was attempted, for a person: "open /srv/x".
    package let operation: String
    /// The errno value.
    package let code: Int32

    package init(_ operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }

    /// The kernel's words for the errno: "No such file or directory".
    package var reason: String { String(cString: strerror(code)) }
    package var description: String { "\(operation): \(reason)" }

    package static let noEntry = ENOENT
    package static let notDirectory = ENOTDIR
    package static let wouldBlock = EWOULDBLOCK
    package static let noSpace = ENOSPC
    package static let exists = EEXIST
    package static let brokenPipe = EPIPE
    package static let descriptorsExhausted = EMFILE
    package static let fileTableFull = ENFILE
    package static let staleHandle = ESTALE

    /// The kernel's words for any errno value.
    package static func reason(of code: Int32) -> String { String(cString: strerror(code)) }
}

/// Calls a function that answers -errno, again for as long as a signal interrupts it. The one place where EINTR is known.
@inline(__always)
func retrying<Count: FixedWidthInteger & SignedInteger>(_ call: () -> Count) -> Count {
    while true {
        let outcome = call()
        if outcome != Count(-EINTR) { return outcome }
    }
}

/// As `retrying`, and throws where the outcome is an error.
@inline(__always)
func checked<Count: FixedWidthInteger & SignedInteger>(
    _ operation: @autoclosure () -> String, _ call: () -> Count
) throws(SystemError) -> Count {
    let outcome = retrying(call)
    guard outcome >= 0 else { throw SystemError(operation(), code: Int32(-outcome)) }
    return outcome
}

/// As `checked`, for functions of Glibc that answer -1 and set errno.
@inline(__always)
func checkedErrno<Count: FixedWidthInteger & SignedInteger>(
    _ operation: @autoclosure () -> String, _ call: () -> Count
) throws(SystemError) -> Count {
    while true {
        let outcome = call()
        let code = errno
        if outcome >= 0 { return outcome }
        if code != EINTR { throw SystemError(operation(), code: code) }
    }
}

/// What one non-blocking read or write came to. Waiting is a value, not an error.
package enum IOOutcome: Equatable {
    /// So many bytes, at least one.
    case processed(Int)
    /// Nothing could be done now; the poller will say when.
    case wouldBlock
    /// The other side has closed, or the end of the file is reached.
    case endOfFile
}
