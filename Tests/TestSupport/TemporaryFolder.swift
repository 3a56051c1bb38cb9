// Room: TestSupport. Runs the built programs as their users do, over real sockets and real processes. It shares no code
// with the server but Platform and Wire, and knows nothing of what is right or wrong: that is for the tests.
internal import Platform

/// A folder of one test's own, removed with all that is in it when its owner goes.
package final class TemporaryFolder {
    /// The real path: the folder for temporary files may be a link.
    package let path: String

    /// Makes the folder; everybody may look into it, for a session may run as another user.
    package init() throws {
        BuiltPrograms.prepare()
        let place = try File.realPath(Process.environment("TMPDIR") ?? "/tmp")
        let root = "\(place)/spawngate-tests-\(Process.userIdentifier)"
        try File.makeFolders(root, permissions: 0o755)
        let name = try Randomness.bytes(8).map { String($0, radix: 16) }.joined()
        path = "\(root)/\(name)"
        try File.makeFolder(path, permissions: 0o755)
    }

    deinit { Self.removeAll(path) }

    /// Makes a folder inside and answers its path.
    package func makeFolder(_ name: String) throws -> String {
        try File.makeFolders("\(path)/\(name)", permissions: 0o755)
        return "\(path)/\(name)"
    }

    /// Writes a file inside and answers its path. A name that was there is replaced at once, as editors do.
    @discardableResult
    package func write(_ name: String, _ text: String, permissions: UInt32 = 0o644) throws -> String {
        let target = "\(path)/\(name)"
        try File.makeFolders(File.parent(of: target), permissions: 0o755)
        try File.replace(target, with: Array(text.utf8), permissions: permissions)
        return target
    }

    // A link is removed and never followed.
    private static func removeAll(_ path: String) {
        do {
            try File.remove(path)
        } catch {
            for name in (try? File.list(path)) ?? [] { removeAll("\(path)/\(name)") }
            try? File.removeFolder(path)
        }
    }
}
