internal import Wire

/// A text with signatures under it (C2SP signed-note): the text, an empty line, and a line for each signature.
package struct SignedNote: Equatable, Sendable {
    /// One line under the text.
    package struct Signature: Equatable, Sendable {
        /// The signing key's name and id, as the line claims.
        package let name: String
        package let id: [UInt8]
        /// What follows the id; 64 bytes where it is Ed25519's.
        package let bytes: [UInt8]
    }

    /// Ends with a line feed.
    package let text: String
    package let signatures: [Signature]

    private static let dash = "\u{2014} "
    /// No note of ours has more; a stranger's may have witnesses' besides.
    private static let signaturesMax = 100

    /// Signs a text, which must end with a line feed and hold no other control character.
    package init(_ text: String, by signers: [NoteSigner]) {
        precondition(Self.isText(text), "a note's text")
        self.text = text
        let bytes = Array(text.utf8)
        signatures = signers.map { Signature(name: $0.verifier.name, id: $0.verifier.id, bytes: $0.sign(bytes)) }
    }

    /// Reads a note; nil where it is none. That it is signed says nothing before `isSigned(by:)`.
    package init?(_ note: String) {
        let bytes = Array(note.utf8)
        guard Self.isText(note), let cut = Self.lastEmptyLine(bytes) else { return nil }
        var signatures: [Signature] = []
        for line in bytes[(cut + 1)...].dropLast().split(separator: 0x0A, omittingEmptySubsequences: false) {
            guard let signature = Self.signature(String(decoding: line, as: UTF8.self)) else { return nil }
            signatures.append(signature)
        }
        guard !signatures.isEmpty, signatures.count <= Self.signaturesMax else { return nil }
        text = String(decoding: bytes[..<cut], as: UTF8.self)
        self.signatures = signatures
    }

    private static func isText(_ text: String) -> Bool {
        text.utf8.last == 0x0A && text.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0A }
    }

    /// The place of the line feed that is a line by itself, the last such.
    private static func lastEmptyLine(_ bytes: [UInt8]) -> Int? {
        bytes.indices.dropFirst().last { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A }
    }

    private static func signature(_ line: String) -> Signature? {
        guard line.hasPrefix(dash) else { return nil }
        let parts = line.dropFirst(dash.count).split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, NoteVerifier.isName(parts[0]), let bytes = Base64.decode(parts[1]), bytes.count > 4,
            Base64.encode(bytes) == parts[1]
        else { return nil }
        return Signature(name: parts[0], id: Array(bytes[..<4]), bytes: Array(bytes[4...]))
    }

    /// The note as it is handed around.
    package var note: String {
        text + "\n" + signatures.map { "\(Self.dash)\($0.name) \(Base64.encode($0.id + $0.bytes))\n" }.joined()
    }

    /// Whether this key has signed the text.
    package func isSigned(by verifier: NoteVerifier) -> Bool {
        signatures.contains { signature in
            signature.name.utf8.elementsEqual(verifier.name.utf8) && signature.id == verifier.id
                && verifier.isRight(signature.bytes, over: Array(text.utf8))
        }
    }
}
