import DecisionLog
import Testing
import Wire

/// Which key's time it was, and which keys vouch for which.
@Suite struct KeyHistoryTests {
    private static let signers = (0..<5).map { NoteSigner(name: "gate", seed: [UInt8](repeating: $0, count: 32)) }
    private let keys: [NoteSigner]

    init() throws { keys = try Self.signers.map { try #require($0) } }

    private static func change(_ leaf: JSONValue, isRotation: Bool) throws -> KeyChange {
        try CanonicalJSON.bytes(of: leaf).withUnsafeBytes { bytes in
            try JSONReader().read(bytes) { KeyChange($0, isRotation: isRotation) }
        }
    }

    private func created(_ key: Int, after previous: Int?) throws -> KeyChange {
        try Self.change(
            [
                "key": .string(keys[key].verifier.text),
                "previous": previous.map { .string(keys[$0].verifier.text) } ?? .null,
            ], isRotation: false)
    }

    private func rotated(_ key: Int, after previous: Int, note: String? = nil) throws -> KeyChange {
        try Self.change(
            [
                "key": .string(keys[key].verifier.text), "previous": .string(keys[previous].verifier.text),
                "rotation": .string(note ?? KeyRotation.signed(from: keys[previous], to: keys[key])),
            ], isRotation: true)
    }

    /// Keys 0 to 4 at the leaves 0, 10, 20, 30 and 40; key 2 was put in from outside, all others by rotation.
    private func history() throws -> KeyHistory {
        var history = KeyHistory()
        for (index, change) in [
            try created(0, after: nil), try rotated(1, after: 0), try created(2, after: 1), try rotated(3, after: 2),
            try rotated(4, after: 3),
        ].enumerated() {
            #expect(history.add(change, sequence: Int64(10 * index)) == nil)
        }
        return history
    }

    @Test(
        arguments: [
            // The leaf that rotates a key is signed for by the old one (of a checkpoint before it) and the new one (after).
            (0, [0]), (9, [0]), (10, [0]), (11, [1]),
            // One that was put in unannounced may have signed before the leaf that tells of it.
            (19, [1]), (20, [1, 2]), (21, [2]), (30, [2]), (31, [3]), (40, [3]), (41, [4]), (1_000_000, [4]),
        ] as [(Int64, [Int])])
    func eachSizeHasTheKeyOfItsTime(_ size: Int64, _ periods: [Int]) throws {
        #expect(try history().periods(ofSize: size) == periods)
    }

    @Test(
        arguments: [([0], [0, 1]), ([1], [0, 1]), ([2], [2, 3, 4]), ([4], [2, 3, 4]), ([1, 3], [0, 1, 2, 3, 4])]
            as [([Int], Set<Int>)])
    func rotationsVouchBothWaysAndAKeyFromOutsideIsVouchedForByNone(_ anchors: [Int], _ trusted: Set<Int>) throws {
        #expect(try history().trusted(by: anchors.map { keys[$0].verifier }) == trusted)
    }

    @Test func aStrangersKeyVouchesForNothing() throws {
        let stranger = try #require(NoteSigner(name: "gate", seed: [UInt8](repeating: 99, count: 32)))
        #expect(try history().trusted(by: [stranger.verifier]) == nil)
        #expect(try history().trusted(by: [stranger.verifier, keys[0].verifier]) == [0, 1])
        #expect(KeyHistory().trusted(by: [stranger.verifier]) == nil)
    }

    @Test func aKeyThatComesBackHasItsOwnPeriodEachTime() throws {
        var history = KeyHistory()
        for (sequence, change) in [
            (0, try created(0, after: nil)), (5, try rotated(1, after: 0)), (9, try rotated(0, after: 1)),
        ] as [(Int64, KeyChange)] { #expect(history.add(change, sequence: sequence) == nil) }
        #expect(history.periods(ofSize: 7) == [1] && history.periods(ofSize: 10) == [2])
        #expect(history.trusted(by: [keys[0].verifier]) == [0, 1, 2])
    }

    @Test func whatDoesNotFollowIsNotTakenUp() throws {
        let right = try history()
        let old = keys[4].verifier.text
        let new = try #require(NoteSigner(name: "gate", seed: [UInt8](repeating: 9, count: 32)))
        let other = try #require(NoteSigner(name: "other", seed: [UInt8](repeating: 9, count: 32)))
        func rotation(_ key: NoteSigner, _ note: JSONValue) throws -> KeyChange {
            try Self.change(
                ["key": .string(key.verifier.text), "previous": .string(old), "rotation": note], isRotation: true)
        }
        let unsigned = KeyRotation.signed(from: keys[3], to: keys[4])
        let changes: [(String, KeyChange)] = [
            ("names no key", try Self.change(["previous": .string(old)], isRotation: false)),
            ("names no key", try Self.change(["key": "gate", "previous": .string(old)], isRotation: false)),
            ("not the one before", try created(0, after: 3)), ("not the one before", try created(0, after: nil)),
            ("not the one before", try rotated(0, after: 3)),
            ("is not signed by the old key and the new one", try rotated(0, after: 4, note: unsigned)),
            ("is not signed by the old key and the new one", try rotation(new, .null)),
            // Rotations of the right form, of another pair, the other way about, and to a key of another name.
            (
                "is not signed by the old key and the new one",
                try rotation(new, .string(KeyRotation.signed(from: new, to: keys[4])))
            ),
            (
                "is not signed by the old key and the new one",
                try rotation(other, .string(KeyRotation.signed(from: keys[4], to: other)))
            ),
            ("is not signed by the old key and the new one", try rotated(4, after: 4)),
        ]
        for (why, change) in changes {
            var history = right
            #expect(history.add(change, sequence: 50)?.contains(why) == true, "\(why)")
            #expect(history.periods.count == right.periods.count)
        }
    }

    @Test func theFirstKeySaysThatThereWasNoneBefore() throws {
        for previous: JSONValue? in [nil, [], 0, false, "x"] {
            var leaf: JSONValue = ["key": .string(keys[0].verifier.text)]
            if let previous { leaf = .object((leaf.object ?? []) + [JSONMember(name: "previous", value: previous)]) }
            var history = KeyHistory()
            #expect(history.add(try Self.change(leaf, isRotation: false), sequence: 0) != nil, "\(leaf)")
        }
        var history = KeyHistory()
        #expect(history.add(try created(0, after: nil), sequence: 0) == nil)
    }
}
