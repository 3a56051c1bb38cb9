internal import CLinux

/// Tells which of the watched files were written to, in place of looking at them again and again.
package struct FileWatch: ~Copyable {
    /// What was heard since the last look.
    package struct News {
        /// The numbers of the files that were written to.
        package var written: Set<Int32> = []
        /// More happened than the kernel kept: any file may have been written to.
        package var isIncomplete = false
    }

    private let descriptor: FileDescriptor
    package var pollable: Int32 { descriptor.number }

    package init() throws(SystemError) {
        descriptor = FileDescriptor(owning: try checked("inotify_init1") { cl_inotify() })
    }

    /// Begins to watch an open file. Answers its number, which is the same for the same file.
    package func watch(_ file: borrowing FileDescriptor) throws(SystemError) -> Int32 {
        let number = file.number
        // By the handle's own entry in /proc: whatever has become of its name, it is this file.
        return try checked("inotify_add_watch") {
            cl_inotify_watch_writes(descriptor.number, "/proc/self/fd/\(number)")
        }
    }

    /// Watches the file no longer.
    package func unwatch(_ number: Int32) { _ = cl_inotify_unwatch(descriptor.number, number) }

    /// What happened since the last look.
    package func news() -> News {
        var news = News()
        var buffer = [UInt8](repeating: 0, count: 16384)
        while case .processed(let count) = buffer.withUnsafeMutableBytes({ try? descriptor.read(into: $0) }) {
            buffer.withUnsafeBytes { bytes in
                var at = 0
                // struct inotify_event: watch, mask, cookie, and the length of a name, which files watched by
                // themselves do not have.
                while at + 16 <= count {
                    let mask = bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)
                    if mask & cl_inotify_overflow != 0 { news.isIncomplete = true }
                    news.written.insert(bytes.loadUnaligned(fromByteOffset: at, as: Int32.self))
                    at += 16 + Int(bytes.loadUnaligned(fromByteOffset: at + 12, as: UInt32.self))
                }
            }
            if count < buffer.count / 2 { break }
        }
        return news
    }
}
