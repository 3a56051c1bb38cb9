internal import Platform
internal import Sessions

/// Finding the sessions of an earlier server again.
extension SessionSupervisor {
    /// Takes up the sessions of an earlier server.
    func adopt(_ session: LiveSession) {
        enter(session)
        find(session)
    }

    private func find(_ session: LiveSession) {
        do {
            let state = try File.open(session.statePath, .read)
            let isFree = try state.tryLock()
            let words = StateFile.read(session.statePath)
            switch words?.start {
            // The lock is held from before the shim starts until it ends: while it is free, nothing of it runs.
            case nil where isFree: failUnstarted(session)
            case _ where isFree: conclude(session, words)
            case .started(let pid, let shim, let enforcement)?:
                started(session, pid: pid, enforcement)
                attach(session, shim: shim, state: state)
            // Between its first breath and its first word, which comes within moments.
            case nil, .trying, .failed: findLater(session)
            }
        } catch {
            // Without a state file the earlier server had not come as far as a shim.
            if error.code == SystemError.noEntry { failUnstarted(session) } else { findLater(session) }
        }
    }

    private func findLater(_ session: LiveSession) {
        loop.after(milliseconds: 10) { [unowned self] in find(session) }
    }

    private func failUnstarted(_ session: LiveSession) {
        session.neverRan = true
        fail(session, "the server ended before it was started")
    }

    private func attach(_ session: LiveSession, shim: Int32, state: borrowing FileDescriptor) {
        do {
            session.shim = try ChildProcess(attachingTo: shim)
            // Held still, so the shim lived when its pid was looked up, and the handle is to it and to no other.
            guard try !state.tryLock() else { return conclude(session, StateFile.read(session.statePath)) }
            try follow(session)
            if let grace = session.stopGrace { signalStop(session, grace: grace) }
        } catch {
            conclude(session, StateFile.read(session.statePath))
        }
    }
}
