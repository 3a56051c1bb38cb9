import Testing
import Wire

@Suite struct FrameDecoderTests {
    /// What a connection does: receives at the end of one buffer, takes the frames, drops what is used.
    private struct Stream {
        var decoder: FrameDecoder
        var buffer: [UInt8] = []
        var frames: [[UInt8]] = []

        mutating func receive(_ bytes: some Sequence<UInt8>) -> FrameDecoder.Step {
            buffer += bytes
            var last: FrameDecoder.Step
            repeat {
                last = buffer.withUnsafeBytes { decoder.next(in: $0) }
                if case .frame(let range) = last { frames.append(Array(buffer[range])) }
            } while last.isFrame
            buffer.removeFirst(decoder.takeUsed())
            return last
        }
    }

    private func frame(_ body: [UInt8]) -> [UInt8] {
        let header = FrameEncoder.header(bodyLength: body.count)
        return [header.0, header.1, header.2, header.3] + body
    }

    private let bodies: [[UInt8]] = [[1, 2, 3], [], [0, 0, 0, 1], [9], [], [], Array(repeating: 7, count: 20)]

    @Test func aStreamIsCutAlikeHoweverItIsSplitInThree() {
        let stream = bodies.flatMap(frame)
        for first in 0...stream.count {
            for second in first...stream.count {
                var split = Stream(decoder: FrameDecoder(frameBytesMax: 20))
                for part in [stream[..<first], stream[first..<second], stream[second...]] {
                    #expect(split.receive(part) == .needMore)
                }
                #expect(split.frames == bodies)
                #expect(split.buffer.isEmpty)
            }
        }
    }

    @Test func aStreamIsCutAlikeByteByByte() {
        let stream = bodies.flatMap(frame)
        var dripping = Stream(decoder: FrameDecoder(frameBytesMax: 20))
        for byte in stream { #expect(dripping.receive([byte]) == .needMore) }
        #expect(dripping.frames == bodies)
    }

    @Test func aFrameIsGivenOutOnceAlsoWhereNothingIsDroppedInBetween() {
        var decoder = FrameDecoder(frameBytesMax: 8)
        (frame([1]) + frame([]) + frame([2, 3])).withUnsafeBytes { buffer in
            #expect(decoder.next(in: buffer) == .frame(4..<5))
            #expect(decoder.next(in: buffer) == .frame(9..<9))
            #expect(decoder.next(in: buffer) == .frame(13..<15))
            #expect(decoder.next(in: buffer) == .needMore)
            #expect(decoder.next(in: buffer) == .needMore)
        }
        #expect(decoder.takeUsed() == 15)
        #expect(decoder.takeUsed() == 0)
    }

    @Test func aFrameOfExactlyTheLimitPassesAndOneByteMoreDoesNot() {
        var stream = Stream(decoder: FrameDecoder(frameBytesMax: 3))
        #expect(stream.receive(frame([1, 2, 3])) == .needMore)
        #expect(stream.frames == [[1, 2, 3]])
        #expect(stream.receive([0, 0, 0, 4]) == .tooLarge(length: 4))
    }

    @Test func aFrameTooLargeIsToldByItsHeaderAloneAndForGood() {
        var stream = Stream(decoder: FrameDecoder(frameBytesMax: 10))
        #expect(stream.receive(frame([5]) + [0, 0, 0]) == .needMore)
        #expect(stream.receive([11]) == .tooLarge(length: 11))
        stream.decoder.frameBytesMax = 1000
        #expect(stream.receive(Array(repeating: 0, count: 11)) == .tooLarge(length: 11))
        #expect(stream.receive(frame([6])) == .tooLarge(length: 11))
        #expect(stream.frames == [[5]])
    }

    @Test func aRaisedLimitHoldsForTheNextFrame() {
        var decoder = FrameDecoder(frameBytesMax: 2)
        (frame([1, 1]) + frame([2, 2, 2])).withUnsafeBytes { buffer in
            #expect(decoder.next(in: buffer) == .frame(4..<6))
            decoder.frameBytesMax = 3
            #expect(decoder.next(in: buffer) == .frame(10..<13))
        }
    }

    @Test(
        arguments: [
            ([0xFF, 0xFF, 0xFF, 0xFF], 4_294_967_295), ([0x80, 0, 0, 0], 2_147_483_648), ([0, 0x10, 0, 1], 1_048_577),
        ] as [([UInt8], Int)])
    func aLengthIsUnsignedAndBigEndian(header: [UInt8], length: Int) {
        var decoder = FrameDecoder(frameBytesMax: 1 << 20)
        #expect(header.withUnsafeBytes { decoder.next(in: $0) } == .tooLarge(length: length))
    }

    @Test func aClaimOfFourGigabytesReservesNothingWhereTheLimitAllowsIt() {
        var stream = Stream(decoder: FrameDecoder(frameBytesMax: .max))
        #expect(stream.receive([0xFF, 0xFF, 0xFF, 0xFF, 1, 2]) == .needMore)
        #expect(stream.decoder.takeUsed() == 0)
        #expect(stream.buffer.count == 6)
        #expect(stream.buffer.capacity < 4096)
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n", true), ("POST", true), ("PUT /", true), ("HEAD /", true), ("DELETE /", true),
        ("OPTIONS *", true), ("PATCH /", true), ("TRACE /", true), ("CONNECT a:1", true), ("GETA", false),
        ("get /", false), ("GET", false), ("", false), ("\u{0}\u{0}\u{0}\u{2}{}", false), ("PRI * HTTP/2.0", true),
    ])
    func httpIsKnownByItsFirstFourBytes(start: String, expected: Bool) {
        #expect(Array(start.utf8).withUnsafeBytes { FrameDecoder.looksLikeHTTP($0) } == expected)
    }

    @Test(
        arguments: [
            ([0x16, 0x03, 0x01, 0x02], true), ([0x16, 0x03], true), ([0x16], false), ([], false),
            ([0x15, 0x03, 0x01], false),
            ([0x16, 0x02, 0x01], false), ([0, 0, 0x16, 0x03], false),
        ] as [([UInt8], Bool)])
    func tlsIsKnownByItsFirstTwoBytes(start: [UInt8], expected: Bool) {
        #expect(start.withUnsafeBytes { FrameDecoder.looksLikeTLS($0) } == expected)
    }

    @Test func framesWrittenBehindOneAnotherAreReadBack() {
        var writer = JSONWriter()
        for number in 1...3 {
            let start = FrameEncoder.begin(in: &writer)
            writer.value([.integer(Int64(number)), "a"])
            FrameEncoder.end(at: start, in: &writer)
        }
        var stream = Stream(decoder: FrameDecoder(frameBytesMax: 100))
        #expect(stream.receive(writer.bytes) == .needMore)
        #expect(stream.frames == (1...3).map { Array("[\($0),\"a\"]".utf8) })
    }

    @Test func aHeaderHoldsTheWholeRange() {
        #expect(FrameEncoder.header(bodyLength: 0) == (0, 0, 0, 0))
        #expect(FrameEncoder.header(bodyLength: 0x0102_0304) == (1, 2, 3, 4))
        #expect(FrameEncoder.header(bodyLength: Int(UInt32.max)) == (255, 255, 255, 255))
    }
}

extension FrameDecoder.Step {
    fileprivate var isFrame: Bool {
        if case .frame = self { true } else { false }
    }
}
