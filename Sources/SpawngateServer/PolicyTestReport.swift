package import Policy
internal import Wire

/// What came of a set's own tests, all of them, and what they made run.
package struct PolicyTestReport {
    /// One call of `allows` or `denies`, or a test file that could not run to its end.
    package struct Test: Equatable, Sendable {
        /// Relative to the policy folder.
        package let file: String
        /// From 1; nil where no line is to blame.
        package let line: Int?
        /// "denies permission-mode (30-permission-mode)"
        package let name: String
        /// Why it failed, with a traceback where there is one; nil where it passed.
        package let complaint: String?
    }

    /// The lines of a policy or module that can run, and those that did; both ascending, numbered from 1.
    package struct FileCoverage: Equatable, Sendable {
        package let file: String
        package let lines: [Int]
        package let hit: [Int]
        /// Ascending.
        package var missed: [Int] { lines.filter { !hit.contains($0) } }
    }

    /// How often a policy denied by a rule.
    package struct RuleCount: Equatable, Sendable {
        package let policy: String
        package let rule: String
        package let fired: Int
    }

    /// In the order in which they ran.
    package let tests: [Test]
    package let files: [FileCoverage]
    /// By policy; those that never fired are the ones that the policy's text names.
    package let rules: [RuleCount]

    /// The report as a worker wrote it, with the rules that the set names besides. Nil where it is not as agreed.
    init?(_ answer: JSONValue, set: PolicySet, policies: [LoadedPolicy]) {
        guard let tests = answer["tests"]?.array, let coverage = answer["coverage"],
            let files = coverage["files"]?.array, let fired = coverage["rules"]?.array
        else { return nil }
        self.tests = tests.map { test in
            Test(
                file: test["file"]?.string ?? "", line: test["line"]?.int.map { Int($0) },
                name: test["test"]?.string ?? "",
                complaint: test["passed"]?.bool == true ? nil : test["message"]?.string ?? "it failed")
        }
        self.files = files.map { file in
            FileCoverage(
                file: file["file"]?.string ?? "", lines: Self.numbers(file["lines"]), hit: Self.numbers(file["hit"]))
        }
        let counted = fired.map { rule in
            RuleCount(
                policy: rule["policy"]?.string ?? "", rule: rule["rule"]?.string ?? "",
                fired: Int(rule["fired"]?.int ?? 0))
        }
        rules = policies.flatMap { policy in
            let own = counted.filter { $0.policy == policy.name }
            let text = set.files.first { $0.name == policy.file }?.text ?? []
            let silent = DenyRules.names(in: text).filter { name in !own.contains { $0.rule == name } }
            return own + silent.map { RuleCount(policy: policy.name, rule: $0, fired: 0) }
        }
    }

    /// How many failed.
    package var failures: Int { tests.count { $0.complaint != nil } }

    private static func numbers(_ list: JSONValue?) -> [Int] {
        (list?.array ?? []).compactMap { $0.int.map { Int($0) } }
    }
}

extension PolicyRunner {
    /// How much longer than a load the tests may take here: to note each line makes Lua several times slower.
    private static let reportFactor = 5

    /// Runs all of the set's own tests to their end. Throws where the set does not load; a failing test is no error.
    package func test() throws(PolicyLoadError) -> PolicyTestReport {
        var limits = limits
        limits.policyLoadMilliseconds *= Self.reportFactor
        let process = try PolicyWorkerProcess.loading(
            set, program: program, limits: limits, clock: clock, reportsTests: true)
        let policies = try process.loadedPolicies(of: set, reader: reader)
        guard let answer = try? reader.value(of: process.answer()),
            let report = PolicyTestReport(answer, set: set, policies: policies)
        else {
            throw PolicyLoadError(file: nil, line: nil, message: "the policy worker gave no report of the tests")
        }
        return report
    }
}
