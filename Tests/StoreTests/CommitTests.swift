import GRDB
import Platform
import Policy
import Sessions
import Store
import TestSupport
import Testing
import Wire

@Suite struct CommitTests {
    @Test func whatIsCommittedIsThereAfterTheNextStart() throws {
        let run = try StoreRun()
        let session = try Sample.session(1, ["labels": ["k": "v"], "prompt": "p"])
        try run.store.commit(
            [.leaf(Sample.leaf(0, question: ["prompt": "p"], sessionID: "s-1")), .session(session)], durably: true)
        try run.reopen()
        let kept = try #require(try run.store.session(id: "s-1"))
        #expect(kept.ordinal == 1 && kept.id == "s-1" && kept.principal == "ann" && kept.reportSince == 77)
        let record = try Array(kept.record.utf8).withUnsafeBytes {
            try JSONReader().read($0) { SessionRecord(json: $0) }
        }
        #expect(record == session.record)
        #expect(try JSONValue(text: #require(try run.store.metadata(id: "s-1")))["prompt"] == "p")
        #expect(try run.store.leaf(sequence: 0)?.text == "text 0" && run.store.leaf(id: "d-0")?.sequence == 0)
        #expect(try run.store.session(id: "s-2") == nil && run.store.metadata(id: "s-2") == nil)
        #expect(try run.store.leaf(sequence: 1) == nil && run.store.leaf(id: "d-1") == nil)
    }

