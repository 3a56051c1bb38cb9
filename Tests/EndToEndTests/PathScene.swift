import Glibc
import Platform
import TestSupport

/// A folder with everything that a path can lead to.
struct PathScene {
    static let isRoot = geteuid() == 0

    let folder: TemporaryFolder
    /// Lets the server see `bound` as a mount of `real`, which nobody else sees; empty where we may not mount.
    let launcher: [String]

    init() throws {
        folder = try TemporaryFolder()
        let base = folder.path
        for name in ["real/inner/deep", "other", "gone", "bound", "closed/in"] { _ = try folder.makeFolder(name) }
        for name in Self.names { _ = try folder.makeFolder("names/\(name)") }
        try folder.write("file", "x")
        try folder.write("program", "x", permissions: 0o755)
        try folder.write("script", "#!/bin/sh\n", permissions: 0o755)
        try File.removeFolder("\(base)/gone")
        mkfifo("\(base)/fifo", 0o600)
        Self.makeSocket("\(base)/socket")
        for (name, target) in Self.links {
            symlink(target.hasPrefix("B/") ? base + target.dropFirst() : target, "\(base)/\(name)")
        }
        // The kernel follows 40 links, and not 41.
        for number in 1...40 { symlink(number == 40 ? "real" : "chain\(number + 1)", "\(base)/chain\(number)") }
        symlink("chain2", "\(base)/forty")
        symlink("chain1", "\(base)/fortyone")
        chmod("\(base)/closed", 0o700)
        let mount = "mount --bind \"$1/real\" \"$1/bound\" && shift && exec \"$@\""
        launcher = Self.isRoot ? ["/usr/bin/unshare", "-m", "/bin/sh", "-c", mount, "sh", base] : []
    }

    /// The path of a row.
    func path(_ text: String) -> String {
        let isBase = text == "B" || text.contains("B/") || text.hasSuffix("/rootB")
        return isBase ? text.replacing("B", with: folder.path, maxReplacements: 1) : text
    }

    private static let names = [
        "caf\u{E9}", "cafe\u{301}", "Case", "case", "two words", "new\nline", "ta\tb", "-dash", "--", "...", "....",
        ".hidden", "*star", "back\\slash", "quote\"", "\u{212A}", "K", "\u{FB01}", "fi", "\u{C5}", "\u{212B}",
        "A\u{30A}",
        "\u{1E9B}\u{323}", "\u{1F600}", "\u{202E}", "%2e%2e", "..x", "x..", "(deleted)", "gone (deleted)", "\u{85}y",
        "\u{FFFD}",
    ]

    private static let links = [
        ("link", "real"), ("chain", "link"), ("absolute", "B/real"), ("up", "."), ("real/side", "../other"),
        ("real/out", "/etc"), ("slash", "real/"), ("dotted", "./real/inner/.."), ("toroot", "/"), ("self", "."),
        ("dangling", "nowhere"), ("real/dangling", "/nowhere"), ("loop", "loop"), ("first", "second"),
        ("second", "first"),
        ("deadend", "file/x"), ("tofile", "file"), ("real/tofile", "../file"), ("tofifo", "fifo"),
        ("device", "/dev/zero"),
        ("names/tonfc", "caf\u{E9}"), ("names/tonfd", "cafe\u{301}"), ("tocwd", "/proc/self/cwd"),
        ("torootlink", "/proc/self/root"), ("tofd", "/proc/self/fd/0"), ("tobound", "bound"), ("toclosed", "closed/in"),
    ]

    private static func makeSocket(_ path: String) {
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        close(socket)
    }
}
