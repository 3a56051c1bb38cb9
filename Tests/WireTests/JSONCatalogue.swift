import Testing

/// One row of the catalogue. In `text`, `<EF BB>` stands for those bytes.
struct JSONCase: Sendable, CustomTestStringConvertible {
    let text: String
    let bytes: [UInt8]
    /// What an accepted text comes out as when it is written again; nil where it must be refused.
    let written: [UInt8]?
    let reason: String
    let offset: Int

    private init(_ text: String, written: String?, reason: String, offset: Int) {
        self.text = text
        self.bytes = Self.bytes(of: text)
        self.written = written.map { Self.bytes(of: $0) }
        self.reason = reason
        self.offset = offset
    }

    var testDescription: String { String(text.prefix(60)) }

    /// Accepted, and written again like this; exactly as it was read unless said otherwise.
    static func yes(_ text: String, _ written: String? = nil) -> JSONCase {
        JSONCase(text, written: written ?? text, reason: "", offset: 0)
    }

    /// Refused for that reason at that byte.
    static func no(_ text: String, _ reason: String, _ offset: Int) -> JSONCase {
        JSONCase(text, written: nil, reason: reason, offset: offset)
    }

    private static func bytes(of text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, part) in text.split(separator: "<", omittingEmptySubsequences: false).enumerated() {
            guard index > 0, let close = part.firstIndex(of: ">") else {
                bytes += part.utf8
                continue
            }
            bytes += part[..<close].split(separator: " ").compactMap { UInt8($0, radix: 16) }
            bytes += part[part.index(after: close)...].utf8
        }
        return bytes
    }
}

