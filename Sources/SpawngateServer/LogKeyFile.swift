internal import DecisionLog
internal import Platform

/// The key that signs the log, in a file of the state folder: one line, `PRIVATE+KEY+name+id+base64`, for the owner alone.
///
/// A rotation writes the new key beside it first (`log.key.next`), then records it, then puts it in place, so that after a
/// crash anywhere in between the recorded key is there.
struct LogKeyFile {
    let path: String
    private var nextPath: String { path + ".next" }
    private static let bytesMax = 4096

    /// The key, or nil where there is no file yet. Throws one sentence where it can be read by others or is no key. A
    /// rotation that was interrupted is finished where the new key is the one that is recorded.
    func read(recorded: NoteVerifier?) throws -> NoteSigner? {
        if let recorded, let next = try? read(nextPath), next.verifier == recorded { try finishRotation() }
        return try read(path)
    }

    func write(_ signer: NoteSigner) throws(SystemError) { try write(signer, to: path) }

    /// Lays the key that shall follow beside the present one.
    func prepareRotation(to signer: NoteSigner) throws(SystemError) { try write(signer, to: nextPath) }

    /// To be called once the new key is recorded.
    func finishRotation() throws(SystemError) { try File.rename(nextPath, to: path) }

    /// A new key of that name.
    static func make(name: String) throws -> NoteSigner {
        guard let signer = NoteSigner(name: name, seed: try Randomness.bytes(32)) else {
            throw StartUpError("\"\(name)\" cannot name a log: a name has neither spaces nor plus signs.")
        }
        return signer
    }

    /// The name of a log that nobody has named: the machine and the state folder, which no two logs share.
    static func defaultName(stateFolder: String) -> String {
        String(
            "\(Process.hostName)\(stateFolder)".unicodeScalars
                .map { NoteVerifier.isName(String($0)) ? Character($0) : "-" })
    }

    private func read(_ path: String) throws -> NoteSigner? {
        let file: FileDescriptor
        do throws(SystemError) { file = try File.open(path, .read) } catch {
            if error.code == SystemError.noEntry { return nil }
            throw error
        }
        if try file.status().mode & 0o077 != 0 {
            throw StartUpError(
                "\(path) signs the log and can be read or written by others than its owner: chmod 600 it, and rotate it."
            )
        }
        let text = String(decoding: try file.readAt(0, count: Self.bytesMax), as: UTF8.self)
        guard text.utf8.last == 0x0A, let signer = NoteSigner(String(text.dropLast())) else {
            throw StartUpError("\(path) does not hold a key that signs notes; put the log's key back, or move it away.")
        }
        return signer
    }

    private func write(_ signer: NoteSigner, to path: String) throws(SystemError) {
        try File.replace(path, with: Array("\(signer.secretText)\n".utf8), permissions: 0o600)
    }
}
