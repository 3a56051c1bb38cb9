import DecisionLog
import Testing
import Wire

@Suite struct CanonicalJSONTests {
    private func canonical(_ text: String) throws -> String {
        String(decoding: CanonicalJSON.bytes(of: try JSONReader().value(of: Array(text.utf8))), as: UTF8.self)
    }

    /// The sample of RFC 8785, section 3.2.2 and its result in 3.2.3.
    @Test func theSampleOfTheRFCComesOutAsTheRFCSays() throws {
        let text = #"""
            {
              "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """#
        let expected =
            #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#
            + #""string":"€$\u000f\nA'B\"\\\\\"/"}"#
        #expect(try canonical(text).utf8.elementsEqual(expected.utf8))
    }

    /// The names of RFC 8785, section 3.2.3, and their order.
    @Test func namesAreSortedByUTF16CodeUnits() throws {
        let text = #"""
            {"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
             "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}
            """#
        let sorted = try JSONReader().value(of: Array(try canonical(text).utf8)).object?.map(\.value)
        #expect(
            sorted == [
                "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign",
                "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh",
            ])
    }

    @Test func theOrderIsThatOfUTF16ForEveryKindOfName() throws {
        let scalars: [Unicode.Scalar] = [
            "a", "z", "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{EFFF}", "\u{F000}",
            "\u{FFFD}",
            "\u{10000}", "\u{3FFFF}", "\u{40000}", "\u{10FFFF}",
        ]
        var names = [""]
        for first in scalars {
            names.append(String(first))
            for second in scalars { names.append(String(first) + String(second)) }
        }
        let value = JSONValue.object(names.shuffled().map { JSONMember(name: $0, value: 0) })
        let sorted = try JSONReader().value(of: CanonicalJSON.bytes(of: value)).object?.map { Array($0.name.utf16) }
        #expect(sorted == names.map { Array($0.utf16) }.sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test(arguments: [
        (#"{"b":{"d":1,"c":2},"a":[{"z":1,"y":2}]}"#, #"{"a":[{"y":2,"z":1}],"b":{"c":2,"d":1}}"#),
        (#"[3,1,2]"#, "[3,1,2]"), (#"{"aa":1,"a":2,"":3,"B":4}"#, #"{"":3,"B":4,"a":2,"aa":1}"#), (" [ ] ", "[]"),
        (#""\u0000\u001f\u007f\u2028""#, "\"\\u0000\\u001f\u{7F}\u{2028}\""), ("[1.0,-0,1e2]", "[1,0,100]"),
        ("[9007199254740992,-9007199254740992]", "[9007199254740992,-9007199254740992]"),
        ("[9007199254740993,1152921504606846976]", "[9007199254740992,1152921504606847000]"),
        ("[9223372036854775807,-9223372036854775808]", "[9223372036854776000,-9223372036854776000]"),
    ])
    func objectsAreSortedAtEveryDepthAndArraysAreNot(text: String, expected: String) throws {
        #expect(try canonical(text) == expected)
        #expect(try canonical(expected) == expected)
    }
}
