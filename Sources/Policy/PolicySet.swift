// Room: Policy. What is asked, what is answered, and by which rules. Reads no file, runs no Lua.
internal import Crypto

/// One file of a policy folder.
package struct PolicyFile: Equatable, Sendable {
    /// Relative to the policy folder: "20-permission-mode.lua", "lib/site.lua".
    package let name: String
    package let text: [UInt8]
    /// SHA-256 of the text, in hexadecimal.
    package let digest: String

    package init(name: String, text: [UInt8]) {
        self.name = name
        self.text = text
        digest = SHA256.hex(text)
    }

    /// What a file is for, by where it lies; nil for one that has no part in the set.
    package enum Role: UInt8, Sendable {
        case policy = 0x50  // "P"
        case library = 0x4C  // "L"
        case test = 0x54  // "T"
    }

    package var role: Role? {
        guard name.hasSuffix(".lua") else { return nil }
        if !name.contains("/") { return .policy }
        if name.hasPrefix("lib/") { return .library }
        if name.hasPrefix("tests/"), name.hasSuffix("_test.lua") { return .test }
        return nil
    }
}

/// All policy files together, named by the digest of their contents: the unit that is loaded, swapped and recorded.
package struct PolicySet: Equatable, Sendable {
    /// In byte order of their names, which is the order in which policies are asked.
    package let files: [PolicyFile]
    /// Those of the files that are policies; looked at for every decision.
    package let policies: [PolicyFile]
    /// SHA-256, in hexadecimal, over a line "digest name" for each policy and library. Tests decide nothing, so they
    /// do not count.
    package let digest: String

    package init(files: [PolicyFile]) {
        let sorted = files.filter { $0.role != nil }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        self.files = sorted
        policies = sorted.filter { $0.role == .policy }
        let lines = sorted.filter { $0.role != .test }.map { "\($0.digest) \($0.name)\n" }
        digest = SHA256.hex(Array(lines.joined().utf8))
    }

    /// Why nothing can be allowed by the set as a whole; nil where its policies decide.
    package var failure: String? { policies.isEmpty ? "the policy folder holds no policy" : nil }

    /// The set as the policy worker reads it: entries of kind, name and text, each length a little-endian UInt32.
    package func workerPayload() -> [UInt8] {
        var payload: [UInt8] = []
        func append(_ bytes: some Collection<UInt8>) {
            withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { payload.append(contentsOf: $0) }
            payload.append(contentsOf: bytes)
        }
        for file in files {
            guard let role = file.role else { continue }
            payload.append(role.rawValue)
            append(file.name.utf8)
            append(file.text)
        }
        return payload
    }
}

/// What the worker said of a policy when it loaded it.
package struct LoadedPolicy: Equatable, Sendable {
    package let name: String
    package let file: String
    package let digest: String
    package let description: String?

    package init(name: String, file: String, digest: String, description: String?) {
        self.name = name
        self.file = file
        self.digest = digest
        self.description = description
    }
}

/// Why a set is not in force.
package struct PolicyLoadError: Error, Equatable, Sendable {
    package let file: String?
    package let line: Int?
    package let message: String

    package init(file: String?, line: Int?, message: String) {
        self.file = file
        self.line = line
        self.message = message
    }

    /// "20-permission-mode.lua:3: 'then' expected near 'deny'".
    package var sentence: String {
        guard let file else { return message }
        return line.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)"
    }
}
