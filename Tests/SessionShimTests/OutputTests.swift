import Platform
import Testing

@Suite struct OutputTests {
    private static func numbers(to last: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in 1...last {
            bytes.append(contentsOf: String(number).utf8)
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    private static func seq(_ last: Int) throws -> [String] {
        [try File.realPath("/usr/bin/seq"), "\(last)"]
    }

    @Test func eachStreamGoesToItsOwnLog() throws {
        let run = try ShimRun(try shell("echo out; echo err >&2"))
        _ = try run.end()
        #expect(try run.stdout() == Array("out\n".utf8))
        #expect(try run.stderr() == Array("err\n".utf8))
    }

    @Test func underItsLimitALogKeepsEveryByte() throws {
        let run = try ShimRun(try Self.seq(100_000))
        _ = try run.end()
        #expect(try run.stdoutDropped() == 0)
        #expect(try run.stdout() == Self.numbers(to: 100_000))
    }

    @Test(arguments: [0, 4096, 100_000, 1 << 20])
    func overItsLimitALogKeepsTheNewestBytesExactly(limit: Int) throws {
        let expected = Self.numbers(to: 1_000_000)
        let run = try ShimRun(try Self.seq(1_000_000), options: ["--log-max-bytes", "\(limit)"])
        #expect(try run.end() == "ended code=0 signal=- stop=0 timeout=0")
        let dropped = try run.stdoutDropped()
        let log = try run.stdout()
        #expect(log.count == expected.count, "a byte stands at its offset in the stream")
        #expect(log[dropped...] == expected[dropped...])
        #expect((limit...limit + 65536).contains(log.count - dropped))
    }

    @Test func aDiskThatTakesNothingNeitherBlocksNorEndsTheAgent() throws {
        // A file size limit refuses the write as a full disk does.
        let run = try ShimRun(try Self.seq(1_000_000), launcher: ["/usr/bin/prlimit", "--fsize=65536"])
        #expect(try run.end() == "ended code=0 signal=- stop=0 timeout=0")
        #expect(try run.stdoutDropped() == Self.numbers(to: 1_000_000).count)
    }

    @Test func anAgentMayCloseItsOutputsAndGoOn() throws {
        let run = try ShimRun(try shell("exec >&- 2>&-; echo closed >&0; exec sleep 20"))
        #expect(try run.hear() == "closed\n")
        try run.shim.signal(Process.terminate, value: 20_000)
        #expect(try run.end() == "ended code=- signal=15 stop=1 timeout=0")
    }

    @Test(.timeLimit(.minutes(5))) func aChattyAgentDoesNotDelayItsStop() throws {
        let run = try ShimRun(
            try shell("trap '' TERM; echo ready >&0; yes & yes >&2 & wait"), options: ["--log-max-bytes", "100000"])
        _ = try run.hear()
        try run.shim.signal(Process.terminate, value: 50)
        #expect(try run.end() == "ended code=- signal=9 stop=1 timeout=0")
        #expect(try run.everyoneIsGone())
    }
}