enum JSONCatalogue {
    static let accepted: [JSONCase] = [
        // Any value may stand alone.
        .yes("null"), .yes("true"), .yes("false"), .yes("0"), .yes("-1"), .yes(#""""#), .yes(#""a""#), .yes("[]"),
        .yes("{}"),
        // Space: the four characters of the RFC, anywhere between tokens.
        .yes(" 1", "1"), .yes("1 ", "1"), .yes("\t\n\r 1\t\n\r ", "1"), .yes("[ ]", "[]"), .yes("{ }", "{}"),
        .yes("[\n1\r,\t2 ]", "[1,2]"), .yes("{ \"a\" : 1 , \"b\" : 2 }", #"{"a":1,"b":2}"#),
        .yes("\n{\"a\"\n:\n[\n]\n}\n", #"{"a":[]}"#),
        // Containers.
        .yes("[1]"), .yes("[1,2,3]"), .yes("[[]]"), .yes("[[],[]]"), .yes("[{}]"), .yes("[[1],[2,[3]],4]"),
        .yes("[null,true,false,0,\"\",[],{}]"), .yes(#"{"a":1}"#), .yes(#"{"a":{"b":{"c":[]}}}"#),
        .yes(#"{"":0}"#), .yes(#"{"a":1,"b":1}"#), .yes(#"{"a":null,"b":[],"c":{}}"#),
        .yes(#"[{"a":1},{"a":1}]"#), .yes(#"{"a":{"a":{"a":1}}}"#), .yes(#"{"b":1,"a":2}"#),
        // Names that look alike and are not.
        .yes(#"{"a":1,"A":2}"#), .yes(#"{"a":1,"a ":2}"#), .yes(#"{"a":1,"aa":2}"#), .yes(#"{"a":1,"\\u0061":2}"#),
        .yes("{\"\u{E9}\":1,\"e\u{301}\":2}"), .yes("{\"K\":1,\"\u{212A}\":2}"),
        .yes(#"{"":1,"\u0000":2}"#),
        // Numbers.
        .yes("-0", "0"), .yes("0.0", "0"), .yes("-0.0", "0"), .yes("0e0", "0"), .yes("0E+00", "0"),
        .yes("0e99999999999999999999", "0"), .yes("12345678901234567"), .yes("1.5"), .yes("-1.5"), .yes("0.25"),
        .yes("1e3", "1000"), .yes("1E3", "1000"), .yes("1e+3", "1000"), .yes("15e-1", "1.5"), .yes("1e-3", "0.001"),
        .yes("1.0", "1"), .yes("100e-2", "1"), .yes("1.50e1", "15"), .yes("1e007", "10000000"), .yes("10.25e2", "1025"),
        .yes("9223372036854775807"), .yes("-9223372036854775808"), .yes("9223372036854775808", "9223372036854776000"),
        .yes("-9223372036854775809", "-9223372036854776000"), .yes("1e21", "1e+21"), .yes("1e-7"),
        .yes("123e-20", "1.23e-18"), .yes("0.1e1", "1"), .yes("[-0,-1,-1.0]", "[0,-1,-1]"),
        .yes("100000000000000000000000000000000e-32", "1"), .yes("0.000000000000000000000001e24", "1"),
        // Beyond a double: well-formed all the same; too small is 0, too large keeps its one spelling.
        .yes("1e400", "1e999"), .yes("-1e400", "-1e999"), .yes("1e-400", "0"), .yes("[1e99999999999999999]", "[1e999]"),
        .yes("1.7976931348623157e308", "1.7976931348623157e+308"), .yes("5e-324"),
        // Strings.
        .yes(#""\"\\\b\f\n\r\t""#), .yes(#""\/""#, #""/""#), .yes(#""/""#), .yes(#""\u0041""#, #""A""#),
        .yes(#""\u00e9\u00E9""#, #""éé""#), .yes(#""\u20ac""#, #""€""#), .yes(#""\ud83d\ude00""#, #""😀""#),
        .yes(#""\uD83D\uDE00""#, #""😀""#), .yes(#""\ud800\udc00""#, "\"\u{10000}\""),
        .yes(#""\udbff\udfff""#, "\"\u{10FFFF}\""), .yes(#""\u0000""#), .yes(#""\u001f\u0001""#),
        .yes(#""\u0008\u000c\u000a\u000d\u0009""#, #""\b\f\n\r\t""#), .yes(#""\u007f""#, "\"\u{7F}\""),
        .yes("\"\u{7F}\""), .yes(#""\u0022\u005c""#, #""\"\\""#), .yes(#""\\u0041""#), .yes(#""\\\\""#),
        .yes(#""a\\""#),
        .yes("\"\u{80}\""), .yes("\"\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}\""), .yes("\"\u{D7FF}\u{E000}\""),
        .yes("\"\u{2028}\u{2029}\""), .yes("\"\u{FEFF}\""), .yes(#""\ufeff""#, "\"\u{FEFF}\""),
        .yes("\"<EF B7 90 EF BF BE>\""),
        .yes("\"é\""), .yes("\"日本語\""), .yes("\"👩‍👩‍👧\""), .yes("\"// no comment /* here */\""), .yes("\"[1,2\""),
        .yes("\"0123456\""), .yes("\"01234567\""), .yes("\"012345678901234567890123\""), .yes("\"0123456\\n\""),
        .yes("\"01234567\\n\""), .yes("\"0123456é\""), .yes("\"01234567é89\""),
        .yes(#"{"\u0061":1,"b":2}"#, #"{"a":1,"b":2}"#),
        .yes(#"{"\n":1,"\r":2}"#),
        // As deep as it may go.
        .yes(String(repeating: "[", count: 64) + String(repeating: "]", count: 64)),
        .yes(String(repeating: "{\"a\":", count: 63) + "[]" + String(repeating: "}", count: 63)),
        .yes(String(repeating: "[", count: 64) + "1" + String(repeating: "]", count: 64)),
    ]

    static let refused: [JSONCase] = [
        // Nothing, or not enough.
        .no("", "an empty frame", 0), .no(" ", "the text ends too early", 1), .no("\n\n", "the text ends too early", 2),
        .no("[", "the text ends too early", 1), .no("{", "the text ends too early", 1),
        .no("[1", "the text ends too early", 2),
        .no("[1,", "the text ends too early", 3), .no("[[]", "the text ends too early", 3),
        .no(#"{"a""#, "the text ends too early", 4), .no(#"{"a":"#, "the text ends too early", 5),
        .no(#"{"a":1"#, "the text ends too early", 6), .no(#"{"a":1,"#, "the text ends too early", 7),
        .no("tru", "the text ends too early", 3), .no("-", "the text ends too early", 1),
        .no("1.", "the text ends too early", 2),
        .no("1e", "the text ends too early", 2), .no("1e+", "the text ends too early", 3),
        .no("[tru", "the text ends too early", 4),
        // Too much.
        .no("1 2", "bytes after the value", 2), .no("[]]", "bytes after the value", 2),
        .no("{}}", "bytes after the value", 2),
        .no("null,", "bytes after the value", 4), .no("[][]", "bytes after the value", 2),
        .no("\"a\"b", "bytes after the value", 3),
        .no("1<00>", "bytes after the value", 1), .no("{} //", "bytes after the value", 3),
        .no("[]#", "bytes after the value", 2),
        .no("truefalse", "bytes after the value", 4), .no("nulll", "bytes after the value", 4),
        .no("{}<EF BB BF>", "bytes after the value", 2),
        .no("1 <C3 A9>", "bytes after the value", 2), .no("0x1", "bytes after the value", 1),
        .no("1_000", "bytes after the value", 1),
        .no("1L", "bytes after the value", 1), .no("1.5.2", "bytes after the value", 3),
        .no("1e3.5", "bytes after the value", 3),
        .no("1-", "bytes after the value", 1), .no("\"\"\"", "bytes after the value", 2),
        // Commas and colons.
        .no("[,]", "unexpected ,", 1), .no("[1,]", "unexpected ]", 3), .no("[,1]", "unexpected ,", 1),
        .no("[1,,2]", "unexpected ,", 3),
        .no("[1 2]", "unexpected 2", 3), .no("[1:2]", "unexpected :", 2), .no("[1;2]", "unexpected ;", 2),
        .no(",", "unexpected ,", 0),
        .no("{,}", "unexpected ,", 1), .no(#"{"a":1,}"#, "unexpected }", 7), .no(#"{"a":1,,"b":2}"#, "unexpected ,", 7),
        .no(#"{"a" 1}"#, "unexpected 1", 5), .no(#"{"a",1}"#, "unexpected ,", 4), .no(#"{"a"::1}"#, "unexpected :", 5),
        .no(#"{"a":}"#, "unexpected }", 5), .no(#"{"a":1:2}"#, "unexpected :", 6), .no(#"{"a"}"#, "unexpected }", 4),
        .no(#"{:1}"#, "unexpected :", 1), .no(#"{"a":1 "b":2}"#, "unexpected \"", 7),
        .no(#"{"a"=1}"#, "unexpected =", 4),
        // Brackets that do not match.
        .no("[}", "unexpected }", 1), .no("{]", "unexpected ]", 1), .no("[1}", "unexpected }", 2),
        .no(#"{"a":1]"#, "unexpected ]", 6),
        .no("]", "unexpected ]", 0), .no("}", "unexpected }", 0), .no("[[1]}", "unexpected }", 4),
        .no("(1)", "unexpected (", 0),
        // Names that are not strings.
        .no("{a:1}", "unexpected a", 1), .no("{1:1}", "unexpected 1", 1), .no("{null:1}", "unexpected n", 1),
        .no("{'a':1}", "unexpected '", 1),
        .no("{[]:1}", "unexpected [", 1), .no(#"{"a":1,b:2}"#, "unexpected b", 7),
        // What other languages have.
        .no("NaN", "unexpected N", 0), .no("Infinity", "unexpected I", 0), .no("-Infinity", "unexpected I", 1),
        .no("nan", "unexpected a", 1),
        .no("True", "unexpected T", 0), .no("NULL", "unexpected N", 0), .no("undefined", "unexpected u", 0),
        .no("'a'", "unexpected '", 0),
        .no("/**/1", "unexpected /", 0), .no("//\n1", "unexpected /", 0), .no("[1/**/]", "unexpected /", 2),
        .no("#\n1", "unexpected #", 0),
        .no("[...]", "unexpected .", 1), .no("trUe", "unexpected U", 2), .no("falsy", "unexpected y", 4),
        .no("nul1", "unexpected 1", 3),
        .no("[a]", "unexpected a", 1), .no("`a`", "unexpected `", 0), .no("<3C>a>", "unexpected <", 0),
        .no("$", "unexpected $", 0),
        // Space that is not JSON's, and bytes that are nothing.
        .no("<0C>1", "unexpected byte 0x0c", 0), .no("<0B>1", "unexpected byte 0x0b", 0),
        .no("[<00>]", "unexpected byte 0x00", 1),
        .no("[1<C2 A0>]", "unexpected byte 0xc2", 2), .no("<E2 81 A0>1", "unexpected byte 0xe2", 0),
        .no("<7F>", "unexpected byte 0x7f", 0),
        .no("[<FF>]", "unexpected byte 0xff", 1), .no("<1A>", "unexpected byte 0x1a", 0),
        .no("<E2 80 9C>a<E2 80 9D>", "unexpected byte 0xe2", 0),
        // Byte order marks and other encodings.
        .no("<EF BB BF>", "a byte order mark", 0), .no("<EF BB BF>{}", "a byte order mark", 0),
        .no("<EF BB>{}", "unexpected byte 0xef", 0),
        .no(" <EF BB BF>{}", "unexpected byte 0xef", 1), .no("[<EF BB BF>]", "unexpected byte 0xef", 1),
        .no("<FE FF 00 31>", "unexpected byte 0xfe", 0), .no("<FF FE 31 00>", "unexpected byte 0xff", 0),
        .no("<00 31>", "unexpected byte 0x00", 0),
        .no("{<00>", "unexpected byte 0x00", 1),
        // Numbers.
        .no("01", "a number with a leading zero", 0), .no("-01", "a number with a leading zero", 1),
        .no("00", "a number with a leading zero", 0),
        .no("[012]", "a number with a leading zero", 1), .no("00.5", "a number with a leading zero", 0),
        .no("+1", "unexpected +", 0),
        .no(".5", "unexpected .", 0), .no("-.5", "unexpected .", 1), .no("[1.]", "unexpected ]", 3),
        .no("1.e1", "unexpected e", 2),
        .no("[1e]", "unexpected ]", 3), .no("[1e+]", "unexpected ]", 4), .no("1e++1", "unexpected +", 3),
        .no("1ee1", "unexpected e", 2),
        .no("--1", "unexpected -", 1), .no("-a", "unexpected a", 1), .no("- 1", "unexpected byte 0x20", 1),
        .no("[1e1.0]", "unexpected .", 4),
        .no("[0x1]", "unexpected x", 2), .no("[1 e1]", "unexpected e", 3), .no("[-]", "unexpected ]", 2),
        .no("1e<D9 A1>", "unexpected byte 0xd9", 2),
        .no("<D9 A1>", "unexpected byte 0xd9", 0), .no("[1<00>2]", "unexpected byte 0x00", 2),
        .no("[1+2]", "unexpected +", 2),
        // Strings that do not end.
        .no("\"", "the text ends inside a string", 1), .no("\"abc", "the text ends inside a string", 4),
        .no("[\"", "the text ends inside a string", 2),
        .no(#""\"#, "the text ends inside a string", 2), .no(#""\""#, "the text ends inside a string", 3),
        .no(#""\u"#, "the text ends inside a string", 3), .no(#""\u004"#, "the text ends inside a string", 6),
        .no(#"{"a"#, "the text ends inside a string", 3), .no(#""abc\\\""#, "the text ends inside a string", 8),
        .no("\"0123456789abcdef", "the text ends inside a string", 17),
        .no(#""a]"#, "the text ends inside a string", 3),
        // Escapes.
        .no(#""\a""#, "an unknown escape", 1), .no(#""\x41""#, "an unknown escape", 1),
        .no(#""\'""#, "an unknown escape", 1),
        .no(#""\0""#, "an unknown escape", 1), .no(#""\U0041""#, "an unknown escape", 1),
        .no(#""a\ ""#, "an unknown escape", 2),
        .no("\"\\\n\"", "an unknown escape", 1), .no(#""\v""#, "an unknown escape", 1),
        .no(#""\<C3 A9>""#, "an unknown escape", 1),
        .no(#""\u""#, "an escape without four hexadecimal digits", 1),
        .no(#""\u12""#, "an escape without four hexadecimal digits", 1),
        .no(#""\u00g0""#, "an escape without four hexadecimal digits", 1),
        .no(#""\u+041""#, "an escape without four hexadecimal digits", 1),
        .no(#""\u 041""#, "an escape without four hexadecimal digits", 1),
        .no(#""\u{41}""#, "an escape without four hexadecimal digits", 1),
        .no(#"["a\u004"]"#, "an escape without four hexadecimal digits", 3), .no(#"{"\q":1}"#, "an unknown escape", 2),
        // Surrogates.
        .no(#""\ud800""#, "a lone surrogate", 1), .no(#""\udc00""#, "a lone surrogate", 1),
        .no(#""\udbff""#, "a lone surrogate", 1),
        .no(#""\uDFFF""#, "a lone surrogate", 1), .no(#""\ud83dx""#, "a lone surrogate", 1),
        .no(#""\ud83d\n""#, "a lone surrogate", 1),
        .no(#""\ud83d\u0041""#, "a lone surrogate", 1), .no(#""\ud83d\ud83d""#, "a lone surrogate", 1),
        .no(#""\ude00\ud83d""#, "a lone surrogate", 1),
        .no(#""ab\ud83d\ud83d\ude00""#, "a lone surrogate", 3),
        .no(#""\ud83d\u12""#, "an escape without four hexadecimal digits", 7),
        .no(#"{"\ud800":1}"#, "a lone surrogate", 2), .no(#""\ud83d"#, "a lone surrogate", 1),
        .no(#""\ud83d\\ude00""#, "a lone surrogate", 1),
        // Control characters in strings.
        .no("\"<00>\"", "a control character in a string", 1), .no("\"a<0A>\"", "a control character in a string", 2),
        .no("\"<09>\"", "a control character in a string", 1), .no("\"<1F>\"", "a control character in a string", 1),
        .no("\"0123456<0D>89\"", "a control character in a string", 8),
        .no("\"01234567<01>89\"", "a control character in a string", 9),
        .no("{\"a<0A>\":1}", "a control character in a string", 3), .no("[\"\\<00>\"]", "an unknown escape", 2),
        // UTF-8.
        .no("\"<80>\"", "invalid UTF-8", 1), .no("\"<BF>\"", "invalid UTF-8", 1),
        .no("\"<C0 80>\"", "invalid UTF-8", 1),
        .no("\"<C1 BF>\"", "invalid UTF-8", 1), .no("\"<E0 80 80>\"", "invalid UTF-8", 1),
        .no("\"<E0 9F BF>\"", "invalid UTF-8", 1),
        .no("\"<F0 80 80 80>\"", "invalid UTF-8", 1), .no("\"<F0 8F BF BF>\"", "invalid UTF-8", 1),
        .no("\"<ED A0 80>\"", "invalid UTF-8", 1),
        .no("\"<ED BF BF>\"", "invalid UTF-8", 1), .no("\"<ED A0 BD ED B8 80>\"", "invalid UTF-8", 1),
        .no("\"<F4 90 80 80>\"", "invalid UTF-8", 1),
        .no("\"<F5 80 80 80>\"", "invalid UTF-8", 1), .no("\"<FE>\"", "invalid UTF-8", 1),
        .no("\"<FF>\"", "invalid UTF-8", 1),
        .no("\"<C3>\"", "invalid UTF-8", 1), .no("\"<E2 82>\"", "invalid UTF-8", 1),
        .no("\"<F0 9F 98>\"", "invalid UTF-8", 1), .no("\"<C3>", "invalid UTF-8", 1),
        .no("\"<E2 82>", "invalid UTF-8", 1),
        .no("\"<F0 9F 98>", "invalid UTF-8", 1), .no("\"abcdefgh<F8 88 80 80 80>\"", "invalid UTF-8", 9),
        .no("\"<C3 C3 A9>\"", "invalid UTF-8", 1),
        .no("\"<C3 A9 A9>\"", "invalid UTF-8", 3), .no("{\"<FF>\":1}", "invalid UTF-8", 2),
        .no("\"\\u00e9<E9>\"", "invalid UTF-8", 7),
        .no("\"<F0 9F 98 41>\"", "invalid UTF-8", 1), .no("\"<E2 28 A1>\"", "invalid UTF-8", 1),
        .no("\"<C2 22>", "invalid UTF-8", 1),
        // Names that stand twice.
        .no(#"{"a":1,"a":1}"#, #"duplicate member name "a""#, 7),
        .no(#"{"a":1,"b":2,"a":3}"#, #"duplicate member name "a""#, 13),
        .no(#"{"a":1,"\u0061":2}"#, #"duplicate member name "a""#, 7),
        .no(#"{"\u0061":1,"a":2}"#, #"duplicate member name "a""#, 12),
        .no(#"{"\u0061":1,"\u0061":2}"#, #"duplicate member name "a""#, 12),
        .no(#"{"/":1,"\/":2}"#, #"duplicate member name "/""#, 7),
        .no(#"{"":1,"":2}"#, #"duplicate member name """#, 6),
        .no(#"[[{"x":{"a":1,"a":2}}]]"#, #"duplicate member name "a""#, 14),
        .no(#"{"é":1,"\u00e9":2}"#, #"duplicate member name "é""#, 8),
        .no(#"{"\ud83d\ude00":1,"😀":2}"#, #"duplicate member name "😀""#, 18),
        .no(#"{"a":1,"a":}"#, "unexpected }", 11), .no(#"{"a":{},"a":[]}"#, #"duplicate member name "a""#, 8),
        .no(#"{"\\":1,"\u005c":2}"#, #"duplicate member name "\""#, 8),
        .no(#"{"b":{"a":1},"a":1,"b":1}"#, #"duplicate member name "b""#, 19),
        // Too deep.
        .no(String(repeating: "[", count: 65) + String(repeating: "]", count: 65), "nesting deeper than 64", 64),
        .no(String(repeating: "[", count: 100_000), "nesting deeper than 64", 64),
        .no(String(repeating: "{\"a\":", count: 65), "nesting deeper than 64", 320),
        .no(String(repeating: "[{\"a\":", count: 100), "nesting deeper than 64", 192),
    ]
}
