/// How a server is made sure of where TLS is spoken, and what it is shown. Files in PEM.
///
/// The certificate must come from an authority that is trusted, be good now, and be for the host that was connected to, by
/// name or address. There is no way to do without.
public struct TLSOptions: Equatable, Sendable {
    /// The authorities that are trusted; nil: the system's.
    public var authorities: String?
    /// A certificate that a server may take in place of a token, with those up to its authority behind it.
    public var certificate: String?
    /// The key of that certificate. Needed with it.
    public var key: String?

    /// The files, where there are any.
    public init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
    }
}
