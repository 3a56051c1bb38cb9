import DecisionLog
import Policy
import Testing
import Wire

@testable import SpawngateServer

/// What is judged again: leaves in the clear, as old ones are, and leaves with hashes in place of secrets.
@Suite struct RecordedDecisionTests {
    private static let request: JSONValue = ["prompt": "p", "environment": ["A": "a"], "working_directory": "/w"]
    private static let secrets = RequestSecrets(of: request, salt: [UInt8](repeating: 1, count: 16))

    private func recorded(_ request: JSONValue, _ secrets: KeptSecrets?) throws -> RecordedDecision? {
        let leaf = CanonicalJSON.bytes(of: ["id": "d-1", "verdict": "allow", "policies": [], "request": request])
        return try leaf.withUnsafeBytes { try JSONReader().read($0) { RecordedDecision($0, secrets: secrets) } }
    }

    @Test func aLeafInTheClearIsAskedAsItIs() throws {
        let recorded = try #require(try recorded(Self.request, nil))
        #expect(recorded.question == CanonicalJSON.bytes(of: Self.request))
    }

    @Test func aLeafWithHashesIsAskedAsThePoliciesSawIt() throws {
        let secrets = try #require(Self.secrets)
        let recorded = try #require(try recorded(secrets.concealing(Self.request), .kept(secrets)))
        #expect(recorded.question == CanonicalJSON.bytes(of: Self.request))
        #expect(recorded.workingDirectory == "/w")
    }

    @Test(arguments: [nil, .erased] as [KeptSecrets?]) func withoutTheSecretsNothingIsAsked(kept: KeptSecrets?) throws {
        let secrets = try #require(Self.secrets)
        let recorded = try #require(try recorded(secrets.concealing(Self.request), kept))
        #expect(recorded.question == nil)
    }

    @Test func otherSecretsAreNotTakenForThoseOfTheLeaf() throws {
        let secrets = try #require(Self.secrets)
        let other = try #require(RequestSecrets(of: ["prompt": "q", "environment": ["A": "a"]], salt: secrets.salt))
        #expect(try recorded(secrets.concealing(Self.request), .kept(other)) == nil)
    }
}
