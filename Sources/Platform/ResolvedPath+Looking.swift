internal import Glibc

extension ResolvedPath {
    /// Whether there is anything under a name that counts from this folder, a dangling link too. What may not be looked
    /// at is not there.
    package func has(_ relative: String) -> Bool {
        var status = stat()
        return fstatat(handle.number, relative, &status, AT_SYMLINK_NOFOLLOW) == 0
    }

    /// The text of a small regular file under a name that counts from this folder; nil where there is none, and where it
    /// is longer than 4 KiB.
    package func smallText(_ relative: String) -> String? {
        // O_NONBLOCK: a FIFO in the file's place must not hold the server up.
        let number = openat(handle.number, relative, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let file = FileDescriptor(owning: number)
        guard let status = try? file.status(), status.isRegular, let bytes = try? file.readAt(0, count: 4097),
            bytes.count <= 4096
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
