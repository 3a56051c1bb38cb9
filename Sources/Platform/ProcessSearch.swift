internal import Glibc

/// Finding processes that nobody holds a handle to any more.
package enum ProcessSearch {
    /// Ends every process that was started with this variable in its environment, and answers how many there were.
    ///
    /// For the descendants of a supervisor that was killed: they are nobody's children now. A process that has put
    /// another environment over its own is not found.
    package static func killAll(withVariable variable: String) -> Int {
        let names = (try? File.list("/proc")) ?? []
        return names.compactMap { Int32($0) }.count { pid in
            guard hasVariable(pid, variable), let process = try? ChildProcess(attachingTo: pid) else { return false }
            // Asked again now that the handle is held: the pid may have gone to another in between.
            guard hasVariable(pid, variable) else { return false }
            return (try? process.signal(SIGKILL)) != nil
        }
    }

    private static func hasVariable(_ pid: Int32, _ variable: String) -> Bool {
        guard let environment = try? File.read("/proc/\(pid)/environ", bytesMax: 4 << 20) else { return false }
        return environment.split(separator: 0).contains { $0.elementsEqual(variable.utf8) }
    }
}
