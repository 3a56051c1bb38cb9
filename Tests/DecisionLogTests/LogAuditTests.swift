import Crypto
import DecisionLog
import Testing
import Wire

/// What an audit finds in logs that are made by hand, one fault each. Logs of real servers are damaged end to end.
@Suite struct LogAuditTests {
    private static let signer = NoteSigner(name: "gate.example", seed: [UInt8](repeating: 1, count: 32))
    private static let stranger = NoteSigner(name: "gate.example", seed: [UInt8](repeating: 2, count: 32))

    /// A log as a database holds it, to be spoilt.
    private struct Log {
        var sequences: [Int64]
        var texts: [[UInt8]]
        var ids: [[UInt8]]
        var nodes: [[UInt8]]
        var denials: [(Int64, String)] = []
        var policySets: [(String, Bool)] = [("a", true)]
        /// Whether it is from a database, or from an export.
        var hasColumns = true

        init(_ leaves: [[String: JSONValue]] = Array(repeating: [:], count: 9)) {
            texts = leaves.enumerated().map { number, changes in
                var members: [String: JSONValue] = [
                    "kind": .string("decision"), "seq": .integer(Int64(number)), "id": .string("d-\(number)"),
                    "time": .string("1970-01-01T00:00:00.001Z"), "verdict": .string("allow"),
                    "principal": .object([JSONMember(name: "name", value: .string("eve"))]), "request": .object([]),
                    "policies": .array([]), "policy_set": .string("a"),
                ]
                members.merge(changes) { $1 }
                return CanonicalJSON.bytes(of: .object(members.map { JSONMember(name: $0.key, value: $0.value) }))
            }
            var tree = MerkleTree()
            sequences = texts.indices.map { Int64($0) }
            ids = texts.indices.map { Array("d-\($0)".utf8) }
            nodes = texts.map { text in tree.append(.leaf(text)).flatMap(\.bytes) }
        }

        func root(_ size: Int) -> MerkleHash {
            var tree = MerkleTree()
            for text in texts[..<size] { _ = tree.append(.leaf(text)) }
            return tree.root
        }

        func audit(_ witnesses: [LogAudit.Witness] = [], hasMore: Bool = false) throws(LogFault) -> LogSummary {
            var denials = RecordedDenials()
            for (number, rule) in self.denials { denials.add(sequence: number, policy: [0x70], rule: Array(rule.utf8)) }
            denials.sort()
            var audit = LogAudit(witnesses: witnesses, anchors: [], denials: denials)
            for (digest, isRight) in policySets { try audit.addPolicySet(Array(digest.utf8), isRight: isRight) }
            // Two that take turns, as on two cores.
            let checks = [audit.check(), audit.check()]
            for index in texts.indices { try add(index, checks[index % 2], to: &audit) }
            return try audit.finish(hasMore: hasMore)
        }

        private func add(_ index: Int, _ check: RecordCheck, to audit: inout LogAudit) throws(LogFault) {
            let (decision, allow, eve) = (Array("decision".utf8), Array("allow".utf8), Array("eve".utf8))
            var outcome = Result<Void, LogFault>.success(())
            withBytes([texts[index], ids[index], nodes[index], decision, allow, eve]) { bytes in
                let columns = LogRecord.Columns(
                    id: bytes[1], kind: bytes[3], time: 1, verdict: bytes[4], principal: bytes[5], sessionID: nil,
                    executive: nil, missionID: nil, nodes: bytes[2])
                let record = LogRecord(
                    sequence: sequences[index], text: bytes[0], columns: hasColumns ? columns : nil,
                    secrets: hasColumns ? .none : .untold)
                let finding = check.finding(of: record)
                do throws(LogFault) { try audit.add(finding) } catch { outcome = .failure(error) }
            }
            try outcome.get()
        }

        private func withBytes(_ arrays: [[UInt8]], _ body: ([UnsafeRawBufferPointer]) -> Void) {
            func next(_ rest: ArraySlice<[UInt8]>, _ found: [UnsafeRawBufferPointer]) {
                guard let first = rest.first else { return body(found) }
                first.withUnsafeBytes { next(rest.dropFirst(), found + [$0]) }
            }
            next(arrays[...], [])
        }
    }

    private func witness(_ log: Log, _ size: Int, root: MerkleHash? = nil, by signer: NoteSigner?) throws
        -> LogAudit.Witness
    {
        let signer = try #require(signer)
        let checkpoint = Checkpoint(origin: signer.verifier.name, size: Int64(size), root: root ?? log.root(size))
        return try #require(LogAudit.Witness(note: checkpoint.signed(by: [signer]), name: "it"))
    }

