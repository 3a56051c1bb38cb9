import Sessions
import Testing

@Suite struct SessionStatusTests {
    // One event after the other: a case that is new in SessionEvent does not compile until it has its place here.
    private static func next(after event: SessionEvent?) -> SessionEvent? {
        switch event {
        case nil: .started(pid: 7)
        case .started: .couldNotStart
        case .couldNotStart: .ended(exitCode: 0, exitSignal: nil, wasStopped: false, hasReport: false)
        case .ended(_, _, false, false): .ended(exitCode: 3, exitSignal: nil, wasStopped: false, hasReport: true)
        case .ended(_, _, false, true): .ended(exitCode: nil, exitSignal: 15, wasStopped: true, hasReport: false)
        case .ended(_, _, true, false): .ended(exitCode: nil, exitSignal: nil, wasStopped: true, hasReport: true)
        case .ended(_, _, true, true): .vanished
        case .vanished: nil
        }
    }

    /// What a status becomes, event by event: without and with expects_report. Nil is "nothing".
    private static func row(of status: SessionStatus) -> [(SessionStatus?, SessionStatus?)] {
        let ends: [(SessionStatus?, SessionStatus?)] = [
            (.exited, .completedMissingReport), (.exited, .completed), (.stopped, .terminated), (.stopped, .terminated),
        ]
        return switch status {
        case .starting: [(.running, .running), (.failed, .failed)] + ends + [(.lost, .lost)]
        case .running: [(nil, nil), (nil, nil)] + ends + [(.lost, .lost)]
        case .exited, .completed, .completedMissingReport, .stopped, .terminated, .failed, .lost:
            Array(repeating: (nil, nil), count: 7)
        }
    }

    @Test(arguments: SessionStatus.allCases)
    func everyEventHasItsPlaceInTheTable(status: SessionStatus) throws {
        let events = Array(
            sequence(state: SessionEvent?.none) { event in
                event = Self.next(after: event)
                return event
            })
        let row = Self.row(of: status)
        try #require(events.count == row.count)
        for (event, (plain, reporting)) in zip(events, row) {
            let plainly = plain.map(SessionChange.becomes) ?? .nothing
            let reportingly = reporting.map(SessionChange.becomes) ?? .nothing
            #expect(status.after(event, expectsReport: false) == plainly, "\(event)")
            #expect(status.after(event, expectsReport: true) == reportingly, "\(event)")
        }
    }

    @Test func onlyWhatStartsOrRunsHasNotEnded() {
        #expect(SessionStatus.allCases.filter { !$0.hasEnded } == [.starting, .running])
    }

    @Test func theWordsAreThoseOfTheSpecification() {
        let words = [
            "starting", "running", "exited", "completed", "completed_missing_report", "stopped", "terminated", "failed",
            "lost",
        ]
        #expect(Set(SessionStatus.allCases.map(\.rawValue)) == Set(words))
    }
}
