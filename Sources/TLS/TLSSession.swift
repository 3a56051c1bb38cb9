internal import COpenSSL

/// One connection's TLS: what came from the peer is opened, what is to go there is sealed, and who sends is for others.
///
/// The handshake is a part of that: `open` answers no plain bytes as long as it lasts, and what is to be sent for it
/// stands in `sealed` like everything else.
package final class TLSSession {
    /// The name in a peer's certificate.
    package enum PeerName: Equatable, Sendable {
        /// The peer has shown no certificate.
        case none
        /// There is not exactly one, or it is no plain UTF-8 text of 1 to 256 bytes without control characters.
        case unusable
        case name(String)
    }

    /// What one record holds at most. Bytes that are sealed together leave in as few records as can be.
    package static let recordBytes = 16 << 10
    /// So much is best sealed before it is sent: few sends, and little in memory.
    package static let sealedTogether = 4 * recordBytes
    private static let nameBytesMax = 256

    private let handle: OpaquePointer
    private var hasBegun = false
    package private(set) var hasFailed = false
    /// The peer has said that it sends no more. A stream that ends without this was cut.
    package private(set) var peerHasFinished = false

    /// A server's side. One that spares memory keeps 34 kB less while it is idle, and takes a microsecond more for a request.
    package convenience init(server context: TLSContext, sparingMemory: Bool = false) {
        self.init(context)
        if sparingMemory { co_tls_spare_memory(handle) }
    }

    /// A client's side. `name` is the server's name or numeric address; its certificate must be for that.
    package convenience init(client context: TLSContext, of name: String) {
        self.init(context)
        // A name that is none has no certificate either.
        hasFailed = co_tls_expect(handle, name) != 1
        // It speaks first.
        if !hasFailed { _ = try? open(UnsafeRawBufferPointer(start: nil, count: 0), into: .init(start: nil, count: 0)) }
    }

    private init(_ context: TLSContext) {
        guard let handle = co_tls_new(context.handle) else { preconditionFailure("there is no memory for TLS") }
        self.handle = handle
    }

    deinit { co_tls_free(handle) }

    /// Whether both have shaken hands. For a client that has shown a certificate this does not yet mean that the server
    /// takes it.
    package var isEstablished: Bool { co_tls_is_established(handle) == 1 }

    // MARK: receiving

    /// Opens what it can of the bytes that came, in the order in which they came. Answers how many of them were used, and how
    /// many plain bytes that made. Where it made none, all were used and more must come, or the peer has finished.
    package func open(
        _ sealed: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer
    ) throws(TLSFailure) -> (used: Int, opened: Int) {
        if hasFailed { throw .violation("it failed before") }
        if !hasBegun, let first = sealed.first {
            hasBegun = true
            // Handshake or alert.
            guard first == 0x16 || first == 0x15 else { throw fail(.otherProtocol) }
        }
        var (used, opened) = (0, 0)
        switch co_tls_open(handle, sealed.baseAddress, sealed.count, &used, room.baseAddress, room.count, &opened) {
        case CO_TLS_DONE.rawValue, CO_TLS_WAITING.rawValue: return (used, opened)
        case CO_TLS_ENDED.rawValue:
            peerHasFinished = true
            return (sealed.count, 0)
        default: throw fail(TLSFailure(of: handle))
        }
    }

    private func fail(_ failure: TLSFailure) -> TLSFailure {
        hasFailed = true
        return failure
    }

    // MARK: sending

    /// Seals bytes, behind what was sealed before. Not before the handshake is over.
    package func seal(_ bytes: UnsafeRawBufferPointer) throws(TLSFailure) {
        guard co_tls_seal(handle, bytes.baseAddress, bytes.count) == CO_TLS_DONE.rawValue else {
            throw fail(TLSFailure(of: handle))
        }
    }

    /// Takes new keys for what is sealed from now on, and asks the peer to do the same; after the handshake.
    package func updateKeys() { co_tls_update_keys(handle) }

    /// Says that nothing more will be sent. Nothing is said twice, nor after a failure, nor within a handshake.
    package func finish() { if !hasFailed { co_tls_finish(handle) } }

    /// What is to be sent to the peer, until the next call.
    package var sealed: UnsafeRawBufferPointer {
        var count = 0
        let start = co_tls_sealed(handle, &count)
        return UnsafeRawBufferPointer(start: start, count: count)
    }

    /// So many bytes of `sealed` have been sent.
    package func sent(_ count: Int) { co_tls_sent(handle, count) }

    // MARK: the peer

    /// The common name in the certificate of the peer, which has been found to come from a trusted authority.
    package var peerName: PeerName {
        var count: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.nameBytesMax) { out, filled in
            count = out.withMemoryRebound(to: CChar.self) { co_tls_common_name(handle, $0.baseAddress, $0.count) }
            filled = max(0, Int(count))
        }
        if count == -1 { return .none }
        guard count > 0, let name = String(validating: bytes, as: UTF8.self), Self.isUsable(name: name) else {
            return .unusable
        }
        return .name(name)
    }

    /// Whether a certificate's name can be this one.
    package static func isUsable(name: String) -> Bool {
        (1...nameBytesMax).contains(name.utf8.count)
            && !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    /// Until when the peer's certificate is good, in milliseconds since 1970; nil where it has shown none.
    package var peerGoodUntil: Int64? {
        let seconds = co_tls_peer_validity(handle)
        return seconds == 0 ? nil : seconds * 1000
    }
}