    @Test(arguments: [true, false])
    func aWriteThatFailsTakesAllOfItsTurnBack(durably: Bool) throws {
        let run = try StoreRun()
        try run.store.commit([.session(Sample.session(1)), .leaf(Sample.leaf(0))], durably: true)
        let failing: [(what: String, write: StoreWrite)] = [
            ("an ordinal twice", .session(try Sample.session(1, id: "other"))),
            ("an id twice", .session(try Sample.session(3, id: "s-1"))),
            ("a number twice", .leaf(try Sample.leaf(0))),
            (
                "a key twice",
                .idempotency(principal: "p", key: "k", paramsDigest: "2", openDigest: "o", sessionID: "s-2")
            ),
            ("a token twice", .token(Sample.token("t"))),
        ]
        for (what, write) in failing {
            let before: [StoreWrite] = [
                .leaf(try Sample.leaf(1)), .session(try Sample.session(2)), .token(Sample.token("t")),
                .idempotency(principal: "p", key: "k", paramsDigest: "1", openDigest: "o", sessionID: "s-2"),
                .change(try Sample.session(1, status: .lost).record),
            ]
            #expect(throws: StoreFailure.self, "\(what)") {
                try run.store.commit(before + [write, .leaf(Sample.leaf(2))], durably: durably)
            }
            #expect(run.store.nextSequence == 1 && run.store.nextOrdinal == 2, "\(what)")
            for _ in 0..<2 {
                #expect(
                    try run.store.sessions(SessionFilter(), before: nil, limit: 9).rows.map(\.id) == ["s-1"], "\(what)")
                #expect(
                    try run.store.sessions(SessionFilter(status: .lost), before: nil, limit: 9).rows.isEmpty, "\(what)")
                #expect(try run.store.leaf(sequence: 1) == nil && run.store.tokens().isEmpty, "\(what)")
                #expect(try run.store.idempotency(principal: "p", key: "k") == nil, "\(what)")
                try run.reopen()
            }
        }
        // The same turn without the write that fails is kept.
        try run.store.commit([.leaf(Sample.leaf(1)), .session(Sample.session(2))], durably: durably)
        #expect(run.store.nextSequence == 2 && run.store.nextOrdinal == 3)
    }

    @Test func theNumberingGoesOnAfterTheNextStart() throws {
        let run = try StoreRun()
        #expect(try run.store.nextSequence == 0 && run.store.nextOrdinal == 1 && run.store.sessionCount() == 0)
        #expect(try run.store.latestSessionID() == nil)
        try run.store.commit([], durably: true)
        try run.store.commit((0..<3).map { .leaf(try Sample.leaf($0)) }, durably: false)
        try run.store.commit([.session(Sample.session(1)), .session(Sample.session(2))], durably: true)
        for _ in 0..<2 {
            #expect(try run.store.nextSequence == 3 && run.store.nextOrdinal == 3 && run.store.sessionCount() == 2)
            #expect(try run.store.latestSessionID() == "s-2")
            try run.reopen()
        }
    }

    @Test func aChangeReplacesTheRecordAndNothingElse() throws {
        let run = try StoreRun()
        let row = try Sample.session(1, status: .starting)
        try run.store.commit([.session(row), .session(Sample.session(2))], durably: true)
        let metadata = try run.store.metadata(id: "s-1")
        var record = row.record
        record.status = .exited
        record.exitCode = 3
        try run.store.commit([.change(record)], durably: false)
        let kept = try #require(try run.store.session(id: "s-1"))
        #expect(try JSONValue(text: kept.record)["exit_code"] == 3)
        #expect(try kept.reportSince == 77 && run.store.metadata(id: "s-1") == metadata)
        #expect(try run.store.sessions(SessionFilter(status: .exited), before: nil, limit: 9).rows.map(\.id) == ["s-1"])
        #expect(
            try run.store.sessions(SessionFilter(status: .running), before: nil, limit: 9).rows.map(\.id) == ["s-2"])
    }

    @Test func aKeyStandsForOneSessionOfOnePrincipalUntilItIsForgotten() throws {
        let run = try StoreRun()
        try run.store.commit(
            [
                .idempotency(principal: "ann", key: "k", paramsDigest: "1", openDigest: "o", sessionID: "s-1"),
                .idempotency(principal: "bob", key: "k", paramsDigest: "2", openDigest: "o", sessionID: "s-2"),
                .idempotency(principal: "ann", key: "l", paramsDigest: "3", openDigest: "o", sessionID: "s-3"),
            ], durably: true)
        try run.reopen()
        let ann = try #require(try run.store.idempotency(principal: "ann", key: "k"))
        #expect(ann.paramsDigest == "1" && ann.sessionID == "s-1")
        #expect(try run.store.idempotency(principal: "bob", key: "k")?.sessionID == "s-2")
        #expect(try run.store.idempotency(principal: "bob", key: "l") == nil)
        try run.store.commit([.forgetIdempotency(sessionID: "s-1")], durably: true)
        #expect(try run.store.idempotency(principal: "ann", key: "k") == nil)
        #expect(try run.store.idempotency(principal: "ann", key: "l")?.sessionID == "s-3")
        #expect(try run.store.idempotency(principal: "bob", key: "k")?.sessionID == "s-2")
    }

    @Test func aTokenIsKeptAsItWasAndItsFirstRevocationCounts() throws {
        let run = try StoreRun()
        let tokens = [
            Sample.token("b", createdAt: 1, expiresAt: 99), Sample.token("a", createdAt: 2), Sample.token("c"),
        ]
        try run.store.commit(tokens.map { .token($0) }, durably: true)
        for time in [50, 60] as [Int64] { try run.store.commit([.revokeToken(id: "a", at: time)], durably: true) }
        try run.reopen()
        let kept = try run.store.tokens()
        #expect(kept.map(\.id) == ["c", "b", "a"])
        #expect(kept.map(\.createdAt) == [0, 1, 2] && kept.map(\.expiresAt) == [nil, 99, nil])
        #expect(kept.map(\.revokedAt) == [nil, nil, 50])
        for token in kept {
            #expect(token.name == "name of \(token.id)" && token.principal == "ann")
            #expect(token.roles == [.viewer, .operate] && token.hash == [0, 255, 7])
        }
    }

    @Test func aPolicySetIsKeptOnce() throws {
        let run = try StoreRun()
        let set = PolicySet(files: [PolicyFile(name: "a.lua", text: Array("return \"é\\\"\"".utf8))])
        for time in [5, 6] as [Int64] { try run.store.commit([.policySet(set, at: time)], durably: true) }
        let rows = try DatabaseQueue(path: run.path).read { database in
            try Row.fetchAll(database, sql: "SELECT digest, first_used_at, files FROM policy_set")
        }
        let row = try #require(rows.first)
        #expect(rows.count == 1 && row["digest"] == set.digest && row["first_used_at"] == 5)
        #expect(try JSONValue(text: row["files"]) == [["name": "a.lua", "text": "return \"é\\\"\""]])
    }

    @Test func theJournalIsCopiedBetweenTurnsAndNeverWithinOne() throws {
        let run = try StoreRun()
        func size(_ suffix: String) throws -> Int { try File.status(of: run.path + suffix).size }
        let session = try Sample.session(1)
        try run.store.commit([.session(session)], durably: true)
        let before = try size("")
        for _ in 0..<5000 { try run.store.commit([.change(session.record)], durably: false) }
        #expect(try size("") == before && size("-wal") > 5000 * 4096, "a commit copies nothing")
        try run.store.copyJournal()
        let grown = try size("-wal")
        for _ in 0..<5000 {
            try run.store.commit([.change(session.record)], durably: false)
            try run.store.copyJournal()
        }
        #expect(try size("-wal") == grown, "it is begun anew, and not longer than it was")
    }

    @Test func aJournalThatSomebodyReadsIsCopiedOnceThatIsOver() throws {
        let run = try StoreRun()
        let session = try Sample.session(1)
        try run.store.commit([.session(session)], durably: true)
        let reader = try DatabaseQueue(path: run.path)
        func size() throws -> Int { try File.status(of: run.path + "-wal").size }
        try reader.read { database in
            _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM session")
            for _ in 0..<3000 {
                try run.store.commit([.change(session.record)], durably: false)
                try run.store.copyJournal()
            }
        }
        let most = try size()
        #expect(most > 3000 * 4096)
        for _ in 0..<9000 {
            try run.store.commit([.change(session.record)], durably: false)
            try run.store.copyJournal()
        }
        #expect(try size() < most + 1100 * 4200, "after one more length")
    }
}
