// Room: TLS. Version 1.3 by OpenSSL, over memory: sealed bytes in, plain bytes out, and back. It reads the files of
// certificates and keys; it knows no socket, no loop and no principal, and keeps a key nowhere but in OpenSSL.
internal import COpenSSL

/// Why a connection by TLS came to nothing.
package enum TLSFailure: Error, Equatable {
    /// What the peer speaks is no TLS.
    case otherProtocol
    /// There is no version that both speak: here it is 1.3 alone.
    case version
    /// The peer has broken off, and said why in an alert: "unknown CA".
    case refused(String)
    /// The peer's certificate is not taken; in OpenSSL's words, "certificate has expired".
    case certificate(CertificateFault, String)
    /// The peer does not keep to the protocol, in OpenSSL's words.
    case violation(String)

    package enum CertificateFault: Equatable, Sendable {
        /// Expired, or not good yet.
        case time
        /// It is another's.
        case name
        /// It leads to no authority that is trusted.
        case issuer
        case other
    }

    init(of session: OpaquePointer) {
        var detail: Int32 = 0
        var words: UnsafePointer<CChar>?
        let fault = co_tls_failure(session, &detail, &words)
        let reason = words.map { String(cString: $0) } ?? ""
        self =
            switch Int(fault) {
            case Int(CO_TLS_FAULT_VERSION.rawValue): .version
            case Int(CO_TLS_FAULT_ALERT.rawValue): .refused(reason)
            case Int(CO_TLS_FAULT_CERTIFICATE.rawValue): .certificate(Self.certificateFault(detail), reason)
            default: .violation(reason)
            }
    }

    private static func certificateFault(_ detail: Int32) -> CertificateFault {
        switch Int(detail) {
        case Int(CO_TLS_CERTIFICATE_EXPIRED.rawValue): .time
        case Int(CO_TLS_CERTIFICATE_NAME.rawValue): .name
        case Int(CO_TLS_CERTIFICATE_ISSUER.rawValue): .issuer
        default: .other
        }
    }
}
