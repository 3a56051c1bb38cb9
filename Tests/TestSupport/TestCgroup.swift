internal import Platform

/// A cgroup (version 2) of one test's own, as a host would delegate it to a server.
package final class TestCgroup {
    package let path: String

    /// Where cgroup v2 is mounted and a folder can be made by this user; nil where there is no such place.
    private static let mount: String? = {
        let bytes = (try? File.read("/proc/mounts", bytesMax: 4 << 20)) ?? []
        var places: [String] = []
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let fields: [Substring] = line.split(separator: " ")
            if fields.count > 2, fields[2] == "cgroup2" { places.append(String(fields[1])) }
        }
        return places.first { place in
            let probe = "\(place)/spawngate-probe-\(Process.identifier)"
            guard (try? File.makeFolder(probe, permissions: 0o755)) != nil else { return false }
            defer { try? File.removeFolder(probe) }
            return (try? File.status(of: "\(probe)/cgroup.kill")) != nil
        }
    }()

    package static var isAvailable: Bool { mount != nil }

    /// The controllers that the host gives there.
    package static var controllers: [String] {
        guard let mount, let bytes = try? File.read("\(mount)/cgroup.controllers", bytesMax: 4096) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
    }

    package init() throws {
        guard let mount = Self.mount else { throw TimedOut("a cgroup v2 mount") }
        BuiltPrograms.prepare()
        let name = try Randomness.bytes(8).map { String($0, radix: 16) }.joined()
        path = "\(mount)/spawngate-test-\(name)"
        try File.makeFolder(path, permissions: 0o755)
    }

    deinit {
        if let kill = try? File.open("\(path)/cgroup.kill", .readWrite(create: false, truncate: false)) {
            try? kill.writeAll(Array("1".utf8))
        }
        try? Waiting.until("an empty cgroup") { Self.remove(path) }
    }

    /// The cgroups of sessions that are there, by name.
    package var sessions: [String] { ((try? File.list(path)) ?? []).filter { $0.hasSuffix(".session") } }

    private static func remove(_ path: String) -> Bool {
        for name in (try? File.list(path)) ?? [] {
            if let status = try? File.status(of: "\(path)/\(name)"), status.isDirectory {
                _ = remove("\(path)/\(name)")
            }
        }
        return (try? File.removeFolder(path)) != nil
    }
}
