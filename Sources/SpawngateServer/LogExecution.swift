internal import DecisionLog
internal import Platform
internal import Policy
internal import Wire

/// Runs decisions of a log again, each with its recorded request and the policies that it names.
final class LogExecution {
    private let programFolder: String
    private let limits: Limits
    private let reader = JSONReader(depthMax: 128)
    private var sets: [String: PolicySet] = [:]
    /// Those that were asked last, the newest at the end: each has a process.
    private var runners: [PolicyRunner] = []
    private static let runnersMax = 8
    private(set) var tally = LogExecutionTally()

    init(programFolder: String) {
        self.programFolder = programFolder
        var limits = Limits()
        // The server may have been told to be more patient, and this machine may be slower: time is not what is judged.
        limits.policyMilliseconds *= 20
        limits.policyMemoryBytes *= 4
        self.limits = limits
    }

    func add(_ set: PolicySet) { sets[set.digest] = set }

    /// Judges a leaf again; one that is no decision is let pass. Throws `LogFault` where it comes out otherwise.
    func judge(_ sequence: Int64?, _ leaf: [UInt8], secrets: KeptSecrets?) throws {
        let (recorded, number) = try leaf.withUnsafeBytes { bytes in
            try reader.read(bytes) { root -> (RecordedDecision?, Int64) in
                let isDecision = root["kind"]?.equals("decision") == true
                return (isDecision ? RecordedDecision(root, secrets: secrets) : nil, root["seq"]?.int ?? 0)
            }
        }
        guard let recorded else { return }
        guard let question = recorded.question else { return tally.withoutSecrets += 1 }
        guard let digest = recorded.policySet, let set = sets[digest] else { return tally.withoutPolicies += 1 }
        let judgement = runner(of: set).ask(text: question)
        if recorded.isSame(as: judgement) { return tally.same += 1 }
        // A policy that failed for want of time or memory there need not fail here; that is no sign of anything.
        if recorded.verdict == .error { return tally.errorsThatDiffer += 1 }
        throw LogFault(
            sequence ?? number,
            "run again it comes out as \(judgement.verdict.rawValue), and \(recorded.verdict.rawValue) is recorded"
                + (recorded.verdict == judgement.verdict ? ", for other reasons" : ""))
    }

    private func runner(of set: PolicySet) -> PolicyRunner {
        if let last = runners.last, last.set.digest == set.digest { return last }
        let found = runners.firstIndex { $0.set.digest == set.digest }
        let runner =
            found.map { runners.remove(at: $0) }
            ?? PolicyRunner(set: set, programFolder: programFolder, limits: limits)
        if runners.count == Self.runnersMax { runners.removeFirst() }
        runners.append(runner)
        return runner
    }
}

/// What running the decisions of a log again came to.
package struct LogExecutionTally: Equatable, Sendable {
    /// Verdict, rules, reasons and failures are the same.
    package internal(set) var same: Int64 = 0
    /// Decisions whose prompt and environment are erased, or are not in the export.
    package internal(set) var withoutSecrets: Int64 = 0
    /// Decisions that no policies were there for.
    package internal(set) var withoutPolicies: Int64 = 0
    /// Failures of the gate that do not come again in the same way.
    package internal(set) var errorsThatDiffer: Int64 = 0

    package init() {}
}
