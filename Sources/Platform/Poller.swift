internal import CLinux

/// What a descriptor waits for.
package struct Interest: OptionSet, Equatable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let readable = Interest(rawValue: cl_readable)
    package static let writable = Interest(rawValue: cl_writable)
}

/// One thing that the poller saw.
package struct Readiness {
    /// What the descriptor was added under.
    package let token: UInt64
    package let isReadable: Bool
    package let isWritable: Bool
    /// Both sides are closed, or the descriptor has an error to be read.
    package let isHungUp: Bool
}

/// epoll, level-triggered, so that a reader may stop early and be told again.
///
/// The token is the caller's: it carries a generation, so that an event for a closed descriptor is never taken for one of
/// the descriptor that got its number next.
package struct Poller: ~Copyable {
    private let epoll: FileDescriptor
    private var events = [cl_event](repeating: cl_event(), count: 256)

    package init() throws(SystemError) {
        epoll = FileDescriptor(owning: try checked("epoll_create1") { cl_epoll_create() })
    }

    /// Begins to watch a descriptor.
    package func add(_ descriptor: Int32, _ interest: Interest, token: UInt64) throws(SystemError) {
        _ = try checked("epoll_ctl ADD") { cl_epoll_add(epoll.number, descriptor, interest.rawValue, token) }
    }

    /// Changes what a watched descriptor waits for. An empty interest still hears of a hang-up.
    package func modify(_ descriptor: Int32, _ interest: Interest, token: UInt64) throws(SystemError) {
        _ = try checked("epoll_ctl MOD") { cl_epoll_modify(epoll.number, descriptor, interest.rawValue, token) }
    }

    /// Ceases to watch. Closing the last descriptor of an open file does the same.
    package func remove(_ descriptor: Int32) throws(SystemError) {
        _ = try checked("epoll_ctl DEL") { cl_epoll_remove(epoll.number, descriptor) }
    }

    /// Waits at most so many milliseconds (for ever where nil) and tells the body what is ready.
    package mutating func wait(
        milliseconds: Int?, _ body: (Readiness) -> Void
    ) throws(SystemError) {
        let timeout = Int32(clamping: milliseconds ?? -1)
        let count = Int(try checked("epoll_wait") { cl_epoll_wait(epoll.number, &events, 256, timeout) })
        for index in 0..<count {
            let event = events[index]
            body(
                Readiness(
                    token: event.token, isReadable: event.events & (cl_readable | cl_hangup) != 0,
                    isWritable: event.events & (cl_writable | cl_hangup) != 0, isHungUp: event.events & cl_hangup != 0))
        }
    }
}