    private func keyed() throws -> Log {
        let key = try #require(Self.signer).verifier.text
        var log = Log(
            [["kind": .string("key.created"), "key": .string(key), "previous": .null]] + Array(repeating: [:], count: 8)
        )
        log.hasColumns = false
        return log
    }

    private func fault(_ change: (inout Log) -> Void) -> LogFault? {
        var log = Log()
        change(&log)
        do throws(LogFault) { _ = try log.audit() } catch { return error }
        return nil
    }

    @Test func aLogThatWasLeftAloneIsGood() throws {
        let log = Log()
        let summary = try log.audit()
        #expect(summary.size == 9 && summary.decisions == 9 && summary.root == log.root(9))
    }

    @Test func aRecordThatIsNotItselfIsNamed() {
        #expect(fault { $0.texts[4][0] = 0x20 }?.records == 4...4)
        #expect(fault { $0.texts[4] += [0x20] }?.reason.contains("canonical") == true)
        #expect(fault { $0.ids[4] = [0x78] }?.reason == "its column id does not agree with its text")
        #expect(fault { $0.nodes[4][0] ^= 1 }?.reason == "its hash is not the one that the tree keeps")
        #expect(fault { $0.nodes[3].removeLast(32) }?.records == 3...3)
        #expect(fault { $0.nodes[4] += $0.nodes[4] }?.records == 4...4)
        #expect(fault { $0.nodes[4] = [] }?.records == 4...4)
    }

    @Test func aRecordThatIsNotInItsPlaceIsNamed() {
        #expect(fault { $0.sequences[4] = 5 }?.reason == "it is missing")
        #expect(fault { $0.sequences[4] = 3 }?.reason == "record 3 stands in its place")
        #expect(fault { $0.texts.swapAt(4, 5) }?.reason == "its text has another number")
        #expect(fault { $0.sequences[0] = -1 }?.records == 0...0)
    }

    @Test func thePolicySetsOfDecisionsAreThere() throws {
        #expect(fault { $0.policySets = [] }?.reason == "the policy set that it names is not kept")
        #expect(fault { $0.policySets = [("a", false)] }?.records == 0...0)
        #expect(fault { $0.policySets.append(("a", true)) }?.reason == "a policy set before it is there twice")
        #expect(fault { $0.policySets.append(("b", false)) }?.records == nil)
        #expect(fault { $0.policySets.append(("b", true)) } == nil)
        _ = try Log([["policy_set": .null]]).audit()
    }

    @Test(arguments: [-1, 0, 4, 8, 9] as [Int64])
    func aDenialThatNoRecordHasIsFound(of number: Int64) {
        #expect(fault { $0.denials = [(number, "rule")] }?.records == max(0, number)...max(0, number))
    }

    @Test func denialsAreThoseOfTheRecords() throws {
        func denied(_ rules: String...) -> [String: JSONValue] {
            let denials = rules.map { JSONValue.object([JSONMember(name: "rule", value: .string($0))]) }
            return [
                "policies": .array([
                    .object([
                        JSONMember(name: "name", value: .string("p")),
                        JSONMember(name: "denials", value: .array(denials)),
                    ])
                ])
            ]
        }
        var log = Log([[:], denied("a", "b", "a"), [:], denied("a")])
        // A rule that objected twice has one row, and rows are in no order.
        log.denials = [(3, "a"), (1, "b"), (1, "a")]
        _ = try log.audit()
        log.denials.removeLast()
        #expect(throws: LogFault(1, "the table of denials does not agree with its text")) { try log.audit() }
    }

    @Test func checkpointsAreHeldAgainstTheLog() throws {
        let log = try keyed()
        let good = try [0, 3, 9].map { try witness(log, $0, by: Self.signer) }
        let summary = try log.audit(good.reversed())
        #expect(summary.checkpoints == [0, 3, 9] && summary.key == Self.signer?.verifier.text)
        let other = try witness(log, 7, root: log.root(6), by: Self.signer)
        let reason = "it names another root over the first 7 records"
        #expect(throws: LogFault(records: 3...6, reason)) { try log.audit([good[1], other, good[2]]) }
        let ahead = try witness(log, 12, root: log.root(9), by: Self.signer)
        #expect(throws: LogFault(9, "it is missing: the log ends here, and it is of 12 records")) {
            try log.audit([ahead])
        }
        // By whoever has not signed this log it says nothing of a record.
        for (size, root) in [(9, 9), (7, 6)] {
            let forged = try witness(log, size, root: log.root(root), by: Self.stranger)
            #expect(throws: LogFault(records: nil, "it is not signed by a key of this log")) { try log.audit([forged]) }
        }
    }

    @Test func whatIsKeptBehindTheEndIsFound() throws {
        #expect(throws: LogFault.self) { try Log().audit(hasMore: true) }
    }
}
