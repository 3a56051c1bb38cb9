internal import Platform
internal import Sessions

/// Whether the kernel must hold sessions to their write roots. There is nothing in between.
package enum EnforcementSetting: String, CaseIterable, Sendable {
    /// What cannot be held does not start.
    case required
    /// Nothing is held.
    case off
}

/// What holds sessions to their write roots: each is given a Landlock ruleset, built on the very handles that were judged.
final class Confinement {
    let setting: EnforcementSetting
    /// The kernel's Landlock ABI; nil where it has none.
    let abi: Int?
    /// Where no session writes, confined or not.
    let places: ProtectedPlaces
    /// What every session may write to: devices that give nothing away, terminals, and what the configuration adds.
    private let devices: [ResolvedPath]
    private let writePaths: [ResolvedPath]

    private static let deviceNames = ["/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/ptmx", "/dev/pts"]
    /// Memory that programs share under a name; it lies among the devices and is none.
    private static let sharedMemory = "/dev/shm"

    /// Opens what every session may write to. Throws the reason where a configured path cannot be granted.
    init(_ configuration: Configuration) throws(StartUpError) {
        setting = configuration.enforcement
        abi = try? Landlock.abi()
        let places = ProtectedPlaces(configuration)
        self.places = places
        devices = Self.deviceNames.compactMap { try? ResolvedPath(opening: $0) }
        writePaths = try configuration.writePaths.map { (path) throws(StartUpError) in
            try Self.writePath(path, places)
        }
    }

    private static func writePath(_ path: String, _ places: ProtectedPlaces) throws(StartUpError) -> ResolvedPath {
        let opened: ResolvedPath
        do { opened = try ResolvedPath(opening: path) } catch {
            throw StartUpError("--write-path \(path) cannot be opened: \(error.reason).")
        }
        guard opened.status.isDirectory || opened.status.isRegular else {
            throw StartUpError("--write-path \(path) is neither a folder nor a regular file.")
        }
        if opened.path != sharedMemory, let objection = places.objection(to: opened) {
            throw StartUpError("--write-path \(path) \(objection), where no session may write.")
        }
        return opened
    }

    /// Why nothing starts; nil where sessions can be held, or need not be.
    var objection: String? {
        guard setting == .required, abi ?? 0 < Landlock.abiNeeded else { return nil }
        return "this kernel cannot hold a session to its write roots (Landlock ABI \(Landlock.abiNeeded) is needed, "
            + "\(abi.map { "it has \($0)" } ?? "it has none")), and the server runs with --enforcement required"
    }

    /// What is done to each session that starts.
    var enforcement: Enforcement {
        setting == .required && objection == nil ? Enforcement(level: "landlock", abi: abi) : .none
    }

    /// The rights of one session; nil where sessions are not held.
    func ruleset(of launch: SessionLaunch, temporaryFolder: String) throws(SystemError) -> FileDescriptorBox? {
        guard enforcement != .none else { return nil }
        let ruleset = try Landlock.Ruleset()
        for device in devices { try ruleset.allow(.device, device) }
        for root in writePaths + launch.writeRoots { try ruleset.allow(.writing, root) }
        if launch.writesWorkingDirectory { try ruleset.allow(.writing, launch.workingDirectory) }
        if let root = launch.runtimeWriteRoot { try ruleset.allow(.writing, root) }
        try ruleset.allow(.writing, try ResolvedPath(opening: temporaryFolder))
        return FileDescriptorBox(ruleset.take())
    }
}
