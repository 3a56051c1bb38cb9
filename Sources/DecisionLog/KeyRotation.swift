/// One key of a log following another: a note that both have signed, so that whoever trusts the old one can trust the new.
package struct KeyRotation: Equatable, Sendable {
    package let old: NoteVerifier
    package let new: NoteVerifier

    private static let title = "Spawngate log key rotation"

    package init(from old: NoteVerifier, to new: NoteVerifier) {
        self.old = old
        self.new = new
    }

    /// Reads a rotation. Nil where it is none, where the keys' names differ, or where not both have signed it.
    package init?(note: String) {
        guard let signed = SignedNote(note) else { return nil }
        let lines = signed.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count == 4, lines[0] == Self.title, lines[3] == "", let old = NoteVerifier(lines[1]),
            let new = NoteVerifier(lines[2]), old.name == new.name, old != new, signed.isSigned(by: old),
            signed.isSigned(by: new)
        else { return nil }
        self.init(from: old, to: new)
    }

    private var text: String { "\(Self.title)\n\(old.text)\n\(new.text)\n" }

    /// The rotation as a note that both keys have signed.
    package static func signed(from old: NoteSigner, to new: NoteSigner) -> String {
        SignedNote(KeyRotation(from: old.verifier, to: new.verifier).text, by: [old, new]).note
    }

    /// Whether these rotations lead from a key that is trusted to another, one after the other in any order.
    package static func chain(from trusted: NoteVerifier, to key: NoteVerifier, by notes: [String]) -> Bool {
        var reached = [trusted]
        var rotations = notes.compactMap { KeyRotation(note: $0) }
        while let next = rotations.firstIndex(where: { reached.contains($0.old) }) {
            reached.append(rotations.remove(at: next).new)
        }
        return reached.contains(key)
    }
}
