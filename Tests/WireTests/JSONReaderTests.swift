import Glibc
import Testing
import Wire

@Suite struct JSONReaderTests {
    private func written(_ bytes: [UInt8]) throws -> [UInt8] {
        var writer = JSONWriter()
        writer.value(try JSONReader().value(of: bytes))
        return writer.bytes
    }

    @Test(arguments: JSONCatalogue.accepted)
    func aTextThatTheRFCAllowsIsRead(row: JSONCase) throws {
        #expect(try written(row.bytes) == row.written)
    }

    @Test(arguments: JSONCatalogue.refused)
    func aTextThatTheRFCForbidsIsRefusedWithReasonAndOffset(row: JSONCase) {
        #expect(throws: JSONSyntaxError(reason: row.reason, offset: row.offset)) { try written(row.bytes) }
    }

    @Test func noBytesAtAllAreAnEmptyFrame() {
        let error = JSONSyntaxError(reason: "an empty frame", offset: 0)
        #expect(throws: error) { try JSONReader().read(UnsafeRawBufferPointer(start: nil, count: 0)) { $0.count } }
    }

    @Test func aTextIsNotReadBeyondItsEnd() {
        // What lies behind the borrowed bytes would complete each of them.
        for text in ["[1]", "\"ab\"", "true", "{\"a\":1}", "\"\\u0041\"", "\"\\ud83d\\ude00\"", "\"😀\"", "1e5]"] {
            let bytes = Array(text.utf8)
            for count in 1..<(bytes.count - 1) {
                bytes.withUnsafeBytes { all in
                    let start = UnsafeRawBufferPointer(rebasing: all[..<count])
                    let alone = [UInt8](start)
                    let reader = JSONReader()
                    #expect((try? reader.read(start) { $0.value }) == (try? reader.value(of: alone)))
                }
            }
        }
    }

    @Test func utf8IsJudgedAsTheStandardLibraryJudgesIt() throws {
        let reader = JSONReader()
        let edges: [UInt8] = [0x20, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
        for first in UInt8(0x80)...0xFF {
            for second in edges {
                for third in edges {
                    for fourth in edges {
                        let content = [first, second, third, fourth]
                        let expected = String(validating: content, as: UTF8.self)
                        let read = try? reader.value(of: [0x22] + content + [0x22])
                        #expect(read == expected.map { .string($0) })
                    }
                }
            }
        }
    }

    @Test(arguments: [2, 16, 17, 18, 1000])
    func aDuplicateIsFoundWhereverItStands(count: Int) throws {
        let reader = JSONReader()
        let names = (0..<count).map { "name\($0)" }
        func text(_ names: [String]) -> [UInt8] {
            Array("{\(names.map { "\"\($0)\":[{}]" }.joined(separator: ","))}".utf8)
        }
        #expect(try reader.value(of: text(names)).object?.map(\.name) == names)
        for (first, second) in [(0, 1), (0, count - 1), (count - 2, count - 1), (count / 2 - 1, count / 2)] {
            for spelling in ["name\(first)", "\\u006eame\(first)", "nam\\u0065\(first)"] {
                var doubled = names
                doubled[second] = spelling
                let offset = text(Array(doubled[..<second])).count - (second == 0 ? 1 : 0)
                let error = JSONSyntaxError(reason: "duplicate member name \"name\(first)\"", offset: offset)
                #expect(throws: error) { try reader.value(of: text(doubled)) }
            }
        }
    }

    /// Processor time of this thread alone: other tests run beside it.
    private static var threadNanoseconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    @Test func aHundredThousandNamesAreComparedInLinearTime() throws {
        let names = (0..<100_000).map { "\"\($0)\":0" }
        let reader = JSONReader()
        func duration(_ count: Int) throws -> Int {
            let text = Array("{\(names[..<count].joined(separator: ","))}".utf8)
            let began = Self.threadNanoseconds
            #expect(try reader.value(of: text).object?.count == count)
            return Self.threadNanoseconds - began
        }
        let small = try duration(10_000)
        // Quadratic would be a hundred times.
        #expect(try duration(100_000) < small * 50)
    }

    @Test func aLongNameIsCutInTheReason() {
        let name = String(repeating: "n", count: 1000)
        let error = JSONSyntaxError(reason: "duplicate member name \"\(name.prefix(64))…\"", offset: 1006)
        #expect(throws: error) { try JSONReader().value(of: Array("{\"\(name)\":1,\"\(name)\":2}".utf8)) }
    }

    @Test func aReaderIsAsGoodAsNewAfterEachText() throws {
        let reader = JSONReader()
        let wide = Array("[\(Array(repeating: "[0]", count: 30_000).joined(separator: ","))]".utf8)
        for _ in 0..<3 {
            #expect(try reader.value(of: wide).array?.count == 30_000)
            #expect(throws: JSONSyntaxError.self) { try reader.value(of: Array("[[[".utf8)) }
            #expect(try reader.value(of: Array("[1]".utf8)) == [1])
        }
    }

    @Test func anErrorOfTheBodyComesThrough() throws {
        struct Refused: Error {}
        let reader = JSONReader()
        let one: [UInt8] = [0x31]
        #expect(throws: Refused.self) { try one.withUnsafeBytes { try reader.read($0) { _ in throw Refused() } } }
        #expect(try reader.value(of: one) == 1)
    }

    @Test func theDepthThatIsAllowedCanBeSet() throws {
        let shallow = JSONReader(depthMax: 2)
        #expect(try shallow.value(of: Array("[[1],{}]".utf8)) == [[1], [:]])
        #expect(throws: JSONSyntaxError(reason: "nesting deeper than 2", offset: 2)) {
            try shallow.value(of: Array("[[[]]]".utf8))
        }
    }
}
