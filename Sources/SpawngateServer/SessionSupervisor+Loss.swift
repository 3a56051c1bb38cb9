internal import Logging
internal import Platform
internal import Sessions

/// The end of sessions whose shim was killed.
extension SessionSupervisor {
    /// The program dies with its shim; what it had started does not by itself. The session is lost once all of that is
    /// gone, for nothing of a session that has ended may run.
    func lose(_ session: LiveSession) {
        logger.warning("a session lost its shim", metadata: ["session": "\(session.record.id)"])
        hunt(session, round: 1)
    }

    private func hunt(_ session: LiveSession, round: Int) {
        let found = ProcessSearch.killStrays { Self.isEnvironment($0, of: session) }
        let holdsMore = cgroups?.kill(session.record.id) ?? false
        if found == 0, !holdsMore { return vanished(session) }
        guard round < configuration.limits.lossRoundsMax else {
            logger.error(
                "processes of a lost session do not die",
                metadata: ["session": "\(session.record.id)", "count": "\(found)"])
            return vanished(session)
        }
        // What was killed takes a moment to be gone; what was missed is found then.
        loop.after(milliseconds: min(round, 50)) { [unowned self] in hunt(session, round: round + 1) }
    }

    /// Whether a process with these variables was started in the session. Another server may have a session of the same name
    /// and millisecond; its folder is another.
    private static func isEnvironment(_ environment: [ArraySlice<UInt8>], of session: LiveSession) -> Bool {
        let identifier = "SPAWNGATE_SESSION_ID=\(session.record.id)"
        guard environment.contains(where: { $0.elementsEqual(identifier.utf8) }) else { return false }
        let own = try? File.status(of: session.temporaryFolder).identity
        return !environment.contains { variable in
            let text = String(decoding: variable, as: UTF8.self)
            // What it has put there itself says nothing.
            guard text.hasPrefix("TMPDIR=/"), text.hasSuffix("/\(session.record.id)/tmp"),
                let folder = try? File.status(of: String(text.dropFirst("TMPDIR=".count))).identity
            else { return false }
            return folder != own
        }
    }

    /// Orphans of the server's own helpers become its children too, and are to be taken note of when they end.
    func reapAdopted() {
        ProcessSearch.reapAdopted()
        loop.after(milliseconds: configuration.limits.adoptedReapMilliseconds) { [unowned self] in reapAdopted() }
    }

    private func vanished(_ session: LiveSession) {
        session.record.stoppedAt = clock.wallMilliseconds()
        session.record.lastActivity = LogFiles.lastActivity(session.record)
        end(session, .vanished)
    }
}
