internal import Platform
internal import Policy
internal import Wire

extension PolicyWorkerProcess {
    /// Starts a worker and waits until it has read the set. Throws where it gave no answer; what the answer says is not
    /// looked at.
    static func loading(
        _ set: PolicySet, program: String, limits: Limits, clock: any Clock, reportsTests: Bool = false
    ) throws(PolicyLoadError) -> PolicyWorkerProcess {
        let process: PolicyWorkerProcess
        do {
            process = try PolicyWorkerProcess(
                program: program, memoryBytes: limits.policyMemoryBytes, set: set, reportsTests: reportsTests)
        } catch {
            throw PolicyLoadError(file: nil, line: nil, message: "\(error)")
        }
        let reason: String
        switch process.nextWord(milliseconds: limits.policyLoadMilliseconds, clock: clock) {
        case .loaded: return process
        case .decided: reason = "the policy worker spoke out of turn"
        case .died(let end): reason = end
        case nil: reason = "it took longer than \(limits.policyLoadMilliseconds) ms to load"
        }
        throw PolicyLoadError(file: process.fileAtWork(of: set), line: nil, message: reason)
    }

    /// What the load answer says of the set: its policies in the order in which they are asked, or why it does not load.
    func loadedPolicies(of set: PolicySet, reader: JSONReader) throws(PolicyLoadError) -> [LoadedPolicy] {
        let result = try? answer().withUnsafeBytes { bytes in
            try reader.read(bytes) { root in Self.policies(root, of: set) }
        }
        guard let result else {
            throw PolicyLoadError(file: nil, line: nil, message: "the policy worker's answer is not JSON")
        }
        return try result.get()
    }

    static func policies(_ root: JSONView, of set: PolicySet) -> Result<[LoadedPolicy], PolicyLoadError> {
        if let error = root["error"], error.kind == .object {
            return .failure(
                PolicyLoadError(
                    file: error["file"]?.string, line: error["line"]?.int.map { Int($0) },
                    message: error["message"]?.string ?? "it does not load"))
        }
        let files = set.policies
        var policies: [LoadedPolicy] = []
        root["policies"]?.forEachElement { policy in
            guard let name = policy["name"]?.string, let file = policy["file"]?.string,
                policies.count < files.count, files[policies.count].name == file
            else { return }
            policies.append(
                LoadedPolicy(
                    name: name, file: file, digest: files[policies.count].digest,
                    description: policy["description"]?.string))
        }
        guard policies.count == files.count else {
            return .failure(
                PolicyLoadError(file: nil, line: nil, message: "the policy worker did not load every policy"))
        }
        return .success(policies)
    }

    /// The file that the worker was running when it was last heard of, while it loads the set.
    func fileAtWork(of set: PolicySet) -> String? {
        let index = indexAtWork
        return index < set.files.count ? set.files[index].name : nil
    }
}
