import Testing
import Wire

@Suite struct JSONValueTests {
    private let value: JSONValue = [
        "null": nil, "bool": true, "int": 7, "number": 0.5, "string": "s\(1)", "array": [1, "two"],
        "object": ["a": [:]],
    ]

    @Test func literalsMakeTheValuesTheyLookLike() {
        let members: [(String, JSONValue)] = [
            ("null", .null), ("bool", .bool(true)), ("int", .integer(7)), ("number", .number(0.5)),
            ("string", .string("s1")), ("array", .array([.integer(1), .string("two")])),
            ("object", .object([JSONMember(name: "a", value: .object([]))])),
        ]
        #expect(value == .object(members.map { JSONMember(name: $0.0, value: $0.1) }))
    }

    @Test func eachAccessorAnswersForItsOwnKindAlone() {
        #expect(value.object?.map { $0.value.bool } == [nil, true, nil, nil, nil, nil, nil])
        #expect(value.object?.map { $0.value.int } == [nil, nil, 7, nil, nil, nil, nil])
        #expect(value.object?.map { $0.value.string } == [nil, nil, nil, nil, "s1", nil, nil])
        #expect(value.object?.map { $0.value.array } == [nil, nil, nil, nil, nil, [1, "two"], nil])
        #expect(value.object?.map { $0.value.object?.count } == [nil, nil, nil, nil, nil, nil, 1])
    }

    @Test func aMemberIsFoundByTheBytesOfItsName() {
        #expect(value["object"]?["a"] == [:])
        #expect(value["none"] == nil)
        #expect(value["int"]?["a"] == nil)
        #expect((["\u{212A}": 1] as JSONValue)["K"] == nil)
    }
}
