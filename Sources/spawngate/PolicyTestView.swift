internal import SpawngateClient
internal import SpawngateServer

/// What came of a folder's tests, as a person reads it, and as JSON.
enum PolicyTestView {
    /// A line for each test; those of a loop, which look alike, share one as long as they pass.
    static func tests(of report: PolicyTestReport, coloured: Bool = Output.isColoured) -> String {
        var lines: [(test: PolicyTestReport.Test, times: Int)] = []
        var places: [String: Int] = [:]
        for test in report.tests {
            let key = "\(place(of: test)) \(test.name)"
            if test.complaint == nil, let index = places[key] {
                lines[index].times += 1
            } else {
                if test.complaint == nil { places[key] = lines.count }
                lines.append((test, 1))
            }
        }
        var table = TextTable()
        for (test, times) in lines {
            let repeated = times > 1 ? "\(times) times" : ""
            table.add([
                test.complaint == nil ? .init("ok", .good) : .init("FAILED", .bad), .init(place(of: test)),
                .init(test.name), .init(repeated, .faint),
            ])
        }
        let rows = table.rendered(coloured: coloured).split(separator: "\n", omittingEmptySubsequences: false)
        return zip(rows, lines).map { row, line in
            ([String(row)] + explanation(line.test)).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private static func place(of test: PolicyTestReport.Test) -> String {
        test.line.map { "\(test.file):\($0)" } ?? test.file
    }

    /// Why it failed, indented below its line; the message may have a traceback, one call a line.
    private static func explanation(_ test: PolicyTestReport.Test) -> [String] {
        (test.complaint ?? "").split(separator: "\n").map { "        \(TerminalText.line(String($0)))" }
    }

    /// A line for each file and for each rule.
    static func coverage(of report: PolicyTestReport, coloured: Bool = Output.isColoured) -> String {
        var files = TextTable(titles: ["FILE", "LINES", "COVERED", "MISSED"])
        for file in report.files {
            let missed = file.missed
            let percent = file.lines.isEmpty ? 100 : 100 * (file.lines.count - missed.count) / file.lines.count
            files.add([
                .init(file.file), .init("\(file.lines.count - missed.count)/\(file.lines.count)"),
                .init("\(percent) %", missed.isEmpty ? .good : .warning), .init(ranges(missed)),
            ])
        }
        var rules = TextTable(titles: ["POLICY", "RULE", "DENIED"])
        for rule in report.rules {
            rules.add([
                .init(rule.policy), .init(rule.rule),
                rule.fired > 0 ? .init("\(rule.fired)") : .init("never", .warning),
            ])
        }
        return "\(files.rendered(coloured: coloured))\n\n\(rules.rendered(coloured: coloured))"
    }

    /// "3, 7-9"
    static func ranges(_ lines: [Int]) -> String {
        var ranges: [ClosedRange<Int>] = []
        for line in lines {
            if let last = ranges.last, last.upperBound + 1 == line {
                ranges[ranges.count - 1] = last.lowerBound...line
            } else {
                ranges.append(line...line)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ", ")
    }

    /// One sentence.
    static func summary(of report: PolicyTestReport, folder: String) -> String {
        if report.tests.isEmpty { return "No tests: \(TerminalText.line(folder)) has no tests/*_test.lua with one." }
        let count = report.tests.count == 1 ? "1 test" : "\(report.tests.count) tests"
        return report.failures == 0 ? "\(count) passed." : "\(report.failures) of \(count) failed."
    }

    /// {passed, failed, tests [{file, line, test, passed, message}], coverage {files [{file, lines, hit}], rules
    /// [{policy, rule, fired}]}}
    static func json(of report: PolicyTestReport) -> RemoteValue {
        func numbers(_ list: [Int]) -> RemoteValue { .array(list.map { .integer(Int64($0)) }) }
        let tests = report.tests.map { test -> RemoteValue in
            [
                "file": .string(test.file), "line": test.line.map { .integer(Int64($0)) } ?? nil,
                "test": .string(test.name), "passed": .bool(test.complaint == nil),
                "message": test.complaint.map { .string($0) } ?? nil,
            ]
        }
        let files = report.files.map { file -> RemoteValue in
            ["file": .string(file.file), "lines": numbers(file.lines), "hit": numbers(file.hit)]
        }
        let rules = report.rules.map { rule -> RemoteValue in
            ["policy": .string(rule.policy), "rule": .string(rule.rule), "fired": .integer(Int64(rule.fired))]
        }
        return [
            "passed": .integer(Int64(report.tests.count - report.failures)), "failed": .integer(Int64(report.failures)),
            "tests": .array(tests), "coverage": ["files": .array(files), "rules": .array(rules)],
        ]
    }
}
