internal import Foundation
internal import GRDB
package import Policy

/// A token as it is kept: never the secret, only its hash.
package struct TokenRow {
    package let id: String
    package let name: String
    package let principal: String
    package let roles: [Role]
    /// SHA-256 of the secret. Empty where there is none: then the row stands for certificates whose common name is `name`.
    package let hash: [UInt8]
    /// Milliseconds since 1970.
    package let createdAt: Int64
    package let expiresAt: Int64?
    package let revokedAt: Int64?

    package init(
        id: String, name: String, principal: String, roles: [Role], hash: [UInt8], createdAt: Int64, expiresAt: Int64?,
        revokedAt: Int64? = nil
    ) {
        self.id = id
        self.name = name
        self.principal = principal
        self.roles = roles
        self.hash = hash
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
    }

    package var isCertificate: Bool { hash.isEmpty }
    /// What it is called outside.
    package var kind: String { isCertificate ? "certificate" : "token" }

    func insert(into database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO token (id, name, principal, roles, hash, created_at, expires_at, revoked_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id, name, principal, roles.map(\.rawValue).joined(separator: " "), Data(hash), createdAt, expiresAt,
                revokedAt,
            ])
    }
}

extension Store {
    /// Every token that was ever made, oldest first.
    package func tokens() throws(StoreFailure) -> [TokenRow] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM token ORDER BY created_at, id").map { row in
                let roles: String = row["roles"]
                let hash: Data = row["hash"]
                return TokenRow(
                    id: row["id"], name: row["name"], principal: row["principal"],
                    roles: roles.split(separator: " ").compactMap { Role(rawValue: String($0)) }, hash: Array(hash),
                    createdAt: row["created_at"], expiresAt: row["expires_at"], revokedAt: row["revoked_at"])
            }
        }
    }
}
