internal import Crypto
package import Sessions
package import Wire

/// What of a request stands beside the log and not in it, so that it can be erased: the prompt, and the values of the
/// environment.
///
/// The leaf has {"salted_sha256": hex} in place of each: SHA-256 over salt, 0x00, path, 0x00, value, where the path is
/// `prompt` or `environment.NAME`. The salt is of this decision alone and is erased with the rest, so that what was
/// short cannot be guessed afterwards. Arguments stand in the leaf as they are: every user of the machine can see them.
package struct RequestSecrets: Equatable, Sendable {
    package static let saltByteCount = 16

    package let salt: [UInt8]
    package let prompt: String?
    package let environment: [NamedText]

    /// Those of a request as the policies saw it; nil where it has none. The salt must be random and used once.
    package init?(of request: JSONValue, salt: [UInt8]) {
        self.init(salt: salt, json: request)
        if prompt == nil && environment.isEmpty { return nil }
    }

    /// Those of an object with `prompt` and `environment`, such as `json` makes it.
    package init(salt: [UInt8], json: JSONValue) {
        self.salt = salt
        prompt = json["prompt"]?.string
        environment = (json["environment"]?.object ?? []).compactMap { member in
            member.value.string.map { NamedText(name: member.name, text: $0) }
        }
    }

    /// Those of the `secrets` of decision.get; nil where they are not of that form.
    package init?(answer: JSONValue) {
        guard let salt = answer["salt"]?.string.flatMap(SHA256.bytes(hexadecimal:)), salt.count == Self.saltByteCount
        else { return nil }
        self.init(salt: salt, json: answer)
    }

    /// {prompt, environment}, without the salt.
    package var json: JSONValue {
        [
            "prompt": prompt.map(JSONValue.string) ?? .null,
            "environment": .object(environment.map { JSONMember(name: $0.name, value: .string($0.text)) }),
        ]
    }

    /// As decision.get answers them: {salt, prompt, environment}, the salt in hexadecimal.
    package var answer: JSONValue {
        .object([JSONMember(name: "salt", value: .string(SHA256.hexadecimal(salt)))] + (json.object ?? []))
    }

    /// The request as its leaf has it. Texts that are not of these secrets are hashed all the same.
    package func concealing(_ request: JSONValue) -> JSONValue {
        Self.mapping(request) { path, value in value.string.map { ["salted_sha256": .string(hash($0, path))] } ?? value
        }
    }

    /// The request as the policies saw it, from one of a leaf; nil where the leaf speaks of other secrets.
    package func restored(_ request: JSONValue) -> JSONValue? {
        var isOther = false
        let restored = Self.mapping(request) { path, value in
            guard let expected = value["salted_sha256"]?.string else { return value }
            guard let text = self.text(at: path), hash(text, path) == expected else {
                isOther = true
                return value
            }
            return .string(text)
        }
        return isOther ? Optional.none : restored
    }

    /// Whether a request has hashes where the policies saw texts.
    package static func areConcealed(in request: JSONView) -> Bool {
        if request["prompt"]?.kind == .object { return true }
        var isConcealed = false
        request["environment"]?.forEachMember { _, value in isConcealed = isConcealed || value.kind == .object }
        return isConcealed
    }

    /// A request of a leaf with a text where only a hash is known: not the one that was asked, but one that can be.
    package static func placeholders(in request: JSONValue) -> JSONValue {
        mapping(request) { _, value in value["salted_sha256"] == nil ? value : "x" }
    }

    private func text(at path: String) -> String? {
        if path == "prompt" { return prompt }
        return environment.first { Self.path(ofVariable: $0.name).utf8.elementsEqual(path.utf8) }?.text
    }

    private func hash(_ text: String, _ path: String) -> String {
        SHA256.hex(salt + [0] + Array(path.utf8) + [0] + Array(text.utf8))
    }

    private static func path(ofVariable name: String) -> String { "environment.\(name)" }

    /// The request with each place of a secret changed.
    private static func mapping(_ request: JSONValue, _ change: (_ path: String, JSONValue) -> JSONValue) -> JSONValue {
        let members = (request.object ?? []).map { member in
            switch member.name {
            case "prompt": JSONMember(name: member.name, value: change("prompt", member.value))
            case "environment":
                JSONMember(
                    name: member.name,
                    value: .object(
                        (member.value.object ?? []).map {
                            JSONMember(name: $0.name, value: change(path(ofVariable: $0.name), $0.value))
                        }))
            default: member
            }
        }
        return .object(members)
    }
}

/// What is left of a decision's secrets. A decision that never had any has none of these.
package enum KeptSecrets: Equatable, Sendable {
    case kept(RequestSecrets)
    case erased
}
