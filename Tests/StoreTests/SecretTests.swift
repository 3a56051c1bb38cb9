import GRDB
import Platform
import Policy
import Store
import TestSupport
import Testing
import Wire

/// The copy of what is a secret, beside the log: it goes when it is told to, and then it is nowhere.
@Suite struct SecretTests {
    let run: StoreRun

    init() throws { run = try StoreRun() }

    private func secrets(_ text: String) -> JSONValue {
        ["prompt": .string(text), "environment": ["K": .string(text)]]
    }

    private func commit(_ texts: [String]) throws {
        for text in texts {
            let sequence = run.store.nextSequence
            try run.store.commit(
                [.leaf(try Sample.leaf(sequence, time: sequence, question: secrets(text), sessionID: "s-\(sequence)"))],
                durably: false)
        }
    }

    private func erase(_ sequences: Int64...) throws {
        try run.store.commit([.eraseSecrets(sequences: sequences, at: 99)], durably: true)
    }

    private func prompt(_ sequence: Int64) throws -> String? {
        if case .kept(let secrets)? = try run.store.secrets(of: sequence) { secrets.prompt } else { nil }
    }

    /// Whether the database or a file beside it holds these bytes.
    private func isOnDisk(_ text: String) throws -> Bool {
        try File.list(File.parent(of: run.path)).contains { name in
            let bytes = try File.read("\(File.parent(of: run.path))/\(name)", bytesMax: 64 << 20)
            return bytes.firstRange(of: Array(text.utf8)) != nil
        }
    }

    @Test func theyAreKeptWithTheirLeafAndReadAgain() throws {
        try commit(["one", "two"])
        try run.store.commit([.leaf(Sample.leaf(2))], durably: true)
        try run.reopen()
        #expect(try prompt(0) == "one" && prompt(1) == "two")
        #expect(try run.store.secrets(of: 2) == nil, "it had none")
        #expect(try run.store.secrets(in: 0..<3).count == 2)
    }

    @Test func erasingLeavesThatThereWasACopy() throws {
        try commit(["one", "two"])
        try erase(0, 7)
        #expect(try run.store.secrets(of: 0) == .erased)
        #expect(try prompt(1) == "two")
        #expect(try run.store.secrets(of: 7) == nil)
        #expect(try run.store.leavesWithSecrets(before: 99, limit: 9) == [1])
    }

    @Test func theOldOnesAreFoundTheOldestFirstAndNotThoseOfThatVeryTime() throws {
        try commit(["0", "1", "2", "3"])
        #expect(try run.store.leavesWithSecrets(before: 3, limit: 2) == [0, 1])
        try erase(0, 1)
        #expect(try run.store.leavesWithSecrets(before: 3, limit: 2) == [2])
    }

    @Test func theMetadataHasThePromptAsLongAsTheCopyLives() throws {
        let leaf = try Sample.leaf(0, question: secrets("marker-of-session"), sessionID: "s-1")
        try run.store.commit(
            [.leaf(leaf), .session(try Sample.session(1, ["prompt": "marker-of-session"]))], durably: true)
        func metadata() throws -> JSONValue { try JSONValue(text: #require(try run.store.metadata(id: "s-1"))) }
        let before = try metadata()
        #expect(before["prompt"] == "marker-of-session")
        try erase(0)
        let after = try metadata()
        #expect(after["prompt"] == .null && after.names == before.names)
        #expect(after.with("prompt", nil) == before.with("prompt", nil))
    }

    @Test func noDigestIsLeftThatAGuessCouldBeTriedOn() throws {
        try commit(["guess"])
        try run.store.commit(
            [.idempotency(principal: "p", key: "k", paramsDigest: "w", openDigest: "o", sessionID: "s-0")],
            durably: true)
        try erase(0)
        let earlier = try #require(try run.store.idempotency(principal: "p", key: "k"))
        #expect(earlier == (nil, "o", "s-0"))
    }

    /// Small texts move when pages are split, large ones stand in pages of their own.
    @Test func erasedTextsStandInNoFile() throws {
        let texts = (0..<400).map { "marker-\($0)-" + String(repeating: "x", count: $0 % 7 == 0 ? 9000 : $0) }
        try commit(texts)
        #expect(try isOnDisk("marker-"))
        for sequence in Int64(0)..<400 { try erase(sequence) }
        #expect(try run.store.emptyJournal())
        #expect(try !isOnDisk("marker-"))
    }

    @Test func aJournalThatAnotherProgramReadsIsEmptiedOnceThatHasEnded() throws {
        try commit(["marker-read"])
        let reader = try DatabaseQueue(path: run.path)
        try reader.read { database in
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM secret") == 1)
            try erase(0)
            #expect(try !run.store.emptyJournal())
        }
        #expect(try isOnDisk("marker-read"), "in the journal, from which the reader could have read it")
        #expect(try run.store.emptyJournal())
        #expect(try !isOnDisk("marker-read"))
    }
}
