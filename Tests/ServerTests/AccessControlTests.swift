import Crypto
import Policy
import Store
import Testing

@testable import SpawngateServer

@Suite struct AccessControlTests {
    private static func mint(
        _ name: String = "laptop", createdAt: Int64 = 0, expiresAt: Int64? = nil
    ) throws -> (row: TokenRow, text: String) {
        try AccessControl.mint(
            name: name, principal: "ann", roles: [.viewer, .operate], createdAt: createdAt, expiresAt: expiresAt)
    }

    @Test func aMintedTokenIsAcceptedOnceItIsKept() throws {
        let (row, text) = try Self.mint(createdAt: 5, expiresAt: 99)
        let access = AccessControl([])
        #expect(access.grant(for: text, wallMilliseconds: 10) == nil)
        access.add(row)
        let grant = try #require(access.grant(for: text, wallMilliseconds: 10))
        #expect(grant.tokenID == row.id && grant.principal == "ann" && grant.roles == [.viewer, .operate])
        #expect(grant.expiresAt == 99 && row.createdAt == 5 && row.revokedAt == nil)
        // One grant for all connections of a token, so that revoking reaches each of them.
        #expect(access.grant(for: text, wallMilliseconds: 11) === grant)
        // And after the next start, from what was kept.
        #expect(AccessControl([row]).grant(for: text, wallMilliseconds: 10)?.principal == "ann")
    }

    @Test func onlyTheHashOfTheSecretIsKept() throws {
        let (row, text) = try Self.mint()
        let parts = text.split(separator: "_")
        try #require(parts.count == 3 && parts[0] == "sg")
        #expect(String(parts[1]) == row.id && row.id.count == 16 && parts[2].count == 64)
        #expect(parts[1...].joined().allSatisfy { "0123456789abcdef".contains($0) })
        #expect(row.hash == SHA256.digest(Array(parts[2].utf8)))
        #expect(try Self.mint().text != text)
    }

    @Test func whatIsNotTheTokenToTheLastByteIsRefused() throws {
        let (row, text) = try Self.mint()
        let (other, otherText) = try Self.mint("other")
        let access = AccessControl([row, other])
        let (id, secret) = (row.id, String(text.suffix(64)))
        let wrong = [
            "", "_", "__", "sg", "sg_", "sg__", "sg__\(secret)", "sg_\(id)", "sg_\(id)_", secret, id, "\(id)_\(secret)",
            "SG_\(id)_\(secret)", " \(text)", "\(text) ", "\(text)\n", "\(text)_", "\(text)0", String(text.dropLast()),
            "sg_\(id)_\(secret.uppercased())x", "sg_\(id)_\(String(secret.reversed()))x", "sg_\(id)x_\(secret)",
            "sg_0000000000000000_\(secret)", "sg_\(id)_\(otherText.suffix(64))", "sg_\(other.id)_\(secret)",
            "sg_\(id)_\(SHA256.hexadecimal(row.hash))", "sg_\(id)_\(secret)\u{0}", "sg_laptop_\(secret)",
        ]
        for token in wrong { #expect(access.grant(for: token, wallMilliseconds: 0) == nil, "\(token)") }
        #expect(access.grant(for: text, wallMilliseconds: 0) != nil)
    }

    @Test(arguments: [(0, true), (99, true), (100, false), (101, false)] as [(Int64, Bool)])
    func aTokenCountsUntilItExpiresForOpenConnectionsToo(time: Int64, isValid: Bool) throws {
        let (row, text) = try Self.mint(expiresAt: 100)
        let access = AccessControl([row])
        let open = try #require(access.grant(for: text, wallMilliseconds: 50))
        #expect(open.holds(wallMilliseconds: time) == isValid)
        #expect((access.grant(for: text, wallMilliseconds: time) != nil) == isValid)
        #expect((AccessControl([row]).grant(for: text, wallMilliseconds: time) != nil) == isValid)
    }

    @Test func aRevokedTokenIsRefusedForOpenConnectionsToo() throws {
        let (row, text) = try Self.mint()
        let (other, otherText) = try Self.mint("other")
        let access = AccessControl([row, other])
        let open = try #require(access.grant(for: text, wallMilliseconds: 0))
        let untouched = try #require(access.grant(for: otherText, wallMilliseconds: 0))
        let revoked = access.revoke(row, at: 7)
        #expect(revoked.revokedAt == 7 && revoked.hash == row.hash && revoked.id == row.id)
        #expect(!open.holds(wallMilliseconds: 0) && untouched.holds(wallMilliseconds: 0))
        #expect(access.grant(for: text, wallMilliseconds: 0) == nil)
        #expect(access.grant(for: otherText, wallMilliseconds: 0) === untouched)
        // The first revocation is the one that is kept, and it holds after the next start.
        #expect(access.revoke(revoked, at: 9).revokedAt == 7)
        #expect(AccessControl([revoked]).grant(for: text, wallMilliseconds: 0) == nil)
    }

    @Test func tokensAreFoundByIdOrByTheNameOfAValidOne() throws {
        let first = try Self.mint("laptop", createdAt: 2).row
        let second = try Self.mint("laptop", createdAt: 1).row
        let access = AccessControl([first, second])
        #expect(access.all.map(\.id) == [second.id, first.id])
        _ = access.revoke(first, at: 3)
        #expect(access.find("laptop")?.id == second.id && access.find(second.id)?.id == second.id)
        _ = access.revoke(second, at: 4)
        #expect(access.find("laptop") == nil && access.find("none") == nil)
        #expect(access.all.map(\.revokedAt) == [4, 3])
    }
}
