internal import Crypto
internal import Wire

/// The public half of a key that signs notes (C2SP signed-note, Ed25519), as `name+id+base64` hands it around.
package struct NoteVerifier: Equatable, Sendable {
    /// Who signs: for a checkpoint, also its origin.
    package let name: String
    /// The first 4 bytes of SHA-256 over the name, a line feed, 0x01 and the public key: it tells keys of one name apart.
    package let id: [UInt8]
    /// 32 bytes.
    package let publicKey: [UInt8]

    /// What stands before the key's bytes: the algorithm, Ed25519.
    static let algorithm: UInt8 = 0x01

    /// Nil where the name is none, or the key has not 32 bytes.
    package init?(name: String, publicKey: [UInt8]) {
        guard Self.isName(name), publicKey.count == Ed25519.publicKeyBytes else { return nil }
        self.name = name
        self.publicKey = publicKey
        id = Array(SHA256.digest(Array(name.utf8) + [0x0A, Self.algorithm] + publicKey)[..<4])
    }

    /// Reads `name+id+base64`; nil where it is none, or its id is not that of its name and key.
    package init?(_ text: String) {
        guard let (name, key) = Self.nameAndKey(text[...]), let verifier = NoteVerifier(name: name, publicKey: key),
            verifier.text == text
        else { return nil }
        self = verifier
    }

    /// What a text of that form holds; that its id is right, and the key, is for the caller to see.
    static func nameAndKey(_ text: Substring) -> (name: String, key: [UInt8])? {
        // The base64 may hold a + as well, the name and the id may not.
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let key = Base64.decode(parts[2]), key.first == algorithm else { return nil }
        return (parts[0], Array(key.dropFirst()))
    }

    /// `name+id+base64`
    package var text: String {
        "\(name)+\(SHA256.hexadecimal(id))+\(Base64.encode([Self.algorithm] + publicKey))"
    }

    /// Whether a name may sign: it is not empty and has neither spaces nor control characters nor a plus.
    package static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.value > 0x20 && scalar.value != 0x7F && scalar != "+" && !scalar.properties.isWhitespace
            }
    }

    /// Whether the signature over the bytes is this key's.
    package func isRight(_ signature: [UInt8], over bytes: [UInt8]) -> Bool {
        Ed25519.isRight(signature, over: bytes, publicKey: publicKey)
    }
}

/// A whole key that signs notes. It is a secret: it is kept in a file, and never printed.
package struct NoteSigner: Sendable {
    /// What may be told.
    package let verifier: NoteVerifier
    private let seed: [UInt8]

    private static let prefix = "PRIVATE+KEY+"

    /// Nil where the name is none, or the seed has not 32 bytes. The seed must be random.
    package init?(name: String, seed: [UInt8]) {
        guard seed.count == Ed25519.seedBytes,
            let verifier = NoteVerifier(name: name, publicKey: Ed25519.publicKey(seed: seed))
        else { return nil }
        self.verifier = verifier
        self.seed = seed
    }

    /// Reads `PRIVATE+KEY+name+id+base64`, the form that other tools for notes write; nil where it is none.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.prefix),
            let (name, seed) = NoteVerifier.nameAndKey(text.dropFirst(Self.prefix.count)),
            let signer = NoteSigner(name: name, seed: seed), signer.secretText == text
        else { return nil }
        self = signer
    }

    /// `PRIVATE+KEY+name+id+base64`
    package var secretText: String {
        "\(Self.prefix)\(verifier.name)+\(SHA256.hexadecimal(verifier.id))+"
            + Base64.encode([NoteVerifier.algorithm] + seed)
    }

    func sign(_ bytes: [UInt8]) -> [UInt8] { Ed25519.sign(bytes, seed: seed) }
}
