internal import Platform

/// One run of a program to its end.
package struct CommandRun {
    /// The exit status; nil where a signal ended it.
    package let status: Int32?
    package let output: String
    package let errors: String

    /// Runs a built program, or any other by its path. Its standard input is empty, its environment PATH, HOME and what is
    /// given; `launcher` is a command to be put before it.
    package init(
        _ program: String, _ arguments: [String], environment: [String] = [], launcher: [String] = [],
        milliseconds: Int = Waiting.milliseconds
    ) throws {
        let command = try RunningCommand(program, arguments, environment: environment, launcher: launcher)
        self = try command.end(milliseconds: milliseconds)
    }

    fileprivate init(status: Int32?, output: String, errors: String) {
        self.status = status
        self.output = output
        self.errors = errors
    }
}

/// A program that runs meanwhile. It is killed where nobody waits for its end.
package final class RunningCommand {
    private let folder: TemporaryFolder
    private let process: ChildProcess
    private let output: FileDescriptor
    private let errors: FileDescriptor
    private var hasEnded = false

    /// As `CommandRun`.
    package init(
        _ program: String, _ arguments: [String], environment: [String] = [], launcher: [String] = []
    ) throws {
        folder = try TemporaryFolder()
        let input = try File.open("/dev/null", .read)
        output = try File.open("\(folder.path)/output", .createNew)
        errors = try File.open("\(folder.path)/errors", .createNew)
        let path = program.hasPrefix("/") ? program : BuiltPrograms.path(program)
        process = try ChildProcess(
            path: launcher.first ?? path,
            arguments: launcher.isEmpty ? [program] + arguments : launcher + [path] + arguments,
            environment: ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(folder.path)"] + environment,
            descriptors: [input.number, output.number, errors.number])
    }

    deinit {
        if hasEnded { return }
        try? process.signal(Process.kill)
        _ = try? process.waitForEnd()
    }

    /// Waits for its end, which comes by force when the time is over.
    package func end(milliseconds: Int = Waiting.milliseconds) throws -> CommandRun {
        if try !Waiting.untilReadable(process.pollable, milliseconds: milliseconds) {
            try process.signal(Process.kill)
        }
        let end = try process.waitForEnd()
        hasEnded = true
        let status: Int32? = if case .exited(let code) = end { code } else { nil }
        return CommandRun(status: status, output: try Self.text(of: output), errors: try Self.text(of: errors))
    }

    private static func text(of file: borrowing FileDescriptor) throws -> String {
        String(decoding: try file.readAt(0, count: try file.status().size), as: UTF8.self)
    }
}
