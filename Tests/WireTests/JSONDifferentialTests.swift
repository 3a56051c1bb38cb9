import Testing
import Wire

@Suite struct JSONDifferentialTests {
    private static let seeds: [[UInt8]] =
        [
            #"{"jsonrpc":"2.0","id":12345,"method":"session.get","params":{"id":"build-the-thing-mhk3v0q1"}}"#,
            #"{"a":[1,-2.5e+3,0.0],"b":{"c":null,"d":[true,false]},"é":"\u00e9\ud83d\ude00"}"#,
            #"["\"\\\/\b\f\n\r\t","\u0000","😀€é"]"#, #" [ [ ] , { } , [ { "x" : [ 1E-2 ] } ] ] "#,
            "{\((0..<20).map { "\"k\($0)\":\($0)" }.joined(separator: ","))}", #"{"a":1,"\u0061b":2,"ab\u0063":3}"#,
        ].map { Array($0.utf8) }

    /// Bytes that mean something to a parser, or nearly.
    private static let alphabet =
        Array("{}[]:,\"\\/ubnt0123456789-+.eEadf \t\nlrs".utf8) + [0, 0x1F, 0x80, 0xC3, 0xA9, 0xFF]

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func theReaderAgreesWithTheReferenceOnDamagedTexts(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let reader = JSONReader()
        var accepted = 0
        for round in 0..<3_000 {
            var text = Self.seeds[round % Self.seeds.count]
            for _ in 0..<Int.random(in: 0...3, using: &random) { damage(&text, &random) }
            let expected = ReferenceJSON.value(of: text)
            let found = try? text.withUnsafeBytes { try reader.read($0) { JSONValue(likeReference: $0) } }
            try #require(found == expected, "\(String(decoding: text, as: UTF8.self))")
            accepted += found == nil ? 0 : 1
        }
        #expect(accepted > 600 && accepted < 2_400, "the damage is neither nothing nor everything")
    }

    private func damage(_ text: inout [UInt8], _ random: inout SeededGenerator) {
        guard !text.isEmpty else { return }
        let place = Int.random(in: 0..<text.count, using: &random)
        let byte = Self.alphabet[Int.random(in: 0..<Self.alphabet.count, using: &random)]
        switch Int.random(in: 0..<5, using: &random) {
        case 0: text[place] = byte
        case 1: text.insert(byte, at: place)
        case 2: text.remove(at: place)
        case 3: text.swapAt(place, Int.random(in: 0..<text.count, using: &random))
        default: text.insert(contentsOf: text[place..<min(place + 6, text.count)], at: place)
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func whatIsWrittenIsReadBackEqual(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let reader = JSONReader()
        for _ in 0..<1_000 {
            let value = randomValue(depth: 0, &random)
            var writer = JSONWriter()
            writer.value(value)
            try #require(try reader.value(of: writer.bytes) == value)
        }
    }

    private func randomValue(depth: Int, _ random: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth < 4 ? 8 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .integer(Int64(bitPattern: random.next()) >> Int64.random(in: 0..<64, using: &random))
        case 3: return .number(randomFraction(&random))
        case 4, 5: return .string(randomString(&random))
        case 6:
            return .array(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in randomValue(depth: depth + 1, &random) })
        default:
            return .object(
                (0..<Int.random(in: 0...20, using: &random)).map {
                    JSONMember(name: "\($0)" + randomString(&random), value: randomValue(depth: depth + 1, &random))
                })
        }
    }

    /// Any finite double that is not an integer of 64 bits, which would come back as one.
    private func randomFraction(_ random: inout SeededGenerator) -> Double {
        let number = Double(bitPattern: random.next())
        return number.isFinite && Int64(exactly: number) == nil ? number : 0.5
    }

    private func randomString(_ random: inout SeededGenerator) -> String {
        var scalars = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let bits = UInt32.random(in: 4...21, using: &random)
            if let scalar = Unicode.Scalar(UInt32.random(in: 0..<(1 << bits), using: &random)) {
                scalars.append(scalar)
            }
        }
        return String(scalars)
    }
}
