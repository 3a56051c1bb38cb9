internal import Logging
internal import Platform
internal import Sessions

/// Stopping sessions: the shim does it, also where no server is there to see it through.
extension SessionSupervisor {
    /// Asks the shim to end the whole tree: TERM, then KILL after the grace.
    func stop(_ session: LiveSession, graceMilliseconds: Int64) {
        let grace = Int32(clamping: graceMilliseconds)
        session.stopGrace = grace
        signalStop(session, grace: grace)
    }

    func signalStop(_ session: LiveSession, grace: Int32) {
        do {
            try session.shim?.signal(Process.terminate, value: grace)
        } catch {
            logger.error(
                "a session could not be told to stop",
                metadata: ["session": "\(session.record.id)", "error": "\(error)"])
        }
    }
}
