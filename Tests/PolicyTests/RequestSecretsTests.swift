import Policy
import Sessions
import Testing
import Wire

@Suite struct RequestSecretsTests {
    private let salt = [UInt8](0..<16)
    private let request: JSONValue = [
        "name": "n", "prompt": "say h\u{E9}", "environment": ["KEY": "v"], "args": ["--print"],
    ]
    /// By Python's hashlib.
    private let promptHash: JSONValue = "adde5d4bda5d18f5184c8b28f1807c3372620d4a97d857fbeca7fc9f2d5eeff5"
    private let keyHash: JSONValue = "8b1f226118686892656b83b7904158ee4fd74d2f86b5f1b3479d3ad8f01f2f2d"

    private func secrets() throws -> RequestSecrets { try #require(RequestSecrets(of: request, salt: salt)) }

    /// The request with a member changed, or taken out.
    private func changed(_ name: String, _ value: JSONValue?) -> JSONValue {
        let others = (request.object ?? []).filter { $0.name != name }
        return .object(others + (value.map { [JSONMember(name: name, value: $0)] } ?? []))
    }

    private func concealed(_ value: JSONValue) throws -> Bool {
        var json = JSONWriter()
        json.value(value)
        return try json.bytes.withUnsafeBytes { try JSONReader().read($0) { RequestSecrets.areConcealed(in: $0) } }
    }

    @Test func promptAndValuesAreHashedWithSaltAndPathAndNothingElseIsChanged() throws {
        let leaf = try secrets().concealing(request)
        #expect(
            leaf == [
                "name": "n", "prompt": ["salted_sha256": promptHash],
                "environment": ["KEY": ["salted_sha256": keyHash]],
                "args": ["--print"],
            ])
        #expect(try concealed(leaf))
        #expect(try !concealed(request))
    }

    @Test func whatIsAbsentStaysAbsent() throws {
        #expect(RequestSecrets(of: ["name": "n", "environment": [:]], salt: salt) == nil)
        let prompted = try #require(RequestSecrets(of: ["prompt": "p", "environment": [:]], salt: salt))
        #expect(prompted.concealing(["environment": [:]]) == ["environment": [:]])
        let leaf = prompted.concealing(["prompt": "p", "environment": [:]])
        #expect(leaf["environment"] == [:] && leaf["prompt"]?["salted_sha256"] != nil)
    }

    @Test func theCopyRestoresWhatThePoliciesSaw() throws {
        let secrets = try secrets()
        let leaf = secrets.concealing(request)
        #expect(RequestSecrets(salt: salt, json: secrets.json).restored(leaf) == request)
        #expect(RequestSecrets(answer: secrets.answer) == secrets)
        #expect(secrets.restored(request) == request, "a leaf in the clear, as old ones are")
    }

    @Test func aCopyThatTheHashesDoNotSpeakOfRestoresNothing() throws {
        let leaf = try secrets().concealing(request)
        for other: JSONValue in [
            changed("prompt", "say h\u{65}\u{301}"), changed("environment", ["KEY": "w"]),
            changed("environment", [:]), changed("prompt", nil),
        ] {
            #expect(RequestSecrets(salt: salt, json: other).restored(leaf) == nil, "\(other)")
        }
        #expect(RequestSecrets(salt: [UInt8](repeating: 0, count: 16), json: request).restored(leaf) == nil)
    }

    @Test(arguments: [["salt": "00"], ["salt": "zz"], [:], ["salt": 1]] as [JSONValue])
    func anAnswerWithoutASaltIsNone(answer: JSONValue) {
        #expect(RequestSecrets(answer: answer) == nil)
    }
}
