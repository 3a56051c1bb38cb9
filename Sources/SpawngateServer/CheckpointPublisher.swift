internal import Logging
internal import Platform

/// Brings checkpoints to where the server's own machine cannot take them back: into a file, and to a command.
///
/// At the start, then whenever the log has grown since the last time, once in an interval; at last at a clean stop.
final class CheckpointPublisher {
    /// The command on its way.
    private final class Run {
        let process: ChildProcess
        /// When its time is over, in nanoseconds of the loop's clock.
        let end: Int64
        var watch: WatchToken?
        var deadline: TimerToken?

        init(_ process: consuming ChildProcess, end: Int64) {
            self.process = process
            self.end = end
        }
    }

    private let configuration: Configuration
    private let loop: EventLoop
    private let clock: any Clock
    private let logger: Logger
    private let notary: LogNotary
    private var lastWritten: String?
    private var lastCommanded: String?
    private var run: Run?

    init(
        configuration: Configuration, loop: EventLoop, clock: any Clock, logger: Logger, notary: LogNotary
    ) {
        self.configuration = configuration
        self.loop = loop
        self.clock = clock
        self.logger = logger
        self.notary = notary
    }

    /// Publishes from now on.
    func begin() {
        guard configuration.checkpointFile != nil || configuration.checkpointCommand != nil else { return }
        publish()
        loop.after(milliseconds: configuration.checkpointIntervalMilliseconds) { [unowned self] in begin() }
    }

    /// The last checkpoint, waited for: the loop turns no more.
    func finish() {
        writeFile()
        if let run {
            waitForEnd(run)
            conclude(run)
        }
        guard let last = startCommand() else { return }
        waitForEnd(last)
        judge(last)
    }

    private func publish() {
        writeFile()
        // One that is still on its way is not overtaken; what it misses goes with the next.
        guard run == nil, let run = startCommand() else { return }
        do throws(SystemError) {
            run.watch = try loop.watch(run.process.pollable, .readable) { [unowned self, unowned run] _ in
                conclude(run)
            }
            run.deadline = loop.after(milliseconds: configuration.limits.checkpointCommandMilliseconds) {
                [unowned self, unowned run] in
                giveUp(run)
            }
            self.run = run
        } catch {
            logger.error("the checkpoint command cannot be watched: \(error)")
            giveUp(run)
        }
    }

    // MARK: the file

    /// The file always holds one whole note, the newest: an earlier one says nothing that it does not.
    private func writeFile() {
        guard let path = configuration.checkpointFile else { return }
        let note = notary.checkpoint().note
        guard note != lastWritten else { return }
        do throws(SystemError) {
            guard let target = try File.replaceable(path) else {
                return logger.error("the checkpoint is not in \(path): that is there, and no regular file")
            }
            try File.replace(target, with: Array(note.utf8), permissions: 0o644)
            lastWritten = note
        } catch {
            logger.error("the checkpoint is not in \(path): \(error)")
        }
    }

    // MARK: the command

    private func startCommand() -> Run? {
        guard let command = configuration.checkpointCommand else { return nil }
        let note = notary.checkpoint().note
        guard note != lastCommanded else { return nil }
        do throws(SystemError) {
            let input = try MemoryFile.sealed(name: "checkpoint", Array(note.utf8))
            // What it prints is nobody's; what it complains of is for the server's own log.
            let null = try File.open("/dev/null", .append)
            let errors = try Process.standardError()
            // Its credentials are there, which no session may see, so that they are not among the names to pass on.
            let process = try ChildProcess(
                path: "/bin/sh", arguments: ["sh", "-c", command], environment: try Process.environment(),
                descriptors: [input.number, null.number, errors.number], newSession: true)
            lastCommanded = note
            let limit = Int64(configuration.limits.checkpointCommandMilliseconds) * 1_000_000
            return Run(process, end: clock.monotonicNanoseconds() + limit)
        } catch {
            logger.error("the checkpoint command cannot be started: \(error)")
            return nil
        }
    }

    private func conclude(_ run: Run) {
        if let deadline = run.deadline { loop.cancel(deadline) }
        if let watch = run.watch { loop.unwatch(watch, run.process.pollable) }
        self.run = nil
        judge(run)
    }

    /// A checkpoint that did not arrive is sent again with the next round.
    private func judge(_ run: Run) {
        let end = try? run.process.reap()
        if case .exited(code: 0)? = end { return }
        lastCommanded = nil
        let how =
            switch end {
            case .exited(let code)?: "ended with status \(code)"
            case .signalled(let signal)?: "was ended by signal \(signal)"
            case nil: "did not end"
            }
        logger.error("the checkpoint command \(how)")
    }

    private func waitForEnd(_ run: Run) {
        let left = max(0, (run.end - clock.monotonicNanoseconds()) / 1_000_000)
        if (try? run.process.waitForEnd(milliseconds: Int(left))) == true { return }
        giveUp(run)
        // A kill takes a moment. What hangs in the kernel is left to it.
        _ = try? run.process.waitForEnd(milliseconds: 1000)
    }

    /// Ends the command with all that it started; that it has ended is then an event as ever.
    private func giveUp(_ run: Run) {
        let seconds = configuration.limits.checkpointCommandMilliseconds / 1000
        logger.error("the checkpoint command took longer than \(seconds) s and is ended")
        try? run.process.signalGroup(Process.kill)
    }
}
