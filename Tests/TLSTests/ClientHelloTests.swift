import TLS
import TestSupport
import Testing

@Suite struct ClientHelloTests {
    private func look(_ bytes: [UInt8]) -> ClientHello.Verdict { bytes.withUnsafeBytes { ClientHello.look(at: $0) } }

    @Test func aHelloIsReadyWhenItIsWholeAndNotBefore() throws {
        let certificates = try TestCertificates()
        let hello = TLSSession(client: try certificates.context(), of: "localhost").takeSealed()
        for count in 0..<hello.count { #expect(look(Array(hello[..<count])) == .incomplete) }
        #expect(look(hello) == .ready && look(hello + [0]) == .ready)
    }

    @Test(
        arguments: [
            [0x15], [0], [0x47, 0x45, 0x54], [0x16, 0x02], [0x16, 0x03, 0x01, 0, 4, 2], [0x80, 0x2E, 0x01],
            // A record too short for what every message begins with.
            [0x16, 0x03, 0x01, 0, 3, 1, 0, 0, 0],
        ] as [[UInt8]])
    func anythingElseIsKnownByItsFirstWrongByte(start: [UInt8]) { #expect(look(start) == .otherProtocol) }

    @Test func whatAnnouncesTooMuchIsNotWaitedFor() {
        #expect(look([0x16, 0x03, 0x01, 0x40, 0x00, 1, 0, 0x40, 0]) == .incomplete)
        #expect(look([0x16, 0x03, 0x01, 0x40, 0x01, 1, 0, 0x40, 0]) == .tooLong)
        #expect(look([0x16, 0x03, 0x01, 0x02, 0x00, 1, 0, 0x40, 1]) == .tooLong)
        #expect(look([0x16, 0x03, 0x01, 0x02, 0x00, 1, 0xFF, 0xFF, 0xFF]) == .tooLong)
    }
}
