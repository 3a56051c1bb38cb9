internal import Crypto
internal import Platform
internal import Policy

/// Makes the policy folder hold what was tried in the shadow.
enum PolicyPromotion {
    /// Names everything that the folder holds of a set, tests included; nil where it cannot be read.
    static func fingerprint(of folder: String, limits: Limits) -> String? {
        guard let set = try? PolicyFolder.read(folder, limits: limits) else { return nil }
        return SHA256.hex(Array(set.files.map { "\($0.digest) \($0.name)\n" }.joined().utf8))
    }

    /// Writes what differs, and removes what the set does not have. Each file is replaced whole.
    ///
    /// The loop reads no policy meanwhile, so this server never sees a mixture; one that starts after a crash in between
    /// would. New texts come first and removals last, so that no policy is missing before its successor is there.
    static func write(_ set: PolicySet, into folder: String, limits: Limits) throws(SystemError) {
        for subfolder in PolicyFolder.subfolders where set.files.contains(where: { $0.name.hasPrefix("\(subfolder)/") })
        {
            try File.makeFolder("\(folder)/\(subfolder)", permissions: 0o755)
        }
        for file in set.files {
            let path = "\(folder)/\(file.name)"
            if (try? File.read(path, bytesMax: limits.policyFileBytesMax)) == file.text { continue }
            let permissions = (try? File.status(of: path)).map { $0.mode & 0o777 } ?? 0o644
            try File.replace(path, with: file.text, permissions: permissions)
        }
        let wanted = Set(set.files.map(\.name))
        for name in try names(in: folder) where !wanted.contains(name) { try File.remove("\(folder)/\(name)") }
    }

    /// The files that a reading of the folder would take for a part of the set.
    private static func names(in folder: String) throws(SystemError) -> [String] {
        var names = try File.list(folder)
        for subfolder in PolicyFolder.subfolders where names.contains(subfolder) {
            names += ((try? File.list("\(folder)/\(subfolder)")) ?? []).map { "\(subfolder)/\($0)" }
        }
        return names.filter { name in
            name.split(separator: "/").last?.hasPrefix(".") == false && PolicyFile(name: name, text: []).role != nil
        }
    }
}
