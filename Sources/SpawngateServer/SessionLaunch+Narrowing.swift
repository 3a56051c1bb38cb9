internal import Platform
internal import Policy

extension SessionLaunch {
    /// With what was granted in place of what was asked for. Throws where a granted root, which was judged by its path, is
    /// not there any more.
    func narrowed(to granted: Narrowing?) throws(SystemError) -> SessionLaunch {
        guard let granted else { return self }
        var launch = self
        if let args = granted.args { launch.args = args }
        if granted.withdrawsRepository { launch.writesWorkingDirectory = false }
        if let roots = granted.writeRoots {
            launch.writeRoots = try roots.map { (root) throws(SystemError) in try grantedRoot(root) }
        }
        return launch
    }

    /// A root within one that was asked for: opened from that one's handle on, so that no link leads out of it.
    private func grantedRoot(_ path: String) throws(SystemError) -> ResolvedPath {
        let held =
            writeRoots + [runtimeWriteRoot].compactMap { $0 } + (writesWorkingDirectory ? [workingDirectory] : [])
        if let same = held.first(where: { $0.path.utf8.elementsEqual(path.utf8) }) { return same }
        guard let outer = held.first(where: { path.utf8.starts(with: "\($0.path)/".utf8) }) else {
            throw SystemError("open \(path)", code: SystemError.staleHandle)
        }
        let inner = String(Substring(path.utf8.dropFirst(outer.path.utf8.count + 1)))
        let root = try ResolvedPath(opening: inner, beneath: outer)
        guard root.path.utf8.elementsEqual(path.utf8), root.status.isDirectory else {
            throw SystemError("open \(path)", code: SystemError.staleHandle)
        }
        return root
    }
}
