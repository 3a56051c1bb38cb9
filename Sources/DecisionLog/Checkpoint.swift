/// What a log is at one size (C2SP tlog-checkpoint): whoever keeps one can tell whether a later log has the same beginning.
package struct Checkpoint: Equatable, Sendable {
    /// Which log; the name of the key that signs it.
    package let origin: String
    /// How many leaves it names.
    package let size: Int64
    package let root: MerkleHash

    package init(origin: String, size: Int64, root: MerkleHash) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// Reads the text of a checkpoint: origin, size, root, and perhaps further lines, which are not looked at. Nil where it
    /// is none.
    package init?(text: String) {
        let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard lines.count >= 4, lines.last == "", NoteVerifier.isName(lines[0]),
            let size = Int64(lines[1]), size >= 0, String(size) == lines[1], let root = MerkleHash(base64: lines[2]),
            !lines[3..<(lines.count - 1)].contains("")
        else { return nil }
        self.init(origin: lines[0], size: size, root: root)
    }

    /// Reads a signed checkpoint. Nil where it is none, or where none of these keys has signed it under its own name.
    package init?(note: String, verifiers: [NoteVerifier]) {
        guard let signed = SignedNote(note), let checkpoint = Checkpoint(text: signed.text),
            verifiers.contains(where: { $0.name == checkpoint.origin && signed.isSigned(by: $0) })
        else { return nil }
        self = checkpoint
    }

    /// The three lines.
    package var text: String { "\(origin)\n\(size)\n\(root.base64)\n" }

    /// The checkpoint as a signed note.
    package func signed(by signers: [NoteSigner]) -> String { SignedNote(text, by: signers).note }
}
