import Platform
import TestSupport
import Testing

@Suite struct LineReaderTests {
    /// The lines of a file, each with the one that was said to stand before its block.
    private func read(_ text: [UInt8]) throws -> (lines: [[UInt8]], before: [[UInt8]?]) {
        let folder = try TemporaryFolder()
        try File.replace("\(folder.path)/lines", with: text, permissions: 0o600)
        var reader = LineReader(try File.open("\(folder.path)/lines", .read))
        var arena = ByteArena()
        var (lines, before): ([[UInt8]], [[UInt8]?]) = ([], [])
        while true {
            arena.removeAll()
            let block = try reader.next(in: &arena)
            if block.lines.isEmpty { return (lines, before) }
            let last = block.before.map { Array($0) }
            #expect(last == lines.last, "it is the last that was handed out")
            before.append(last)
            lines += block.lines.map { Array($0) }
        }
    }

    @Test(arguments: ["", "\n", "a", "a\n", "a\n\nb", "\n\n", "a\r\nb\n"])
    func shortFilesAreSplitAtLineFeeds(text: String) throws {
        var expected = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
        if expected.last == [] { expected.removeLast() }
        #expect(try read(Array(text.utf8)).lines == expected)
    }

    @Test func longFilesAreReadInBlocksAndLinesOverTheirEdgesStayWhole() throws {
        for lengths in [[100, 7, 0, 4000], [1 << 20, (1 << 20) - 1, 1, 0, 5 << 20, 3]] {
            var (text, expected): ([UInt8], [[UInt8]]) = ([], [])
            for number in 0..<1200 where text.count < 16 << 20 {
                let line = [UInt8](repeating: UInt8(0x41 + number % 26), count: lengths[number % lengths.count])
                expected.append(line)
                text += line + [0x0A]
            }
            let found = try read(text)
            #expect(found.lines == expected && found.before.count > 1 && found.before[0] == nil)
        }
    }
}
