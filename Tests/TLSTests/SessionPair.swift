import TLS
import TestSupport
import Testing

/// Both sides of a connection, which exchange bytes by the hands of a test.
struct SessionPair {
    let server: TLSSession
    let client: TLSSession

    init(server: TLSContext, client: TLSContext, name: String = "localhost") {
        self.server = TLSSession(server: server)
        self.client = TLSSession(client: client, of: name)
    }

    /// Lets both speak until neither has anything to say. Answers what the client sent to the server.
    @discardableResult
    func settle() throws -> [UInt8] {
        var said: [UInt8] = []
        while true {
            let there = client.takeSealed()
            said += there
            #expect(try server.open(there).isEmpty)
            let back = server.takeSealed()
            #expect(try client.open(back).isEmpty)
            if there.isEmpty, back.isEmpty { return said }
        }
    }
}
