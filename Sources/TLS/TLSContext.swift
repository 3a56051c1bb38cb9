internal import COpenSSL
internal import Platform

/// What all sessions of one side share: certificate, key, and whom it trusts. It does not change; a renewed certificate is
/// another context, and sessions keep the one with which they began.
package final class TLSContext {
    let handle: OpaquePointer
    private static let fileBytesMax = 1 << 20

    /// From when until when its certificate is good, in milliseconds since 1970; 0 where it has none.
    package private(set) var goodFrom: Int64 = 0
    package private(set) var goodUntil: Int64 = 0
    /// Whether it asks clients for a certificate.
    package private(set) var asksClients = false

    private init(isServer: Bool) {
        guard let handle = co_tls_context_new(isServer ? 1 : 0) else {
            preconditionFailure("OpenSSL has no TLS 1.3")
        }
        self.handle = handle
    }

    deinit { co_tls_context_free(handle) }

    /// A server's, of PEM files: its certificate with the chain behind it, its key, and the authorities whose clients may
    /// show a certificate.
    package static func server(
        certificate: String, key: String, clientAuthorities: String?
    ) throws(TLSFileError) -> TLSContext {
        let context = TLSContext(isServer: true)
        try context.use(certificate: certificate, key: key)
        if let clientAuthorities {
            try context.trust(clientAuthorities)
            context.asksClients = true
        }
        return context
    }

    /// A client's, of PEM files: the authorities that it trusts, which are the system's where none are given, and the
    /// certificate and key that it shows to a server that asks.
    package static func client(
        authorities: String? = nil, identity: (certificate: String, key: String)? = nil
    ) throws(TLSFileError) -> TLSContext {
        let context = TLSContext(isServer: false)
        if let authorities {
            try context.trust(authorities)
        } else if co_tls_use_system_authorities(context.handle) != 1 {
            throw TLSFileError("this system has no list of certificate authorities")
        }
        if let identity { try context.use(certificate: identity.certificate, key: identity.key) }
        return context
    }

    private func use(certificate: String, key: String) throws(TLSFileError) {
        switch pem(try Self.read(certificate), co_tls_use_certificate) {
        case CO_TLS_PEM_TAKEN: break
        case CO_TLS_PEM_NONE: throw TLSFileError("\(certificate) holds no certificate in PEM")
        default: throw TLSFileError("the certificate in \(certificate) is broken, or its key is too short")
        }
        switch pem(try Self.read(key, isSecret: true), co_tls_use_key) {
        case CO_TLS_PEM_TAKEN: break
        case CO_TLS_PEM_NONE: throw TLSFileError("\(key) holds no private key in PEM")
        case CO_TLS_PEM_ENCRYPTED:
            throw TLSFileError(
                "the key in \(key) is under a passphrase, and nobody is asked for it here: take that off with "
                    + "openssl pkey -in \(key) -out FILE")
        case CO_TLS_PEM_MISMATCH:
            throw TLSFileError("the key in \(key) does not belong to the first certificate in \(certificate)")
        default: throw TLSFileError("OpenSSL does not take the key in \(key)")
        }
        var (begin, end) = (Int64(0), Int64(0))
        co_tls_validity(handle, &begin, &end)
        (goodFrom, goodUntil) = (begin * 1000, end * 1000)
    }

    private func trust(_ authorities: String) throws(TLSFileError) {
        switch pem(try Self.read(authorities), co_tls_use_authorities) {
        case CO_TLS_PEM_TAKEN: break
        case CO_TLS_PEM_NONE: throw TLSFileError("\(authorities) holds no certificate in PEM")
        default: throw TLSFileError("a certificate in \(authorities) is broken")
        }
    }

    private func pem(
        _ bytes: [UInt8], _ use: (OpaquePointer?, UnsafeRawPointer?, Int) -> Int32
    ) -> co_tls_pem {
        co_tls_pem(rawValue: use(handle, bytes, bytes.count))
    }

    private static func read(_ path: String, isSecret: Bool = false) throws(TLSFileError) -> [UInt8] {
        let bytes: [UInt8]
        let mode: UInt32
        do throws(SystemError) {
            let file = try File.open(path, .read)
            mode = try file.status().mode
            bytes = try file.readAt(0, count: fileBytesMax)
        } catch {
            throw TLSFileError("\(path) cannot be read: \(error.reason)")
        }
        // The group may: that is how some systems give keys to those who need them.
        if isSecret, mode & 0o007 != 0 {
            throw TLSFileError("the key in \(path) is open to others: chmod o= \(path)")
        }
        return bytes
    }
}

/// A certificate or key that cannot be used.
package struct TLSFileError: Error, Equatable, CustomStringConvertible {
    /// One sentence, without its full stop.
    package let description: String

    package init(_ description: String) { self.description = description }
}
