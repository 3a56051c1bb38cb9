internal import Platform

/// Makes the state folder one server's alone.
enum StateLock {
    /// Makes the folders where they are missing and takes the lock, which lasts as long as the descriptor. StartUpError
    /// where another holds it for a second.
    static func take(_ configuration: Configuration) throws -> FileDescriptor {
        try File.makeFolders(configuration.stateFolder, permissions: 0o700)
        try File.makeFolders(configuration.sessionsFolder, permissions: 0o700)
        let path = configuration.stateFolder + "/lock"
        let lock = try File.open(path, .readWrite(create: true, truncate: false))
        // A server that was killed while it started a process leaves a child that holds its descriptors for the moment
        // until it executes its program, this lock among them.
        for _ in 0..<100 {
            if try lock.tryLock() { return lock }
            _ = try lock.wait(for: [], milliseconds: 10)
        }
        throw StartUpError(refusal(of: configuration.stateFolder, path, heldBy: lock.lockHolder()))
    }

    // Whoever can open a file can lock it, and a session reads what the server's user reads.
    private static func refusal(of folder: String, _ path: String, heldBy holder: (pid: Int32, name: String)?) -> String
    {
        guard let holder else { return "Another server uses the state folder \(folder); choose another with --state." }
        if holder.name == "spawngate" {
            return "Another server uses the state folder \(folder): process \(holder.pid). Choose another with --state."
        }
        return "Process \(holder.pid) (\(holder.name)) holds \(path) and is no server: end it, and start again."
    }
}
