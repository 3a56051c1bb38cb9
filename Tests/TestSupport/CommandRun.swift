internal import Platform

/// One run of a program to its end.
package struct CommandRun {
    /// The exit status; nil where a signal ended it.
    package let status: Int32?
    package let output: String
    package let errors: String

    /// Runs a built program. Its standard input is empty, its environment PATH, HOME and what is given; `launcher` is a
    /// command to be put before it.
    package init(
        _ program: String, _ arguments: [String], environment: [String] = [], launcher: [String] = [],
        milliseconds: Int = Waiting.milliseconds
    ) throws {
        let folder = try TemporaryFolder()
        let input = try File.open("/dev/null", .read)
        let output = try File.open("\(folder.path)/output", .createNew)
        let errors = try File.open("\(folder.path)/errors", .createNew)
        let process = try ChildProcess(
            path: launcher.first ?? BuiltPrograms.path(program),
            arguments: launcher.isEmpty ? [program] + arguments : launcher + [BuiltPrograms.path(program)] + arguments,
            environment: ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(folder.path)"] + environment,
            descriptors: [input.number, output.number, errors.number])
        if try !Waiting.untilReadable(process.pollable, milliseconds: milliseconds) {
            try process.signal(Process.kill)
        }
        let end = try process.waitForEnd()
        if case .exited(let code) = end { status = code } else { status = nil }
        self.output = String(decoding: try output.readAt(0, count: try output.status().size), as: UTF8.self)
        self.errors = String(decoding: try errors.readAt(0, count: try errors.status().size), as: UTF8.self)
    }
}
