internal import CLinux
internal import Glibc

/// The one owner of an open descriptor: born CLOEXEC, closed when it goes.
package struct FileDescriptor: ~Copyable {
    /// The number, for handing to a system call while the owner lives.
    package let number: Int32

    /// Takes over a descriptor that nobody else will close.
    package init(owning number: Int32) {
        precondition(number >= 0, "a descriptor number is never negative")
        self.number = number
    }

    deinit { _ = Glibc.close(number) }

    /// How many this process may have open at once (RLIMIT_NOFILE).
    package static var countMax: Int {
        var limit = rlimit()
        // It fails for a limit that does not exist.
        _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// Hands the number over to the caller, who closes it from now on.
    package consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// Reads at most `buffer.count` bytes from where the file stands.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> IOOutcome {
        while true {
            let got = Glibc.read(number, buffer.baseAddress, buffer.count)
            let code = errno
            if got > 0 { return .processed(got) }
            if got == 0 { return .endOfFile }
            if code == EAGAIN { return .wouldBlock }
            if code != EINTR { throw SystemError("read", code: code) }
        }
    }

    /// Writes some of the bytes where the file stands.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> IOOutcome {
        while true {
            let put = Glibc.write(number, bytes.baseAddress, bytes.count)
            let code = errno
            if put > 0 { return .processed(put) }
            if put == 0 { return .endOfFile }
            if code == EAGAIN { return .wouldBlock }
            if code != EINTR { throw SystemError("write", code: code) }
        }
    }

    /// Writes all of the bytes to a blocking descriptor.
    package func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        var offset = 0
        while offset < bytes.count {
            let outcome = try writeTail(bytes, from: offset)
            guard case .processed(let count) = outcome else { throw SystemError("write", code: EAGAIN) }
            offset += count
        }
    }

    private func writeTail(_ bytes: [UInt8], from offset: Int) throws(SystemError) -> IOOutcome {
        do {
            return try bytes.withUnsafeBytes { try self.write(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
        } catch let error as SystemError {
            throw error
        } catch {
            preconditionFailure("write throws SystemError alone")
        }
    }

    /// Reads up to `count` bytes at an offset; fewer only at the end of the file.
    package func readAt(_ offset: Int, count: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { out, filled in
            filled = 0
            while filled < count {
                let got = pread(number, out.baseAddress.map { $0 + filled }, count - filled, offset + filled)
                let code = errno
                if got == 0 { return }
                if got > 0 {
                    filled += got
                } else if code != EINTR {
                    failure = SystemError("pread", code: code)
                    return
                }
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes all of the bytes at an offset.
    package func writeAt(_ offset: Int, _ bytes: [UInt8]) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let put = bytes.withUnsafeBytes {
                pwrite(number, $0.baseAddress.map { $0 + done }, $0.count - done, offset + done)
            }
            let code = errno
            if put > 0 {
                done += put
            } else if put == 0 || code != EINTR {
                throw SystemError("pwrite", code: put == 0 ? EIO : code)
            }
        }
    }

    /// What kind of thing is open, its size and its times.
    package func status() throws(SystemError) -> FileStatus {
        var raw = cl_status()
        _ = try checked("fstat") { cl_fstat(number, &raw) }
        return FileStatus(raw)
    }

    /// Waits until what was written is on the disk.
    package func synchronize() throws(SystemError) {
        _ = try checkedErrno("fsync") { fsync(number) }
    }

    /// Takes the exclusive flock of this open file; false where another open file holds it.
    package func tryLock() throws(SystemError) -> Bool {
        let outcome = retrying { cl_try_lock(number) }
        if outcome == -EWOULDBLOCK { return false }
        guard outcome == 0 else { throw SystemError("flock", code: -outcome) }
        return true
    }

    /// The process that took the flock of this file, and its name, for a message; nil where that cannot be told, as of one
    /// that has ended and left the file open to others, or that is of another PID namespace.
    package func lockHolder() -> (pid: Int32, name: String)? {
        guard let file = try? status(), let locks = try? File.read("/proc/locks", bytesMax: 4 << 20) else { return nil }
        // "1: FLOCK  ADVISORY  WRITE 4711 fe:00:16288387 0 EOF", as proc_locks(5) has it.
        for line in locks.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard fields.count > 5, fields[1] == "FLOCK", let pid = Int32(fields[4]), pid > 0 else { continue }
            let place = fields[5].split(separator: ":")
            guard place.count == 3, let major = UInt64(place[0], radix: 16), let minor = UInt64(place[1], radix: 16),
                // As makedev(3) puts them together.
                major << 8 | minor & 0xFF | (minor & ~0xFF) << 12 == file.device, UInt64(place[2]) == file.inode,
                let name = try? File.read("/proc/\(pid)/comm", bytesMax: 64)
            else { continue }
            return (pid, String(decoding: name.dropLast(), as: UTF8.self))
        }
        return nil
    }

    /// Waits, blocking, until the descriptor is ready or its peer has closed; false where that did not come in time. For
    /// commands, not for the server's loop.
    package func wait(for interest: Interest, milliseconds: Int) throws(SystemError) -> Bool {
        // poll(2) and epoll have the same numbers for the same events.
        var waiting = pollfd(fd: number, events: Int16(truncatingIfNeeded: interest.rawValue), revents: 0)
        return try checkedErrno("poll") { poll(&waiting, 1, Int32(clamping: milliseconds)) } > 0
    }

    /// A second descriptor for the same open file.
    package func duplicate() throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try checkedErrno("fcntl F_DUPFD_CLOEXEC") { fcntl(number, F_DUPFD_CLOEXEC, 16) })
    }
}

/// What fstat says of a file, in plain numbers.
package struct FileStatus: Equatable, Sendable {
    package let device: UInt64
    package let inode: UInt64
    /// Bytes.
    package let size: Int
    /// Nanoseconds since 1970, by the kernel's coarse clock.
    package let modifiedNanoseconds: Int64
    package let owner: UInt32
    /// Permission bits and file type, as in `st_mode`.
    package let mode: UInt32

    package var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
    package var isRegular: Bool { mode & S_IFMT == S_IFREG }
    package var isExecutable: Bool { mode & 0o111 != 0 }

    init(_ raw: cl_status) {
        device = raw.device
        inode = raw.inode
        size = Int(raw.size)
        modifiedNanoseconds = raw.modified_ns
        owner = raw.owner
        mode = raw.mode
    }
}
