internal import DecisionLog
internal import Platform
package import Policy
package import Wire

/// Asks a policy set without a server: for commands, which have nobody else to answer meanwhile and may wait.
///
/// It judges as `PolicyGate` does: the same worker, the same deadline with a kill at its end, the same reading of what
/// the worker wrote. One worker answers one question after another, some 30 µs each with the shipped policies.
/// `Process.prepare()` must have been called.
package final class PolicyRunner {
    /// What is asked.
    package let set: PolicySet
    let program: String
    let limits: Limits
    let clock = SystemClock()
    let reader = JSONReader()
    private var worker: (process: PolicyWorkerProcess, policies: [LoadedPolicy])?

    /// `programFolder` is where `spawngate-policy` is.
    package init(set: PolicySet, programFolder: String, limits: Limits = Limits()) {
        self.set = set
        self.limits = limits
        program = "\(programFolder)/spawngate-policy"
    }

    /// The set that a policy folder holds at this moment. Throws where it cannot be read; says nothing of whether it
    /// loads.
    package convenience init(
        folder: String, programFolder: String, limits: Limits = Limits()
    ) throws(PolicyLoadError) {
        self.init(
            set: try PolicyFolder.read(folder, limits: limits), programFolder: programFolder, limits: limits)
    }

    /// Loads the set and runs its own tests. Throws the first thing that is wrong with it.
    @discardableResult
    package func load() throws(PolicyLoadError) -> [LoadedPolicy] {
        try loaded().policies
    }

    /// What all policies say of a `request`, as `PolicyQuestion` builds it or a decision holds it. A set that does not
    /// load, and whatever else goes wrong, is a judgement too: a no.
    package func ask(_ request: JSONValue) -> Judgement {
        ask(text: CanonicalJSON.bytes(of: request))
    }

    /// The same, for a request that is canonical JSON already.
    package func ask(text: [UInt8]) -> Judgement {
        let begin = clock.monotonicNanoseconds()
        let worker: (process: PolicyWorkerProcess, policies: [LoadedPolicy])
        do {
            worker = try loaded()
        } catch {
            return Judgement(set: set, policies: [], failure: error.sentence, durationMicroseconds: 0)
        }
        worker.process.send(text)
        let reason: String?
        switch worker.process.nextWord(milliseconds: limits.policyMilliseconds, clock: clock) {
        case .decided: reason = nil
        case .loaded: reason = "the policy worker spoke out of turn"
        case .died(let end): reason = end
        case nil: reason = "it took longer than \(limits.policyMilliseconds) ms"
        }
        // One that hangs or misbehaved ends with its last owner; the next question gets another.
        if reason != nil { self.worker = nil }
        return Judgement(
            set: set,
            answer: WorkerAnswer(
                worker.process.answer(), loaded: worker.policies, unfinished: reason, reader: reader),
            request: text, durationMicroseconds: (clock.monotonicNanoseconds() - begin) / 1000, reader: reader)
    }

    private func loaded() throws(PolicyLoadError) -> (process: PolicyWorkerProcess, policies: [LoadedPolicy]) {
        if let worker { return worker }
        let process = try PolicyWorkerProcess.loading(set, program: program, limits: limits, clock: clock)
        let started = (process, try process.loadedPolicies(of: set, reader: reader))
        worker = started
        return started
    }
}
