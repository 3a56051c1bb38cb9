import Crypto
import DecisionLog
import Testing

@Suite struct SignedNoteTests {
    // The example in the documentation of Go's golang.org/x/mod/sumdb/note.
    private static let secret = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
    private static let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    private static let text =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    private static let note =
        text
        + "\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

    private static func signer(_ name: String, _ byte: UInt8) throws -> NoteSigner {
        try #require(NoteSigner(name: name, seed: [UInt8](repeating: byte, count: 32)))
    }

    @Test(arguments: [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ])
    func signaturesAreThoseOfRFC8032(seed: String, key: String, message: String, signature: String) {
        let (seed, key) = (MerkleVectors.bytes(seed), MerkleVectors.bytes(key))
        let (message, signature) = (MerkleVectors.bytes(message), MerkleVectors.bytes(signature))
        #expect(Ed25519.publicKey(seed: seed) == key)
        #expect(Ed25519.sign(message, seed: seed) == signature)
        #expect(Ed25519.isRight(signature, over: message, publicKey: key))
        #expect(!Ed25519.isRight(signature, over: message + [0], publicKey: key))
        #expect(!Ed25519.isRight(signature.reversed(), over: message, publicKey: key))
        #expect(!Ed25519.isRight(signature, over: message, publicKey: key.reversed()))
        #expect(!Ed25519.isRight(Array(signature.dropLast()), over: message, publicKey: key))
    }

    @Test func theNoteOfGoIsReadAndWrittenByteForByte() throws {
        let signer = try #require(NoteSigner(Self.secret))
        #expect(signer.verifier.text == Self.key && signer.secretText == Self.secret)
        #expect(SignedNote(Self.text, by: [signer]).note == Self.note)
        let read = try #require(SignedNote(Self.note))
        #expect(read.text == Self.text && read.note == Self.note)
        #expect(read.isSigned(by: try #require(NoteVerifier(Self.key))))
    }

    @Test func theKeyOfC2SPIsRead() throws {
        let key = try #require(NoteVerifier("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"))
        let note = try #require(
            SignedNote(
                "This is an example message.\n\n\u{2014} example.com/foo "
                    + "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"))
        #expect(note.isSigned(by: key))
    }

    @Test(arguments: [
        "", "a+b", "x+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T=",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ])
    func whatIsNoKeyIsNotRead(text: String) {
        #expect(NoteVerifier(text) == nil && NoteSigner("PRIVATE+KEY+\(text)") == nil)
    }

    @Test func everyChangeOfASignedNoteIsFound() throws {
        let verifier = try #require(NoteVerifier(Self.key))
        let bytes = Array(Self.note.utf8)
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 1
            let note = SignedNote(String(decoding: changed, as: UTF8.self))
            #expect(note?.isSigned(by: verifier) != true, "byte \(place)")
        }
    }

    @Test(arguments: [
        "", "\n", "text", "text\n", "text\n\n", "text\n\n\u{2014} name\n", "text\n\n\u{2014} na me AAAAAAA=\n",
        "text\n\n\u{2014} name AAAAAA==\n", "text\n\n\u{2014} name !\n", "text\n\n- name AAAAAAA=\n",
        "text\n\n\u{2014} name AAAAAAA=", "te\rxt\n\n\u{2014} name AAAAAAA=\n", "text\n\n\u{2014} na+me AAAAAAA=\n",
    ])
    func whatIsNoNoteIsNotRead(text: String) {
        #expect(SignedNote(text) == nil)
        #expect(SignedNote("text\n\n\u{2014} name AAAAAAA=\n") != nil)
    }

    @Test func aCheckpointIsItsThreeLinesUnderASignature() throws {
        let signer = try Self.signer("example.com/log", 1)
        let checkpoint = Checkpoint(origin: "example.com/log", size: 7, root: .leaf([]))
        #expect(checkpoint.text == "example.com/log\n7\n\(MerkleHash.leaf([]).base64)\n")
        let note = checkpoint.signed(by: [signer])
        #expect(Checkpoint(note: note, verifiers: [signer.verifier]) == checkpoint)
        let other = try Self.signer("example.com/log", 2).verifier
        #expect(Checkpoint(note: note, verifiers: [other]) == nil)
        #expect(Checkpoint(note: note, verifiers: [other, signer.verifier]) == checkpoint)
        // A key of another name may sign beside, but not instead.
        let stranger = try Self.signer("example.com/witness", 3)
        #expect(Checkpoint(note: checkpoint.signed(by: [stranger]), verifiers: [stranger.verifier]) == nil)
        #expect(
            Checkpoint(note: checkpoint.signed(by: [stranger, signer]), verifiers: [signer.verifier]) == checkpoint)
    }

    @Test func whatIsNoCheckpointIsNotRead() {
        let root = MerkleHash.leaf([]).base64
        #expect(Checkpoint(text: "o\n0\n\(root)\n") != nil && Checkpoint(text: "o\n0\n\(root)\nmore\n") != nil)
        for text in [
            "o\n0\n\(root)", "o\n00\n\(root)\n", "o\n-1\n\(root)\n", "o\n+1\n\(root)\n", "o\n1\n\(root.dropLast())\n",
            "\n1\n\(root)\n", "o o\n1\n\(root)\n", "o\n1\n\n", "o\n1\n", "o\n9223372036854775808\n\(root)\n",
            "o\n1\n\(root)\n\n",
        ] {
            #expect(Checkpoint(text: text) == nil, "\(text)")
        }
    }

    @Test func aRotationIsSignedByBothKeys() throws {
        let keys = try (1...4).map { try Self.signer("log", $0) }
        let note = KeyRotation.signed(from: keys[0], to: keys[1])
        #expect(KeyRotation(note: note) == KeyRotation(from: keys[0].verifier, to: keys[1].verifier))
        let lines = note.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(KeyRotation(note: lines.dropLast(2).joined(separator: "\n") + "\n") == nil, "by the old one alone")
        #expect(KeyRotation(note: (lines[..<4] + lines[5...]).joined(separator: "\n")) == nil, "by the new one alone")
        let notes = [note, KeyRotation.signed(from: keys[1], to: keys[2])]
        func leads(_ from: Int, _ to: Int, _ notes: [String]) -> Bool {
            KeyRotation.chain(from: keys[from].verifier, to: keys[to].verifier, by: notes)
        }
        #expect(leads(0, 0, []) && leads(0, 1, notes) && leads(0, 2, notes) && leads(0, 2, notes.reversed()))
        #expect(!leads(0, 3, notes) && !leads(1, 0, notes) && !leads(0, 2, [notes[1]]) && !leads(0, 1, []))
    }
}
