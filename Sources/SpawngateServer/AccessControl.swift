internal import Crypto
internal import Platform
internal import Policy
internal import Store

/// A token, or a certificate in its place, that was accepted: whose it is, and what it allows. There is one for all
/// connections of a token.
final class Grant {
    let tokenID: String
    let principal: String
    let roles: [Role]
    /// Milliseconds since 1970.
    let expiresAt: Int64?
    fileprivate var isRevoked = false

    fileprivate init(_ row: TokenRow) {
        tokenID = row.id
        principal = row.principal
        roles = row.roles
        expiresAt = row.expiresAt
    }

    /// Whether it still counts, also for a connection that is open.
    func holds(wallMilliseconds: Int64) -> Bool {
        !isRevoked && expiresAt.map { wallMilliseconds < $0 } ?? true
    }
}

/// Why a client's certificate gave no grant. For the log: the caller is not told.
struct CertificateRefusal: Error, Equatable {
    let reason: String
    var name: String?
    var tokenID: String?
    /// What OpenSSL finds.
    var fault: String?

    static let unusableName = CertificateRefusal(reason: "unusable name")
    static func untrusted(_ fault: String) -> CertificateRefusal {
        CertificateRefusal(reason: "untrusted", fault: fault)
    }
}

/// Who may call: the tokens, held as hashes. A token is `sg_<id>_<secret>`; the id finds the row, the secret proves it.
/// A row without a hash stands for the certificates with its name, and no secret fits it.
final class AccessControl {
    private var tokens: [String: TokenRow] = [:]
    private var grants: [String: Grant] = [:]

    init(_ rows: [TokenRow]) {
        for row in rows { tokens[row.id] = row }
    }

    /// The token's grant, or nil where it is unknown, wrong, expired or revoked: the caller is not told which.
    func grant(for token: String, wallMilliseconds: Int64) -> Grant? {
        let parts = token.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "sg" else { return nil }
        let row = tokens[String(parts[1])]
        let offered = SHA256.digest(Array(parts[2].utf8))
        // An unknown id takes as long as a wrong secret.
        let isRight = ConstantTime.equal(offered, row?.hash ?? [UInt8](repeating: 0, count: 32))
        guard let row, isRight, row.revokedAt == nil else { return nil }
        let grant = grants[row.id] ?? Grant(row)
        grants[row.id] = grant
        return grant.holds(wallMilliseconds: wallMilliseconds) ? grant : nil
    }

    /// The grant of the entry for certificates with this common name. A name is the bytes that it is written with: what only
    /// looks the same, to a person or to Unicode, is another's.
    func grant(
        forCertificateOf name: String, wallMilliseconds: Int64
    ) -> Result<Grant, CertificateRefusal> {
        let rows = tokens.values.filter { $0.isCertificate && $0.name.utf8.elementsEqual(name.utf8) }
        guard let row = rows.first(where: { $0.revokedAt == nil }) ?? rows.first else {
            return .failure(CertificateRefusal(reason: "unknown", name: name))
        }
        guard row.revokedAt == nil else {
            return .failure(CertificateRefusal(reason: "revoked", name: name, tokenID: row.id))
        }
        let grant = grants[row.id] ?? Grant(row)
        grants[row.id] = grant
        guard grant.holds(wallMilliseconds: wallMilliseconds) else {
            return .failure(CertificateRefusal(reason: "expired", name: name, tokenID: row.id))
        }
        return .success(grant)
    }

    /// Why a token gave no grant, and the token that was meant where there is one. For the log: the caller is not told.
    func refusal(of token: String) -> (reason: String, tokenID: String?) {
        let parts = token.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "sg", let row = tokens[String(parts[1])] else { return ("unknown", nil) }
        guard ConstantTime.equal(SHA256.digest(Array(parts[2].utf8)), row.hash) else { return ("wrong", row.id) }
        return (row.revokedAt == nil ? "expired" : "revoked", row.id)
    }

    /// Makes a token; the text is shown once and kept nowhere.
    static func mint(
        name: String, principal: String, roles: [Role], createdAt: Int64, expiresAt: Int64?
    ) throws(SystemError) -> (row: TokenRow, text: String) {
        let id = SHA256.hexadecimal(try Randomness.bytes(8))
        let secret = SHA256.hexadecimal(try Randomness.bytes(32))
        let row = TokenRow(
            id: id, name: name, principal: principal, roles: roles, hash: SHA256.digest(Array(secret.utf8)),
            createdAt: createdAt, expiresAt: expiresAt)
        return (row, "sg_\(id)_\(secret)")
    }

    /// Makes an entry for the certificates with this common name, who then is the principal.
    static func entry(
        certificateName name: String, roles: [Role], createdAt: Int64, expiresAt: Int64?
    ) throws(SystemError) -> TokenRow {
        TokenRow(
            id: SHA256.hexadecimal(try Randomness.bytes(8)), name: name, principal: name, roles: roles, hash: [],
            createdAt: createdAt, expiresAt: expiresAt)
    }

    /// To be called once the row is kept.
    func add(_ row: TokenRow) { tokens[row.id] = row }

    /// The token of this id, also a revoked one, or the valid one of this name.
    func find(_ idOrName: String) -> TokenRow? {
        tokens[idOrName] ?? tokens.values.first { $0.name == idOrName && $0.revokedAt == nil }
    }

    /// To be called once the revocation is kept. Answers the row as it is now.
    func revoke(_ row: TokenRow, at time: Int64) -> TokenRow {
        let revoked = TokenRow(
            id: row.id, name: row.name, principal: row.principal, roles: row.roles, hash: row.hash,
            createdAt: row.createdAt, expiresAt: row.expiresAt, revokedAt: row.revokedAt ?? time)
        tokens[row.id] = revoked
        grants[row.id]?.isRevoked = true
        return revoked
    }

    var all: [TokenRow] { tokens.values.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) } }
}
