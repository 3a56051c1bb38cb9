import TLS
import TestSupport
import Testing

@Suite struct TLSSessionTests {
    let certificates: TestCertificates
    let server: TLSContext
    let client: TLSContext

    init() throws {
        certificates = try TestCertificates()
        let pair = try certificates.server()
        server = try .server(
            certificate: pair.certificate, key: pair.key, clientAuthorities: certificates.authority)
        client = try certificates.context()
    }

    private func settled(name: String = "localhost") throws -> SessionPair {
        let pair = SessionPair(server: server, client: client, name: name)
        try pair.settle()
        return pair
    }

    @Test(arguments: ["localhost", "127.0.0.1"])
    func bothShakeHandsAndBytesPassBothWays(name: String) throws {
        let pair = try settled(name: name)
        #expect(pair.server.isEstablished && pair.client.isEstablished)
        for (from, to) in [(pair.client, pair.server), (pair.server, pair.client)] {
            try from.seal("hello")
            let sealed = from.takeSealed()
            #expect(!sealed.contains("hello".utf8))
            #expect(try to.open(sealed) == Array("hello".utf8))
        }
        #expect(pair.server.peerName == .none && pair.server.peerGoodUntil == nil)
    }

    @Test func everyCutOfEveryByteIsTheSame() throws {
        // One byte at a time, both ways, through the handshake and what follows.
        let pair = SessionPair(server: server, client: client)
        var heard: [UInt8] = []
        var isSent = false
        while true {
            if pair.client.isEstablished, !isSent {
                isSent = true
                try pair.client.seal("first")
                try pair.client.seal("second")
            }
            let there = pair.client.takeSealed()
            for byte in there { heard += try pair.server.open([byte]) }
            let back = pair.server.takeSealed()
            for byte in back { #expect(try pair.client.open([byte]).isEmpty) }
            if there.isEmpty, back.isEmpty, isSent { break }
        }
        #expect(heard == Array("firstsecond".utf8))
    }

    @Test func everyPlaceToCutARecordIsTheSame() throws {
        let pair = try settled()
        for message in ["a", "of some length"] {
            try pair.client.seal(message)
            let count = pair.client.sealed.count
            _ = try pair.server.open(pair.client.takeSealed())
            for cut in 0...count {
                try pair.client.seal(message)
                try pair.client.seal("next")
                let sealed = pair.client.takeSealed()
                let first = try pair.server.open(Array(sealed[..<cut]))
                #expect(first == (cut == count ? Array(message.utf8) : []))
                #expect(try first + pair.server.open(Array(sealed[cut...])) == Array((message + "next").utf8))
            }
        }
    }

    @Test func muchIsSealedIntoFullRecordsAndOpenedIntoLittleRoom() throws {
        let pair = try settled()
        let much = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 5) }
        try much.withUnsafeBytes { try pair.server.seal($0) }
        let sealed = pair.server.takeSealed()
        // A record has 22 bytes more than it carries.
        #expect(sealed.count == much.count + (1 << 20) / TLSSession.recordBytes * 22)
        var opened: [UInt8] = []
        var used = 0
        var room = [UInt8](repeating: 0, count: 1000)
        while true {
            let step = try sealed.withUnsafeBytes { sealed in
                try room.withUnsafeMutableBytes {
                    try pair.client.open(UnsafeRawBufferPointer(rebasing: sealed[used...]), into: $0)
                }
            }
            used += step.used
            opened += room[..<step.opened]
            if step.opened == 0 { break }
        }
        #expect(used == sealed.count && opened == much)
    }

    @Test func anEndIsSaidAndACutIsNoEnd() throws {
        let pair = try settled()
        try pair.client.seal("last")
        pair.client.finish()
        pair.client.finish()
        let sealed = pair.client.takeSealed()
        let cut = try settled()
        try cut.client.seal("last")
        #expect(try cut.server.open(cut.client.takeSealed()) == Array("last".utf8))
        #expect(!cut.server.peerHasFinished)
        #expect(try pair.server.open(sealed) == Array("last".utf8))
        #expect(pair.server.peerHasFinished)
        // The other way stays open.
        try pair.server.seal("answer")
        #expect(try pair.client.open(pair.server.takeSealed()) == Array("answer".utf8))
    }

    @Test func aChangedByteIsNotOpened() throws {
        for index in [0, 5, 20] {
            let pair = try settled()
            try pair.client.seal("something to change")
            var sealed = pair.client.takeSealed()
            sealed[index] ^= 1
            #expect(throws: TLSFailure.self) { try pair.server.open(sealed) }
            #expect(pair.server.hasFailed)
            #expect(!pair.server.sealed.isEmpty, "it is told")
        }
    }

    @Test func nothingOfTheHandshakeCanBeChanged() throws {
        let whole = SessionPair(server: server, client: client).client.takeSealed()
        // The third byte is the version of a record, by which nobody goes.
        for index in whole.indices where index != 2 {
            let pair = SessionPair(server: server, client: client)
            var hello = pair.client.takeSealed()
            hello[index] ^= 0x55
            let failed = try? {
                _ = try pair.server.open(hello)
                try pair.settle()
                return false
            }()
            #expect(failed == nil || !pair.client.isEstablished, "byte \(index)")
        }
    }

    @Test func keysChangeNowAndThenAndNotForEver() throws {
        let pair = try settled()
        for number in 0..<20 {
            pair.client.updateKeys()
            try pair.client.seal("after \(number)")
            #expect(try pair.server.open(pair.client.takeSealed()) == Array("after \(number)".utf8))
            try pair.server.seal("and back")
            #expect(try pair.client.open(pair.server.takeSealed()) == Array("and back".utf8))
        }
        // For one who also says something they may change further: once for 64 KiB.
        let much = [UInt8](repeating: 7, count: 65_536)
        for _ in 0..<40 {
            try much.withUnsafeBytes { try pair.client.seal($0) }
            pair.client.updateKeys()
            try pair.client.seal("!")
            #expect(try pair.server.open(pair.client.takeSealed()).count == much.count + 1)
        }
        for _ in 0..<2000 { pair.client.updateKeys() }
        let sealed = pair.client.takeSealed()
        #expect(sealed.count == 2000 * 27)
        #expect(throws: TLSFailure.violation("too many key updates")) { try pair.server.open(sealed) }
        #expect(pair.server.hasFailed)
    }

    @Test func aTicketIsNeverGiven() throws {
        let pair = SessionPair(server: server, client: client)
        while !pair.server.isEstablished {
            _ = try pair.server.open(pair.client.takeSealed())
            if pair.server.isEstablished { break }
            _ = try pair.client.open(pair.server.takeSealed())
        }
        #expect(pair.server.sealed.isEmpty, "after the handshake the server has nothing to say")
    }

    @Test func aServerThatSpeaksOtherwiseIsKnown() throws {
        for answer in ["HTTP/1.1 400 Bad Request\r\n", "SSH-2.0-x\r\n", "\0\0\0\u{2}{}"] {
            let session = TLSSession(client: client, of: "localhost")
            #expect(throws: TLSFailure.otherProtocol) { try session.open(Array(answer.utf8)) }
        }
    }
}

extension TLSSession {
    func seal(_ text: String) throws {
        let bytes = Array(text.utf8)
        try bytes.withUnsafeBytes { try seal($0) }
    }
}

extension [UInt8] {
    func contains(_ other: String.UTF8View) -> Bool {
        indices.contains { self[$0...].starts(with: other) }
    }
}
