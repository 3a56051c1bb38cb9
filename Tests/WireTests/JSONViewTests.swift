import Testing
import Wire

@Suite struct JSONViewTests {
    private func read<R>(_ text: String, _ body: (JSONView) throws -> R) throws -> R {
        try Array(text.utf8).withUnsafeBytes { try JSONReader().read($0, body) }
    }

    @Test func everyKindIsToldApart() throws {
        let kinds = try read(#"[null,true,0,"",[],{}]"#) { root in
            var kinds: [JSONView.Kind] = [root.kind]
            root.forEachElement { kinds.append($0.kind) }
            return kinds
        }
        #expect(kinds == [.array, .null, .bool, .number, .string, .array, .object])
    }

    @Test func rawBytesAreTheTextAsItWasWritten() throws {
        let raw = try read(#" [ 1.50e+0 , "a\u0062" , [ 1 ,2], {"x" : null } ,true]"#) { root in
            var raw: [String] = []
            root.forEachElement { raw.append(String(decoding: $0.rawBytes, as: UTF8.self)) }
            return raw
        }
        #expect(raw == ["1.50e+0", #""a\u0062""#, "[ 1 ,2]", #"{"x" : null }"#, "true"])
    }

    @Test func aValueIsNilWhereItIsOfAnotherKind() throws {
        try read(#"[null,true,1,"1",[1],{"a":1}]"#) { root in
            var bools: [Bool?] = []
            var ints: [Int64?] = []
            var doubles: [Double?] = []
            var strings: [String?] = []
            root.forEachElement {
                bools.append($0.bool)
                ints.append($0.int)
                doubles.append($0.double)
                strings.append($0.string)
            }
            #expect(bools == [nil, true, nil, nil, nil, nil])
            #expect(ints == [nil, nil, 1, nil, nil, nil])
            #expect(doubles == [nil, nil, 1, nil, nil, nil])
            #expect(strings == [nil, nil, nil, "1", nil, nil])
        }
    }

    @Test func membersAndElementsAreFoundBehindNestedOnes() throws {
        try read(#"{"a":[1,[2,{"b":3}],4],"b":{"a":{"a":5}},"\u0063":6}"#) { root in
            #expect(root.count == 3)
            #expect(root["a"]?[0]?.int == 1)
            #expect(root["a"]?[1]?[1]?["b"]?.int == 3)
            #expect(root["a"]?[2]?.int == 4)
            #expect(root["b"]?["a"]?["a"]?.int == 5)
            #expect(root["c"]?.int == 6)
            #expect(root["d"] == nil)
            #expect(root[0] == nil)
            #expect(root["a"]?[3] == nil)
            #expect(root["a"]?[-1] == nil)
            #expect(root["a"]?["a"] == nil)
            #expect(root["c"]?["a"] == nil)
            #expect(root["c"]?.count == 0)
        }
    }

    @Test func membersComeInTheOrderWritten() throws {
        let members = try read(#"{"b":1,"a":[2,3],"\n":{}}"#) { root in
            var members: [JSONMember] = []
            root.forEachMember { members.append(JSONMember(name: $0.string ?? "", value: $1.value)) }
            root.forEachElement { _ in Issue.record("an object has no elements") }
            return members
        }
        #expect(members.map(\.name) == ["b", "a", "\n"])
        #expect(members.map(\.value) == [1, [2, 3], [:]])
    }

    @Test func stringsAreComparedByTheirUnescapedBytes() throws {
        try read(#"["session.get","\u0073ession.\u0067et","session.ge","session.gett","","é","\u00e9","e\u0301",1]"#) {
            #expect($0[0]?.equals("session.get") == true)
            #expect($0[1]?.equals("session.get") == true)
            #expect($0[2]?.equals("session.get") == false)
            #expect($0[3]?.equals("session.get") == false)
            #expect($0[4]?.equals("") == true)
            #expect($0[4]?.equals("a") == false)
            #expect($0[5]?.equals("é") == true)
            #expect($0[6]?.equals("é") == true)
            #expect($0[7]?.equals("é") == false)
            #expect($0[8]?.equals("1") == false)
            #expect($0.equals("session.get") == false)
        }
    }

    @Test(arguments: [
        (#""a""#, false), (#""\u0000""#, true), (#""\\u0000""#, false), (#"["a",["b\u0000"]]"#, true),
        (#"{"a":{"\u0000":1}}"#, true), (#"{"a":["b"]}"#, false), (#"["\u0001\u0010\u0100"]"#, false),
    ])
    func aNULIsSeenAtAnyDepth(text: String, expected: Bool) throws {
        #expect(try read(text) { $0.containsNUL } == expected)
    }

    @Test func onlyTheContainersAroundANULHoldIt() throws {
        try read(#"[["a"],["\u0000"],["b"],{"c":"d"}]"#) { root in
            var found: [Bool] = []
            root.forEachElement { found.append($0.containsNUL) }
            #expect(found == [false, true, false, false])
        }
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("-0.0e5", 0), ("7", 7), ("7.0", 7), ("7.000", 7), ("70e-1", 7), ("0.7e1", 7),
            ("0.07E+2", 7), ("-7e0", -7), ("1e18", 1_000_000_000_000_000_000), ("9223372036854775807", Int64.max),
            ("-9223372036854775808", Int64.min), ("922337203685477580.7e1", Int64.max),
            ("9007199254740993", 9_007_199_254_740_993),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("1e19", nil), ("-1e19", nil), ("1e400", nil),
            ("1.5", nil), ("15e-2", nil), ("1e-1", nil), ("1e-999999999999999999999", nil),
            ("0e-999999999999999999999", 0),
            ("1e999999999999999999999", nil), ("18446744073709551617", nil), ("0.00", 0), ("10.0100e2", 1001),
            ("10.0100e1", nil),
        ] as [(String, Int64?)])
    func anIntegerIsOneHoweverItIsWritten(text: String, expected: Int64?) throws {
        #expect(try read(text) { $0.int } == expected)
    }

    @Test func anIntegerMayHaveAMillionZerosTakenAway() throws {
        let zeros = String(repeating: "0", count: 1_000_000)
        #expect(try read("42\(zeros)e-1000000") { $0.int } == 42)
        #expect(try read("0.\(zeros)42e1000002") { $0.int } == 42)
        #expect(try read("42\(zeros)1e-1000001") { $0.int } == nil)
    }
}
