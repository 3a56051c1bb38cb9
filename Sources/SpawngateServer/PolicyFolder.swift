internal import Platform
internal import Policy

/// Reads a policy folder: `*.lua` directly in it, `lib/*.lua`, `tests/*_test.lua`.
enum PolicyFolder {
    private struct Text: Equatable {
        let name: String
        let bytes: [UInt8]
    }

    /// The folders below the policy folder that belong to a set.
    static let subfolders = ["lib", "tests"]
    private static let readingsMax = 5

    /// Everything that makes up the set, as it is at this moment. Throws with the file that is to blame.
    ///
    /// Two readings in a row have to agree: a folder whose files are links is swapped in one instant, and what is read
    /// across that instant is half the one set and half the other.
    static func read(_ folder: String, limits: Limits) throws(PolicyLoadError) -> PolicySet {
        var last = try texts(in: folder, limits: limits)
        for _ in 1..<readingsMax {
            let next = try texts(in: folder, limits: limits)
            if next == last { return PolicySet(files: next.map { PolicyFile(name: $0.name, text: $0.bytes) }) }
            last = next
        }
        throw PolicyLoadError(file: nil, line: nil, message: "the policy folder changes while it is read")
    }

    private static func texts(in folder: String, limits: Limits) throws(PolicyLoadError) -> [Text] {
        let names: [String]
        let root: String
        do {
            root = try File.realPath(folder)
            names = try File.list(root)
        } catch {
            throw PolicyLoadError(file: nil, line: nil, message: "the policy folder cannot be read: \(error)")
        }
        var wanted = names.filter(isPolicySource)
        for subfolder in subfolders where names.contains(subfolder) {
            // One that is not a folder has nothing for the set.
            let inner = (try? File.list("\(root)/\(subfolder)")) ?? []
            wanted += inner.filter(isPolicySource).map { "\(subfolder)/\($0)" }
        }
        if wanted.count > limits.policyFilesMax {
            throw PolicyLoadError(
                file: nil, line: nil, message: "the policy folder holds more than \(limits.policyFilesMax) files")
        }
        var texts: [Text] = []
        var room = limits.policySetBytesMax
        for name in wanted {
            let text = Text(name: name, bytes: try bytes(of: name, in: root, limits: limits))
            room -= text.bytes.count
            if room < 0 {
                throw PolicyLoadError(
                    file: nil, line: nil,
                    message: "the policy folder holds more than \(limits.policySetBytesMax) bytes of policies")
            }
            texts.append(text)
        }
        return texts
    }

    /// Editors leave drafts beside what they save: `.20-x.lua.swp`, `.#20-x.lua`.
    private static func isPolicySource(_ name: String) -> Bool { name.hasSuffix(".lua") && !name.hasPrefix(".") }

    private static func bytes(of name: String, in root: String, limits: Limits) throws(PolicyLoadError) -> [UInt8] {
        func refusal(_ message: String) -> PolicyLoadError { PolicyLoadError(file: name, line: nil, message: message) }
        let file: ResolvedPath
        do { file = try ResolvedPath(opening: "\(root)/\(name)") } catch {
            throw refusal("it cannot be read: \(error.reason)")
        }
        // Whoever may write there would write policies here.
        guard file.path.hasPrefix(root == "/" ? root : "\(root)/") else {
            throw refusal("it is a link that leads out of the policy folder, to \(file.path)")
        }
        guard file.status.isRegular else { throw refusal("it is not a regular file") }
        guard file.status.size <= limits.policyFileBytesMax else {
            throw refusal("it is larger than \(limits.policyFileBytesMax) bytes")
        }
        let text: [UInt8]
        do { text = try file.read(bytesMax: limits.policyFileBytesMax) } catch {
            throw refusal("it cannot be read: \(error.reason)")
        }
        guard String(validating: text, as: UTF8.self) != nil else { throw refusal("it is not UTF-8 text") }
        return text
    }
}
