internal import Logging
internal import Platform
internal import Sessions
internal import TLS

/// Where the server's certificate is, and whose clients may show one. PEM files.
package struct TLSFiles: Sendable {
    package var certificate: String
    package var key: String
    /// The authorities of clients' certificates; nil: none is asked for.
    package var clientAuthorities: String?

    package init(certificate: String, key: String, clientAuthorities: String?) {
        self.certificate = certificate
        self.key = key
        self.clientAuthorities = clientAuthorities
    }

    /// Each with what it is.
    var all: [(what: String, path: String)] {
        [("the TLS certificate", certificate), ("the TLS key", key)]
            + (clientAuthorities.map { [("the authority of clients' certificates", $0)] } ?? [])
    }
}

/// The certificate in force. A renewed one is taken up when somebody connects, at most a second after its files were
/// replaced; files that do not fit together leave the old one in force. Connections keep the one with which they began.
final class CertificateSource {
    private static let lookAgainNanoseconds: Int64 = 1_000_000_000

    private let files: TLSFiles
    private let loop: EventLoop
    private let logger: Logger
    private(set) var inForce: TLSContext
    /// Why the files, as they are now, are not in force; nil where they are.
    private(set) var fault: String?
    private var seen: [FileStatus?]
    private var lookedAt: Int64

    init(_ files: TLSFiles, loop: EventLoop, logger: Logger) throws(StartUpError) {
        self.files = files
        self.loop = loop
        self.logger = logger
        seen = Self.look(files)
        lookedAt = loop.nowNanoseconds
        do throws(TLSFileError) {
            inForce = try Self.load(files, wallMilliseconds: loop.wallMilliseconds)
        } catch {
            throw StartUpError("TLS cannot be spoken: \(error).")
        }
        tell()
    }

    /// Until when the certificate in force is good, in milliseconds since 1970.
    var goodUntil: Int64 { inForce.goodUntil }

    /// The context for one who connects now.
    func current() -> TLSContext {
        guard loop.nowNanoseconds - lookedAt >= Self.lookAgainNanoseconds else { return inForce }
        lookedAt = loop.nowNanoseconds
        let now = Self.look(files)
        if now == seen { return inForce }
        seen = now
        do throws(TLSFileError) {
            inForce = try Self.load(files, wallMilliseconds: loop.wallMilliseconds)
            fault = nil
            tell()
        } catch {
            fault = "\(error)"
            logger.error("the TLS files have changed, and the old ones stay in force: \(error)")
        }
        return inForce
    }

    private func tell() {
        logger.info(
            "a TLS certificate is in force",
            metadata: ["file": "\(files.certificate)", "until": "\(Timestamp.text(milliseconds: goodUntil))"])
    }

    private static func look(_ files: TLSFiles) -> [FileStatus?] { files.all.map { try? File.status(of: $0.path) } }

    private static func load(_ files: TLSFiles, wallMilliseconds now: Int64) throws(TLSFileError) -> TLSContext {
        let context = try TLSContext.server(
            certificate: files.certificate, key: files.key, clientAuthorities: files.clientAuthorities)
        // No client would take it.
        if context.goodUntil < now {
            let end = Timestamp.text(milliseconds: context.goodUntil)
            throw TLSFileError("the certificate in \(files.certificate) has expired: it was good until \(end)")
        }
        if context.goodFrom > now {
            let begin = Timestamp.text(milliseconds: context.goodFrom)
            throw TLSFileError("the certificate in \(files.certificate) is good from \(begin) on, and not yet")
        }
        return context
    }
}
