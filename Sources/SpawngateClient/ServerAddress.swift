/// Where a server listens.
public struct ServerAddress: Equatable, Sendable, CustomStringConvertible {
    /// A name or a numeric address, an IPv6 one without brackets.
    public let host: String
    /// The TCP port.
    public let port: UInt16

    /// 127.0.0.1:7411, where a server listens unless told otherwise.
    public static let standard = ServerAddress(host: "127.0.0.1", port: 7411)

    /// An address of its parts.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`, `[IPv6]:PORT`, or a host alone, which means port 7411.
    public init(_ text: String) throws(InvalidServerAddress) { try self.init(text, leastPort: 1) }

    /// As `init(_:)`; with a least port of 0 also the address of a server that takes a free one.
    package init(_ text: String, leastPort: UInt16) throws(InvalidServerAddress) {
        if text.utf8.contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: "/") }) {
            throw InvalidServerAddress(text, "it is HOST:PORT, without a scheme or a path")
        }
        let (host, port) = try Self.split(text)
        if host.isEmpty { throw InvalidServerAddress(text, "the host is missing") }
        guard let port else {
            self.init(host: host, port: Self.standard.port)
            return
        }
        let isDecimal = !port.isEmpty && port.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isDecimal, let number = UInt16(port), number >= leastPort else {
            throw InvalidServerAddress(text, "the port is a number from \(leastPort) to 65535")
        }
        self.init(host: host, port: number)
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

    /// `HOST:PORT`, an IPv6 host in brackets.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// A text that is no server address.
public struct InvalidServerAddress: Error, Equatable, CustomStringConvertible {
    /// One sentence for a person.
    public let description: String

    init(_ text: String, _ reason: String) { description = "\"\(text)\" is not a server address: \(reason)" }
}
