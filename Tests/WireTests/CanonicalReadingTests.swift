import DecisionLog
import Testing
import Wire

/// Reading canonical texts alone: accepted is exactly what comes out the same when it is written canonically.
@Suite struct CanonicalReadingTests {
    private static let seeds = [
        #"{"a":1,"b":[true,false,null],"c":{"d":"e"}}"#,
        #"{"":0,"\n":1,"1":2,"a":-3,"é":"\u0001\b\t\n\f\r\"\\","€":[]}"#,
        #"[0,-1,1.5,1e+21,1e-7,9007199254740992,123456789012345,100000000000000000000,0.000001]"#,
        "{\"\u{10000}\":{},\"\u{E000}\":[[]],\"\u{FFFF}\":\"\u{7F}\u{2028}\"}", #""x""#, "7", "null",
    ]
    private static let alphabet = Array("{}[]:,\"\\/bntu0123456789-+.eEaf \n".utf8) + [0, 0x1F, 0xC3, 0xA9, 0xEE, 0xF0]

    private func isCanonical(_ text: [UInt8]) -> Bool {
        let reader = JSONReader()
        return text.withUnsafeBytes { (try? reader.readCanonical($0) { _ in true }) ?? false }
    }

    private func comesOutTheSame(_ text: [UInt8]) -> Bool {
        guard let value = try? JSONReader().value(of: text), !Self.holdsInfinity(value) else { return false }
        return CanonicalJSON.bytes(of: value) == text
    }

    private static func holdsInfinity(_ value: JSONValue) -> Bool {
        switch value {
        case .number(let number): number.isInfinite
        case .array(let elements): elements.contains(where: holdsInfinity)
        case .object(let members): members.contains { holdsInfinity($0.value) }
        default: false
        }
    }

    @Test func canonicalTextsAreReadAndOthersAreNot() {
        for text in Self.seeds { #expect(isCanonical(Array(text.utf8)), "\(text)") }
        for text in [
            #"{"b":1,"a":2}"#, #"{"a":1,"a":2}"#, #"{"a":1, "b":2}"#, " 1", "1 ", "1.0", "-0", "1E3", "1e3", "1e999",
            "01",
            #""\/""#, #""\u0041""#, #""\u000A""#, #""\u000a""#, #""\u001F""#, #""\ud83d\ude00""#, "9007199254740993",
            "{\"\u{10000}\":1,\"a\":2}", "{\"\u{E000}\":1,\"\u{10000}\":2}", #"{"a\n":1,"a":2}"#, "", "[1,]",
        ] {
            #expect(!isCanonical(Array(text.utf8)), "\(text)")
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func itAgreesWithWritingOnDamagedTexts(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var accepted = 0
        for round in 0..<4000 {
            var text = Array(Self.seeds[round % Self.seeds.count].utf8)
            for _ in 0..<Int.random(in: 0...2, using: &random) where !text.isEmpty {
                let place = Int.random(in: 0..<text.count, using: &random)
                let byte = Self.alphabet[Int.random(in: 0..<Self.alphabet.count, using: &random)]
                switch Int.random(in: 0..<4, using: &random) {
                case 0: text[place] = byte
                case 1: text.insert(byte, at: place)
                case 2: text.remove(at: place)
                default: text.swapAt(place, text.count / 2)
                }
            }
            let isRight = isCanonical(text)
            try #require(isRight == comesOutTheSame(text), "\(String(decoding: text, as: UTF8.self))")
            accepted += isRight ? 1 : 0
        }
        #expect(accepted > 1200 && accepted < 3500, "\(accepted)")
    }

    @Test func bytesOfStringsAreComparedAndTakenUnescaped() throws {
        let text = Array(#"["a\"b","a\"b","c",1]"#.utf8)
        let reader = JSONReader()
        try text.withUnsafeBytes { bytes in
            try reader.read(bytes) { view in
                let views = (0..<4).compactMap { view[$0] }
                #expect(views[0].equals(views[1]) && !views[0].equals(views[2]) && !views[3].equals(views[3]))
                Array(#"a"b"#.utf8).withUnsafeBytes { expected in
                    #expect(views[0].equals(utf8: expected) && !views[2].equals(utf8: expected))
                }
                var taken: [UInt8] = []
                for view in views { view.appendString(to: &taken) }
                #expect(taken == Array(#"a"ba"bc"#.utf8))
            }
        }
    }

    /// Long strings are unescaped eight bytes at a time.
    @Test func everyEscapeIsUndoneWhereverItStands() throws {
        let escapes = [#"\""#, #"\\"#, #"\n"#, #"\/"#, #"\u0000"#, #"\u00e9"#, #"\u20ac"#, #"\ud83d\ude00"#, "é", ""]
        let reader = JSONReader()
        for (first, second) in escapes.flatMap({ first in escapes.map { (first, $0) } }) {
            for before in 0..<10 {
                for between in [0, 1, 5, 9] {
                    let plain = String(repeating: "x", count: before)
                    let text = Array("\"\(plain)\(first)\(String(repeating: "y", count: between))\(second)\"".utf8)
                    try text.withUnsafeBytes { bytes in
                        try reader.read(bytes) { view in
                            var taken = Array("z".utf8)
                            view.appendString(to: &taken)
                            let isRight = taken.withUnsafeBytes { taken in
                                view.equals(utf8: UnsafeRawBufferPointer(rebasing: taken[1...]))
                            }
                            #expect(isRight && taken.first == UInt8(ascii: "z"))
                            #expect(view.string.map { Array("z\($0)".utf8) } == taken)
                        }
                    }
                }
            }
        }
    }
}
