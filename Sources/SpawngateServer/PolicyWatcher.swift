internal import Logging
internal import Platform
internal import Policy

/// Keeps the set in force what the folder says: a saved change is loaded within a second, whole or not at all.
final class PolicyWatcher {
    private let configuration: Configuration
    private let loop: EventLoop
    private let gate: PolicyGate
    private let logger: Logger
    private var watch: FolderWatch
    /// Which folder had the name when it was read last; nil where there was none.
    private var watched: FileIdentity?
    private var settling: TimerToken?
    private var isTrying = false
    private var changedMeanwhile = false
    /// The digest of the set that was tried last, tests included, so that a save that changes nothing loads nothing.
    private var lastTried: [PolicyFile]?
    /// Why the folder must not be read: what a promotion left is half the one set and half the other.
    var obstacle: String?
    private var waiting: [() -> Void] = []
    /// Told of every set that comes into force, before any start is judged by it.
    var loaded: (PolicySetInForce) -> Void = { _ in }
    /// Those who asked while an earlier reading was being tried: it says nothing of the folder as they know it.
    private var waitingForNext: [() -> Void] = []

    init(
        configuration: Configuration, loop: EventLoop, gate: PolicyGate, logger: Logger, obstacle: String?
    ) throws(SystemError) {
        self.obstacle = obstacle
        self.configuration = configuration
        self.loop = loop
        self.gate = gate
        self.logger = logger
        watch = try FolderWatch()
        _ = try loop.watch(watch.pollable, .readable) { [unowned self] _ in
            watch.drain()
            settle()
        }
        reload {}
        lookAgain()
    }

    /// Reads the folder and tries what it holds; the completion comes when that has taken over or was refused.
    func reload(_ completion: @escaping () -> Void) {
        if isTrying {
            waitingForNext.append(completion)
            changedMeanwhile = true
        } else {
            waiting.append(completion)
            lastTried = nil
            attempt()
        }
    }

    private func settle() {
        if let settling { loop.cancel(settling) }
        settling = loop.after(milliseconds: configuration.limits.policySettleMilliseconds) { [unowned self] in
            settling = nil
            attempt()
        }
    }

    private func attempt() {
        if isTrying {
            changedMeanwhile = true
            return
        }
        watchFolders()
        do throws(PolicyLoadError) {
            if let obstacle { throw PolicyLoadError(file: nil, line: nil, message: obstacle) }
            let set = try PolicyFolder.read(configuration.policyFolder, limits: configuration.limits)
            if set.files == lastTried { return finish() }
            lastTried = set.files
            isTrying = true
            gate.load(set) { [unowned self] result in
                isTrying = false
                switch result {
                case .success(let inForce):
                    loaded(inForce)
                    logger.info(
                        "policies in force",
                        metadata: ["policy_set": "\(set.digest)", "policies": "\(set.policies.count)"])
                case .failure(let error): refused(error)
                }
                finish()
            }
        } catch {
            lastTried = nil
            gate.refuse(error)
            refused(error)
            finish()
        }
    }

    private func refused(_ error: PolicyLoadError) {
        let kept = gate.inForce.map { "set \($0.set.digest.prefix(12)) stays in force" } ?? "no policy is in force"
        logger.error("policies not loaded: \(error.sentence); \(kept)")
    }

    private func finish() {
        let completions = waiting
        waiting = waitingForNext
        waitingForNext = []
        for completion in completions { completion() }
        guard changedMeanwhile else { return }
        changedMeanwhile = false
        if waiting.isEmpty { return settle() }
        lastTried = nil
        attempt()
    }

    /// A folder that comes back tells nothing, nor does one whose name is given to another: by a link on its path that
    /// leads elsewhere now, or by a mount over it. So it is looked at twice a second which folder has the name.
    private func lookAgain() {
        loop.after(milliseconds: 500) { [unowned self] in
            if identity() != watched { attempt() }
            lookAgain()
        }
    }

    private func identity() -> FileIdentity? { try? File.status(of: configuration.policyFolder).identity }

    /// Watches the folder and those below it that are there now. Adding a watch twice is adding it once.
    private func watchFolders() {
        watched = identity()
        for subfolder in PolicyFolder.subfolders {
            try? watch.watch("\(configuration.policyFolder)/\(subfolder)")
        }
        try? watch.watch(configuration.policyFolder)
    }
}
