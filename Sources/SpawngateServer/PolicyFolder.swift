internal import Platform
internal import Policy

/// Reads a policy folder: `*.lua` directly in it, `lib/*.lua`, `tests/*_test.lua`.
enum PolicyFolder {
    /// The folders below the policy folder that belong to a set.
    static let subfolders = ["lib", "tests"]

    /// Everything that makes up the set, as it is at this moment. Throws with the file that is to blame.
    static func read(_ folder: String, limits: Limits) throws(PolicyLoadError) -> PolicySet {
        let names: [String]
        do {
            names = try File.list(folder)
        } catch {
            throw PolicyLoadError(file: nil, line: nil, message: "the policy folder cannot be read: \(error)")
        }
        var wanted = names.filter(isPolicySource)
        for subfolder in subfolders where names.contains(subfolder) {
            // One that is not a folder has nothing for the set.
            let inner = (try? File.list("\(folder)/\(subfolder)")) ?? []
            wanted += inner.filter(isPolicySource).map { "\(subfolder)/\($0)" }
        }
        if wanted.count > limits.policyFilesMax {
            throw PolicyLoadError(
                file: nil, line: nil, message: "the policy folder holds more than \(limits.policyFilesMax) files")
        }
        var files: [PolicyFile] = []
        for name in wanted {
            files.append(PolicyFile(name: name, text: try text(of: name, in: folder, limits: limits)))
        }
        return PolicySet(files: files)
    }

    /// Editors leave drafts beside what they save: `.20-x.lua.swp`, `.#20-x.lua`.
    private static func isPolicySource(_ name: String) -> Bool { name.hasSuffix(".lua") && !name.hasPrefix(".") }

    private static func text(of name: String, in folder: String, limits: Limits) throws(PolicyLoadError) -> [UInt8] {
        do {
            let path = "\(folder)/\(name)"
            guard try File.status(of: path).isRegular else {
                throw PolicyLoadError(file: name, line: nil, message: "it is not a regular file")
            }
            let text = try File.read(path, bytesMax: limits.policyFileBytesMax)
            guard String(validating: text, as: UTF8.self) != nil else {
                throw PolicyLoadError(file: name, line: nil, message: "it is not UTF-8 text")
            }
            return text
        } catch let error as PolicyLoadError {
            throw error
        } catch let error as SystemError {
            throw PolicyLoadError(file: name, line: nil, message: "it cannot be read: \(error.reason)")
        } catch {
            preconditionFailure("nothing else is thrown here")
        }
    }
}
