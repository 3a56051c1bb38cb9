internal import CLinux
internal import Glibc

/// The two ends of a pipe, both non-blocking.
package struct Pipe: ~Copyable {
    package let readEnd: FileDescriptor
    package let writeEnd: FileDescriptor

    package init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        _ = try checked("pipe2") { cl_pipe(&ends) }
        readEnd = FileDescriptor(owning: ends[0])
        writeEnd = FileDescriptor(owning: ends[1])
    }
}

/// Two connected stream sockets, both blocking.
package struct SocketPair: ~Copyable {
    package let near: FileDescriptor
    package let far: FileDescriptor

    package init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        _ = try checked("socketpair") { cl_socketpair(&ends) }
        near = FileDescriptor(owning: ends[0])
        far = FileDescriptor(owning: ends[1])
    }

    /// Hands both ends over.
    package consuming func split() -> (near: FileDescriptorBox, far: FileDescriptorBox) {
        (FileDescriptorBox(near), FileDescriptorBox(far))
    }
}

/// A descriptor in a class, for tables, which cannot hold a value that is not copyable.
package final class FileDescriptorBox {
    package let descriptor: FileDescriptor
    package init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
    package var number: Int32 { descriptor.number }
}

extension FileDescriptor {
    /// Makes reads and writes answer `wouldBlock` in place of waiting.
    package func setNonBlocking() throws(SystemError) {
        let flags = try checkedErrno("fcntl F_GETFL") { fcntl(number, F_GETFL) }
        _ = try checkedErrno("fcntl F_SETFL") { fcntl(number, F_SETFL, flags | O_NONBLOCK) }
    }
}

/// A file without a name, in memory.
package enum MemoryFile {
    /// Holds the bytes, sealed: nobody can change what a reader will read. It stands at its beginning.
    package static func sealed(name: String, _ bytes: [UInt8]) throws(SystemError) -> FileDescriptor {
        let file = FileDescriptor(owning: try checked("memfd_create") { cl_memfd(name) })
        try file.writeAt(0, bytes)
        _ = try checked("fcntl F_ADD_SEALS") { cl_memfd_seal(file.number) }
        return file
    }

    /// Empty, of a fixed size, to be mapped by two processes.
    package static func shared(name: String, count: Int) throws(SystemError) -> FileDescriptor {
        let file = FileDescriptor(owning: try checked("memfd_create") { cl_memfd(name) })
        _ = try checkedErrno("ftruncate") { ftruncate(file.number, count) }
        return file
    }
}

/// Memory that another process writes too. Read it as input: it may say anything.
package final class SharedMemory {
    package let bytes: UnsafeMutableRawBufferPointer

    package init(mapping file: borrowing FileDescriptor, count: Int) throws(SystemError) {
        guard let address = cl_map_shared(file.number, count) else { throw SystemError("mmap", code: errno) }
        bytes = UnsafeMutableRawBufferPointer(start: address, count: count)
    }

    deinit { cl_unmap(bytes.baseAddress, bytes.count) }
}

/// Signals, read as data.
package struct SignalSource: ~Copyable {
    private let descriptor: FileDescriptor
    package var pollable: Int32 { descriptor.number }

    /// Blocks the signals for the process, so that they arrive here only.
    package init(_ signals: [Int32]) throws(SystemError) {
        descriptor = FileDescriptor(owning: try checked("signalfd") { cl_signalfd(signals, Int32(signals.count)) })
    }

    /// The next signal that arrived, or nil.
    package func next() -> Int32? {
        var record = [UInt8](repeating: 0, count: 128)
        let outcome = record.withUnsafeMutableBytes { try? descriptor.read(into: $0) }
        guard case .processed(128) = outcome else { return nil }
        return record.withUnsafeBytes { Int32($0.load(as: UInt32.self)) }
    }
}

/// Tells that something under watched folders changed; not what, for a burst of changes is one.
package struct FolderWatch: ~Copyable {
    private let descriptor: FileDescriptor
    package var pollable: Int32 { descriptor.number }

    package init() throws(SystemError) {
        descriptor = FileDescriptor(owning: try checked("inotify_init1") { cl_inotify() })
    }

    /// Begins (or goes on) to watch one folder.
    package func watch(_ path: String) throws(SystemError) {
        _ = try checked("inotify_add_watch \(path)") { cl_inotify_watch(descriptor.number, path) }
    }

    /// Forgets what has been told so far.
    package func drain() {
        var buffer = [UInt8](repeating: 0, count: 16384)
        while case .processed = buffer.withUnsafeMutableBytes({ try? descriptor.read(into: $0) }) {}
    }
}

/// Randomness from the kernel.
package enum Randomness {
    /// Bytes fit for secrets.
    package static func bytes(_ count: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        _ = try checked("getrandom") { cl_random(&bytes, count) }
        return bytes
    }
}
