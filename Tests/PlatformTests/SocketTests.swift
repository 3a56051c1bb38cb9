import Glibc
import Platform
import TestSupport
import Testing

@Suite struct SocketTests {
    init() { BuiltPrograms.prepare() }

    @Test func aListenerAnswersNobodyUntilSomebodyConnects() throws {
        let listener = try Socket.listen(host: "127.0.0.1", port: 0)
        let port = try listener.localPort()
        #expect(try listener.accept() == nil)
        let client = try Socket.connect(host: "127.0.0.1", port: port)
        #expect(try listener.wait(for: .readable, milliseconds: Waiting.milliseconds))
        guard let accepted = try listener.accept() else {
            Issue.record("nobody is there")
            return
        }
        let served = FileDescriptorBox(accepted)
        #expect(try served.descriptor.peerName() == "127.0.0.1:\(client.localPort())")
        #expect(try served.read().outcome == .wouldBlock)
        #expect(try [UInt8]([1, 2, 3]).withUnsafeBytes { try client.send($0) } == .processed(3))
        #expect(try served.descriptor.wait(for: .readable, milliseconds: Waiting.milliseconds))
        var buffer = [UInt8](repeating: 0, count: 9)
        #expect(try buffer.withUnsafeMutableBytes { try served.descriptor.receive(into: $0) } == .processed(3))
        #expect(buffer.prefix(3) == [1, 2, 3])
        client.shutdownWrite()
        #expect(try served.descriptor.wait(for: .readable, milliseconds: Waiting.milliseconds))
        #expect(try buffer.withUnsafeMutableBytes { try served.descriptor.receive(into: $0) } == .endOfFile)
    }

    @Test func aPortThatIsTakenAndOneThatIsNotOpenAreErrors() throws {
        let port: UInt16
        do {
            let listener = try Socket.listen(host: "127.0.0.1", port: 0)
            port = try listener.localPort()
            #expect(throws: SystemError("listen on 127.0.0.1:\(port)", code: EADDRINUSE)) {
                _ = try Socket.listen(host: "127.0.0.1", port: port)
            }
            #expect(try listener.accept() == nil)
        }
        // Port 1 is nobody's.
        #expect(throws: SystemError("connect to 127.0.0.1:1", code: ECONNREFUSED)) {
            _ = try Socket.connect(host: "127.0.0.1", port: 1)
        }
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.9.8.7", true), ("::1", true), ("localhost", true), ("0.0.0.0", false),
        ("::", false), ("10.0.0.1", false), ("128.0.0.1", false), ("::2", false),
    ])
    func onlyTheLoopbackIsTheLoopback(host: String, isLoopback: Bool) {
        #expect(Socket.isLoopback(host) == isLoopback)
    }
}
