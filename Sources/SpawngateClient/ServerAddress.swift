internal import Platform

/// Where a server listens.
public struct ServerAddress: Equatable, Sendable, CustomStringConvertible {
    /// A name or a numeric address, an IPv6 one without brackets.
    public let host: String
    /// The TCP port.
    public let port: UInt16
    /// Whether TLS is spoken there. To another machine it always is: `tls://` is for a server on this one.
    public let usesTLS: Bool

    /// 127.0.0.1:7411, where a server listens unless told otherwise.
    public static let standard = ServerAddress(host: "127.0.0.1", port: 7411)

    package static let scheme = "tls://"

    /// An address of its parts. TLS is spoken to any host but `localhost` and the numeric addresses of loopback; to these where
    /// it is asked for.
    public init(host: String, port: UInt16, usesTLS: Bool = false) {
        self.host = host
        self.port = port
        self.usesTLS = usesTLS || !Self.isThisMachine(host)
    }

    /// By what is written alone: whoever answers for names must not be able to have a token sent in the clear.
    private static func isThisMachine(_ host: String) -> Bool {
        host == "localhost" || Socket.isLoopback(address: host)
    }

    package var isThisMachine: Bool { Self.isThisMachine(host) }

    /// Reads `HOST:PORT`, `[IPv6]:PORT`, or a host alone, which means port 7411, each also with `tls://` before it.
    public init(_ text: String) throws(InvalidServerAddress) { try self.init(text, leastPort: 1) }

    /// As `init(_:)`; with a least port of 0 also the address of a server that takes a free one.
    package init(_ whole: String, leastPort: UInt16) throws(InvalidServerAddress) {
        let usesTLS = whole.hasPrefix(Self.scheme)
        let text = usesTLS ? String(whole.dropFirst(Self.scheme.count)) : whole
        if text.utf8.contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: "/") }) {
            throw InvalidServerAddress(text, "it is HOST:PORT or tls://HOST:PORT, without another scheme or a path")
        }
        let (host, port) = try Self.split(text)
        if host.isEmpty { throw InvalidServerAddress(text, "the host is missing") }
        guard let port else {
            self.init(host: host, port: Self.standard.port, usesTLS: usesTLS)
            return
        }
        let isDecimal = !port.isEmpty && port.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isDecimal, let number = UInt16(port), number >= leastPort else {
            throw InvalidServerAddress(text, "the port is a number from \(leastPort) to 65535")
        }
        self.init(host: host, port: number, usesTLS: usesTLS)
    }

    private static func split(_ text: String) throws(InvalidServerAddress) -> (host: String, port: String?) {
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { throw InvalidServerAddress(text, "a ] is missing") }
            let host = String(text[text.index(after: text.startIndex)..<close])
            let rest = text[text.index(after: close)...]
            if rest.isEmpty { return (host, nil) }
            guard rest.hasPrefix(":") else { throw InvalidServerAddress(text, "after the ] stands :PORT or nothing") }
            return (host, String(rest.dropFirst()))
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: return (text, nil)
        case 2: return (String(parts[0]), String(parts[1]))
        default: throw InvalidServerAddress(text, "an IPv6 address stands in brackets: [::1]:7411")
        }
    }

    /// `HOST:PORT`, an IPv6 host in brackets, and `tls://` before it where TLS is spoken.
    public var description: String { usesTLS ? Self.scheme + place : place }

    /// `HOST:PORT`.
    package var place: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// A text that is no server address.
public struct InvalidServerAddress: Error, Equatable, CustomStringConvertible {
    /// One sentence for a person.
    public let description: String

    init(_ text: String, _ reason: String) { description = "\"\(text)\" is not a server address: \(reason)" }
}
