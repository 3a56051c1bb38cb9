import Testing
import Wire

@testable import SpawngateServer

@Suite struct OutputChunkTests {
    private static let text = Array("aé€😀z".utf8)

    @Test func atEveryCutACharacterStaysWhole() {
        for cut in 0...Self.text.count {
            let first = OutputChunk(Array(Self.text[..<cut]), at: 7, dropped: 0, isLast: false)
            #expect(first.encoding == .utf8 && first.offset == 7)
            #expect(String(validating: first.bytes, as: UTF8.self) != nil)
            #expect(cut - first.bytes.count < 4)
            let second = OutputChunk(Array(Self.text[first.bytes.count...]), at: first.end, dropped: 0, isLast: true)
            #expect(second.encoding == .utf8 && Array(first.bytes) + Array(second.bytes) == Self.text)
        }
    }

    @Test func atTheEndWhatIsNotWholeIsToldInBase64() {
        let torn = Array(Self.text.dropLast(2))
        let text = OutputChunk(torn, at: 0, dropped: 0, isLast: true)
        #expect(text.encoding == .utf8 && text.bytes.count == 6)
        let rest = OutputChunk(Array(torn[6...]), at: 6, dropped: 0, isLast: true)
        #expect(rest.encoding == .base64 && rest.bytes == [0xF0, 0x9F, 0x98])
    }

    @Test(arguments: [
        [0xFF], [0x61, 0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80], [0xE0, 0x80], [0xE2, 0x82, 0x61],
    ])
    func whatCanNeverBeTextIsToldAtOnce(bytes: [UInt8]) {
        let chunk = OutputChunk(bytes, at: 0, dropped: 0, isLast: false)
        #expect(chunk.encoding == .base64 && Array(chunk.bytes) == bytes)
    }

    @Test func bytesThatAreGoneAreSteppedOver() {
        let part = OutputChunk([0, 0, 0x61, 0x62], at: 10, dropped: 12, isLast: false)
        #expect(part.offset == 12 && Array(part.bytes) == [0x61, 0x62])
        for dropped: Int64 in [14, 100] {
            let none = OutputChunk([0, 0, 0, 0], at: 10, dropped: dropped, isLast: false)
            #expect(none.offset == dropped && none.bytes.isEmpty && none.end == dropped)
        }
        #expect(OutputChunk([], at: 10, dropped: 3, isLast: true).offset == 10)
    }
}
