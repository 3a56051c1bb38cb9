// Room: Sessions. What a session is, in values. No I/O, no clock: time is passed in.

/// Where a session stands (SPEC section 3).
package enum SessionStatus: String, CaseIterable, Sendable {
    case starting, running
    case exited, completed, stopped, terminated, failed, lost
    case completedMissingReport = "completed_missing_report"

    /// Whether nothing of the session runs any more, and its record will not change.
    package var hasEnded: Bool {
        switch self {
        case .starting, .running: false
        case .exited, .completed, .completedMissingReport, .stopped, .terminated, .failed, .lost: true
        }
    }
}

/// What was seen of a session's process tree.
package enum SessionEvent: Equatable, Sendable {
    /// The program runs, under this pid.
    case started(pid: Int32)
    /// The program could not be executed.
    case couldNotStart
    /// The tree is gone. `wasStopped`: a stop had begun before the program ended by itself.
    case ended(exitCode: Int32?, exitSignal: Int32?, wasStopped: Bool, hasReport: Bool)
    /// Whoever watched the tree is gone and left no word of how it ended.
    case vanished
}

/// What follows from an event.
package enum SessionChange: Equatable, Sendable {
    /// The event says nothing new: a late or repeated word about a session that is already further.
    case nothing
    case becomes(SessionStatus)
}

extension SessionStatus {
    /// The table of the session's life: every status with every event.
    package func after(_ event: SessionEvent, expectsReport: Bool) -> SessionChange {
        switch (self, event) {
        case (.starting, .started): .becomes(.running)
        case (.running, .started): .nothing
        case (.starting, .couldNotStart): .becomes(.failed)
        case (.running, .couldNotStart): .nothing
        case (.starting, .ended(_, _, let wasStopped, let hasReport)),
            (.running, .ended(_, _, let wasStopped, let hasReport)):
            switch (wasStopped, expectsReport) {
            case (true, false): .becomes(.stopped)
            case (true, true): .becomes(.terminated)
            case (false, false): .becomes(.exited)
            case (false, true): .becomes(hasReport ? .completed : .completedMissingReport)
            }
        case (.starting, .vanished), (.running, .vanished): .becomes(.lost)
        case (.exited, _), (.completed, _), (.completedMissingReport, _), (.stopped, _), (.terminated, _),
            (.failed, _), (.lost, _):
            .nothing
        }
    }
}
