import SpawngateClient
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        ("127.0.0.1:7411", "127.0.0.1", 7411), ("localhost", "localhost", 7411), ("[::1]:80", "::1", 80),
        ("[::1]", "::1", 7411), ("gate.example:65535", "gate.example", 65535),
    ])
    func anAddressIsHostAndPort(text: String, host: String, port: UInt16) throws {
        #expect(try ServerAddress(text) == ServerAddress(host: host, port: port))
    }

    @Test(arguments: [
        ("127.0.0.1:1", false), ("127.1.2.3:1", false), ("[::1]:1", false), ("localhost:1", false),
        ("tls://localhost:1", true), ("tls://127.0.0.1:1", true), ("10.0.0.1:1", true), ("gate.example:1", true),
        ("localhost.example:1", true), ("[2001:db8::1]:1", true), ("0.0.0.0:1", true), ("[::ffff:10.0.0.1]:1", true),
    ])
    func onlyThisMachineIsSpokenToWithoutTLS(text: String, usesTLS: Bool) throws {
        let address = try ServerAddress(text)
        #expect(address.usesTLS == usesTLS)
        #expect("\(address)".hasPrefix("tls://") == usesTLS && "\(address)".hasSuffix(text))
    }

    @Test(arguments: ["127.0.0.1:7411", "[::1]:80", "tls://gate.example:80", "tls://[::1]:80"])
    func anAddressPrintsAsItIsWritten(text: String) throws { #expect(try "\(ServerAddress(text))" == text) }

    @Test(arguments: [
        ("", "host is missing"), (":7411", "host is missing"), ("h:", "1 to 65535"), ("h:0", "1 to 65535"),
        ("h:65536", "1 to 65535"), ("h:+1", "1 to 65535"), ("::1", "brackets"), ("[::1", "] is missing"),
        ("[::1]7", "after the ]"), ("http://h:1", "scheme"), ("h :1", "scheme"), ("tls://", "host is missing"),
        ("tls://h:1/", "scheme"),
        ("tls://tls://h:1", "scheme"),
    ])
    func whatIsNoAddressIsRefusedWithTheReason(text: String, reason: String) throws {
        let error = try #require(throws: InvalidServerAddress.self) { try ServerAddress(text) }
        #expect(error.description.contains(reason))
    }

    @Test func theStateFolderFollowsOneRule() {
        func folder(_ user: UInt32, _ environment: [String: String]) -> String? {
            DefaultLocations.stateFolder(userIdentifier: user) { environment[$0] }
        }
        #expect(folder(1000, ["HOME": "/home/a"]) == "/home/a/.local/state/spawngate")
        #expect(folder(1000, ["HOME": "/home/a", "XDG_STATE_HOME": "/x"]) == "/x/spawngate")
        #expect(folder(1000, ["HOME": "/home/a", "XDG_STATE_HOME": "x"]) == "/home/a/.local/state/spawngate")
        #expect(folder(1000, ["HOME": "/home/a", "SPAWNGATE_STATE": "s"]) == "s")
        #expect(folder(0, ["HOME": "/root", "XDG_STATE_HOME": "/x"]) == "/var/lib/spawngate")
        #expect(folder(0, ["SPAWNGATE_STATE": "/s"]) == "/s")
        #expect(folder(1000, [:]) == nil)
    }
}
