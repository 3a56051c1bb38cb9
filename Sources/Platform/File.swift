internal import CLinux
internal import Glibc

/// Files and folders by name.
package enum File {
    /// How to open a file.
    package enum Mode {
        case read
        /// Read and write, made if absent, emptied if asked.
        case readWrite(create: Bool, truncate: Bool)
        /// As a new file; EEXIST where there is one.
        case createNew
        /// Write at the end only, made if absent.
        case append
    }

    /// Opens a file, CLOEXEC. `permissions` count where it is made.
    package static func open(
        _ path: String, _ mode: Mode, permissions: UInt32 = 0o600
    ) throws(SystemError) -> FileDescriptor {
        let flags: Int32 =
            switch mode {
            case .read: O_RDONLY
            case .readWrite(let create, let truncate): O_RDWR | (create ? O_CREAT : 0) | (truncate ? O_TRUNC : 0)
            case .createNew: O_RDWR | O_CREAT | O_EXCL
            case .append: O_WRONLY | O_CREAT | O_APPEND
            }
        return FileDescriptor(
            owning: try checkedErrno("open \(path)") { Glibc.open(path, flags | O_CLOEXEC, permissions) })
    }

    /// The whole of a file of at most `bytesMax` bytes; EFBIG where it is longer.
    package static func read(_ path: String, bytesMax: Int) throws(SystemError) -> [UInt8] {
        let file = try open(path, .read)
        let bytes = try file.readAt(0, count: bytesMax + 1)
        if bytes.count > bytesMax { throw SystemError("read \(path)", code: EFBIG) }
        return bytes
    }

    /// Writes a whole file so that a reader, also after a power cut, sees the old or the new one.
    package static func replace(_ path: String, with bytes: [UInt8], permissions: UInt32) throws(SystemError) {
        let draft = "\(path).new"
        let file = try open(draft, .readWrite(create: true, truncate: true), permissions: permissions)
        try file.writeAll(bytes)
        try file.synchronize()
        try rename(draft, to: path)
    }

    /// Gives a file another name, in place of what had that; it is on the disk when this returns.
    package static func rename(_ path: String, to target: String) throws(SystemError) {
        _ = try checkedErrno("rename \(path)") { Glibc.rename(path, target) }
        let folder = try open(parent(of: target), .read)
        try folder.synchronize()
    }

    /// Makes a folder and those above it; one that is there already is no error.
    package static func makeFolders(_ path: String, permissions: UInt32) throws(SystemError) {
        if let status = try? status(of: path), status.isDirectory { return }
        let above = parent(of: path)
        if above != path { try makeFolders(above, permissions: permissions) }
        try makeFolder(path, permissions: permissions)
    }

    /// Makes one folder; one that is there already is no error.
    package static func makeFolder(_ path: String, permissions: UInt32) throws(SystemError) {
        if mkdir(path, permissions) == 0 { return }
        let code = errno
        if code != EEXIST { throw SystemError("mkdir \(path)", code: code) }
    }

    /// The names in a folder, in byte order, without "." and "..".
    package static func list(_ path: String) throws(SystemError) -> [String] {
        guard let folder = opendir(path) else { throw SystemError("opendir \(path)", code: errno) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { continue }
            let name = String(cString: UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self))
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Follows links.
    package static func status(of path: String) throws(SystemError) -> FileStatus {
        var raw = cl_status()
        _ = try checked("stat \(path)") { cl_stat(path, &raw) }
        return FileStatus(raw)
    }

    /// Whether this process may write to a file, or make names in a folder.
    package static func isWritable(_ path: String) -> Bool { access(path, W_OK) == 0 }

    /// Whether a folder is one of cgroup v2.
    package static func isCgroup2(_ path: String) throws(SystemError) -> Bool {
        try checked("statfs \(path)") { cl_is_cgroup2(path) } == 1
    }

    /// Where a symbolic link points. EILSEQ where that is not UTF-8: in its place a text would name something else.
    package static func readLink(_ path: String) throws(SystemError) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink(path, &buffer, buffer.count)
        if count < 0 { throw SystemError("readlink \(path)", code: errno) }
        if count > Int(PATH_MAX) { throw SystemError("readlink \(path)", code: ENAMETOOLONG) }
        guard let target = String(validating: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) else {
            throw SystemError("readlink \(path)", code: EILSEQ)
        }
        return target
    }

    /// Takes a file from all but its owner; one that is not there is no error.
    package static func closeToOthers(_ path: String) throws(SystemError) {
        let mode: UInt32
        do throws(SystemError) { mode = try status(of: path).mode } catch {
            if error.code == SystemError.noEntry { return }
            throw error
        }
        if mode & 0o077 == 0 { return }
        _ = try checkedErrno("chmod \(path)") { chmod(path, mode & 0o700) }
    }

    /// The real path of the file that a name leads to, where it can be replaced as a whole: a regular file, or one that is
    /// not there yet. Nil where something else is there, such as a folder, a device or a pipe.
    package static func replaceable(_ path: String) throws(SystemError) -> String? {
        do throws(SystemError) { return try status(of: path).isRegular ? realPath(path) : nil } catch {
            if error.code == SystemError.noEntry { return path }
            throw error
        }
    }

    /// Removes one name; one that is not there is no error.
    package static func remove(_ path: String) throws(SystemError) {
        if unlink(path) == 0 { return }
        let code = errno
        if code != ENOENT { throw SystemError("unlink \(path)", code: code) }
    }

    /// Removes an empty folder.
    package static func removeFolder(_ path: String) throws(SystemError) {
        _ = try checkedErrno("rmdir \(path)") { rmdir(path) }
    }

    /// The canonical path of something that exists.
    package static func realPath(_ path: String) throws(SystemError) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard realpath(path, &buffer) != nil else { throw SystemError("realpath \(path)", code: errno) }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The path without its last component; "/" and "." are their own.
    package static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        let above = path[..<slash]
        return above.isEmpty ? "/" : String(above)
    }
}
