import Testing
import Wire

@Suite struct JSONWriterTests {
    private func text(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func commasStandBetweenAndNowhereElse() {
        let written = text { writer in
            writer.beginObject()
            writer.name("a")
            writer.beginArray()
            writer.endArray()
            writer.name(String("b"))
            writer.beginArray()
            writer.null()
            writer.bool(true)
            writer.bool(false)
            writer.integer(1)
            writer.integer(Int64(-2))
            writer.number(0.5)
            writer.string("s")
            writer.raw(Array("[3]".utf8))
            writer.beginObject()
            writer.endObject()
            writer.beginObject()
            writer.name("c")
            writer.value([:])
            writer.endObject()
            writer.endArray()
            writer.name("d")
            Array("\"x\"".utf8).withUnsafeBytes { writer.raw($0) }
            writer.endObject()
        }
        #expect(written == #"{"a":[],"b":[null,true,false,1,-2,0.5,"s",[3],{},{"c":{}}],"d":"x"}"#)
    }

    @Test func everyASCIICharacterIsEscapedInItsOneWay() {
        let named: [UInt8: String] = [
            8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 0x22: "\\\"", 0x5C: "\\\\",
        ]
        for byte in UInt8(0)..<0x80 {
            let hex = String(byte, radix: 16)
            let plain = byte < 0x20 ? "\\u00\(byte < 16 ? "0" : "")\(hex)" : String(Unicode.Scalar(byte))
            let expected = named[byte] ?? plain
            #expect(text { $0.string(String(Unicode.Scalar(byte))) } == "\"\(expected)\"")
            // At each place of a word of eight bytes, and behind one.
            for place in 0...17 {
                let before = String(repeating: "x", count: place)
                let string = before + String(Unicode.Scalar(byte)) + "é"
                #expect(text { $0.string(string) }.utf8.elementsEqual("\"\(before)\(expected)é\"".utf8))
            }
        }
    }

    @Test func namesAreEscapedToo() {
        #expect(text { $0.value(["a\"\n": 1]) } == #"{"a\"\n":1}"#)
    }

    @Test func bytesOfUTF8AreWrittenAsTheyAre() {
        let written = text { writer in
            writer.beginArray()
            Array("é€😀\u{2028}\u{7F}".utf8).withUnsafeBytes { writer.string(utf8: $0) }
            writer.string(utf8: UnsafeRawBufferPointer(start: nil, count: 0))
            writer.endArray()
        }
        #expect(written == "[\"é€😀\u{2028}\u{7F}\",\"\"]")
    }

    @Test(
        arguments: [
            0, 1, -1, 9, 10, -10, 1_234_567_890, .max, .min, 1_000_000_000_000_000_000,
        ] as [Int64])
    func integersAreWrittenInFull(integer: Int64) {
        #expect(text { $0.integer(integer) } == String(integer))
    }

    /// The samples of RFC 8785, appendix B: bits, and the text that ECMAScript gives them.
    @Test(
        arguments: [
            (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"), (0x7FEF_FFFF_FFFF_FFFF, "1.7976931348623157e+308"),
            (0xFFEF_FFFF_FFFF_FFFF, "-1.7976931348623157e+308"), (0x4340_0000_0000_0000, "9007199254740992"),
            (0xC340_0000_0000_0000, "-9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44B5_2D02_C7E1_4AF5, "9.999999999999997e+22"), (0x44B5_2D02_C7E1_4AF6, "1e+23"),
            (0x44B5_2D02_C7E1_4AF7, "1.0000000000000001e+23"), (0x444B_1AE4_D6E2_EF4E, "999999999999999700000"),
            (0x444B_1AE4_D6E2_EF4F, "999999999999999900000"), (0x444B_1AE4_D6E2_EF50, "1e+21"),
            (0x3EB0_C6F7_A0B5_ED8C, "9.999999999999997e-7"), (0x3EB0_C6F7_A0B5_ED8D, "0.000001"),
            (0x41B3_DE43_5555_5553, "333333333.3333332"), (0x41B3_DE43_5555_5554, "333333333.33333325"),
            (0x41B3_DE43_5555_5555, "333333333.3333333"), (0x41B3_DE43_5555_5556, "333333333.3333334"),
            (0x41B3_DE43_5555_5557, "333333333.33333343"), (0xBECB_F647_612F_3696, "-0.0000033333333333333333"),
            (0x4314_3FF3_C1CB_0959, "1424953923781206.2"),
        ] as [(UInt64, String)])
    func numbersAreWrittenAsECMAScriptWritesThem(bits: UInt64, expected: String) {
        #expect(text { $0.number(Double(bitPattern: bits)) } == expected)
    }

    @Test(
        arguments: [
            (1, "1"), (100, "100"), (123.456, "123.456"), (0.1, "0.1"), (0.00001, "0.00001"), (1e-7, "1e-7"),
            (1.5e-7, "1.5e-7"), (1e20, "100000000000000000000"), (1.2e20, "120000000000000000000"), (1.2e21, "1.2e+21"),
            (-0.5, "-0.5"), (4.5, "4.5"), (1e100, "1e+100"), (.infinity, "1e999"), (-.infinity, "-1e999"),
        ] as [(Double, String)])
    func pointAndExponentAreWhereECMAScriptPutsThem(number: Double, expected: String) {
        #expect(text { $0.number(number) } == expected)
    }

    @Test func infinityIsReadBackAsItself() throws {
        #expect(try JSONReader().value(of: Array("[1e999,-1e999]".utf8)) == [.number(.infinity), .number(-.infinity)])
    }
}
