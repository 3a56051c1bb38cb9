internal import CLinux
internal import Glibc

/// A folder or program that was opened once: the handle, and the real path that the kernel read back from it.
///
/// What is judged is this path, and what is used is this handle, so a link that changes in between changes nothing.
/// Checking a name and using it later loses the race often enough to matter.
package final class ResolvedPath {
    /// An O_PATH descriptor.
    package let handle: FileDescriptor
    /// Where the handle really is, without links, `.` or `..`.
    package let path: String
    package let status: FileStatus

    /// Opens a name, following ordinary links and refusing the magic ones of /proc, which lead anywhere.
    package init(opening name: String) throws(SystemError) {
        let number = try checked("open \(name)") {
            cl_openat2(AT_FDCWD, name, cl_o_path, 0, cl_resolve_no_magiclinks)
        }
        handle = FileDescriptor(owning: number)
        status = try handle.status()
        path = try File.readLink("/proc/self/fd/\(number)")
        // The kernel writes so of what was removed meanwhile. A folder may have that name as well.
        if path.hasSuffix(" (deleted)") {
            let there = try File.status(of: path)
            if there.inode != status.inode || there.device != status.device {
                throw SystemError("open \(name)", code: ENOENT)
            }
        }
    }

    /// Opens what lies below a folder, without following any link on the way.
    package init(opening relative: String, beneath folder: ResolvedPath) throws(SystemError) {
        let number = try checked("open \(folder.path)/\(relative)") {
            cl_openat2(folder.handle.number, relative, cl_o_path, 0, cl_resolve_beneath | cl_resolve_no_symlinks)
        }
        handle = FileDescriptor(owning: number)
        status = try handle.status()
        path = try File.readLink("/proc/self/fd/\(number)")
    }

    /// Opens a file below this folder for reading, without following any link on the way.
    package func openBeneath(_ relative: String) throws(SystemError) -> FileDescriptor {
        // O_NONBLOCK: a FIFO in the file's place must not hold the server up.
        FileDescriptor(
            owning: try checked("open \(path)/\(relative)") {
                cl_openat2(
                    handle.number, relative, UInt64(O_RDONLY | O_NONBLOCK), 0,
                    cl_resolve_beneath | cl_resolve_no_symlinks)
            })
    }

    /// The whole of the file, of at most `bytesMax` bytes; EFBIG where it is longer.
    package func read(bytesMax: Int) throws(SystemError) -> [UInt8] {
        // An O_PATH handle is opened for reading through its own entry in /proc, so this is the same file.
        try File.read("/proc/self/fd/\(handle.number)", bytesMax: bytesMax)
    }

    /// Whether the file begins with "#!": then the kernel starts its interpreter, which needs the name.
    package func isScript() -> Bool {
        // An O_PATH handle is opened for reading through its own entry in /proc, so this is the same file.
        guard let file = try? File.open("/proc/self/fd/\(handle.number)", .read),
            let start = try? file.readAt(0, count: 2)
        else { return false }
        return start == [UInt8(ascii: "#"), UInt8(ascii: "!")]
    }

    /// What this folder is, and each one above it up to the root, whatever they are called: a bind mount or a link gives
    /// a folder another name, but no other identity. Throws where one of them cannot be looked at.
    package func ancestry() throws(SystemError) -> [FileIdentity] {
        var found = [status.identity]
        var above = ".."
        while true {
            var raw = cl_status()
            _ = try checked("stat \(path)/\(above)") { cl_stat_from(handle.number, above, &raw) }
            let identity = FileStatus(raw).identity
            // The root is its own parent.
            if identity == found.last { return found }
            found.append(identity)
            above += "/.."
        }
    }
}

/// Which file it is, under whatever name.
package struct FileIdentity: Hashable, Sendable {
    package let device: UInt64
    package let inode: UInt64
}

extension FileStatus {
    package var identity: FileIdentity { FileIdentity(device: device, inode: inode) }
}
