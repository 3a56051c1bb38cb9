internal import Crypto
internal import Wire

/// Compares the secrets that are kept beside a decision with the hashes in it. Reuses its memory from one to the next.
struct SecretCheck {
    private let reader = JSONReader()
    private var salted: [UInt8] = []
    private var digest = [UInt8](repeating: 0, count: 32)

    /// The places of a request where a hash stands for a text.
    static func count(in request: JSONView?) -> Int {
        var count = request?["prompt"]?.kind == .object ? 1 : 0
        request?["environment"]?.forEachMember { _, value in count += value.kind == .object ? 1 : 0 }
        return count
    }

    /// Answers what is wrong, or nil. `text` is JSON with `prompt` and `environment`.
    mutating func fault(
        in request: JSONView?, salt: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer
    ) -> String? {
        do {
            return try reader.read(text) { kept in
                var expected = Self.count(in: request)
                var isSame = true
                if let prompt = kept["prompt"], prompt.kind != .null {
                    isSame = check(prompt, salt, "prompt", nil, request?["prompt"])
                    expected -= 1
                }
                let variables = request?["environment"]
                let environment = kept["environment"]
                if environment?.kind != .object { isSame = false }
                environment?.forEachMember { name, value in
                    var hashed: JSONView?
                    variables?.forEachMember { if $0.equals(name) { hashed = $1 } }
                    isSame = check(value, salt, "environment.", name, hashed) && isSame
                    expected -= 1
                }
                return isSame && expected == 0 ? nil : "the secrets kept beside it are not those that it has hashes of"
            }
        } catch {
            return "the secrets kept beside it cannot be read"
        }
    }

    private mutating func check(
        _ value: JSONView, _ salt: UnsafeRawBufferPointer, _ path: StaticString, _ name: JSONView?, _ hashed: JSONView?
    ) -> Bool {
        guard value.kind == .string, let expected = hashed?["salted_sha256"] else { return false }
        salted.removeAll(keepingCapacity: true)
        salted.append(contentsOf: salt)
        salted.append(0)
        path.withUTF8Buffer { salted.append(contentsOf: $0) }
        name?.appendString(to: &salted)
        salted.append(0)
        value.appendString(to: &salted)
        salted.withUnsafeBytes { bytes in digest.withUnsafeMutableBytes { SHA256.digest(bytes, into: $0) } }
        let hexadecimal = expected.rawBytes.dropFirst().dropLast()
        guard expected.kind == .string, hexadecimal.count == 64 else { return false }
        let digits: StaticString = "0123456789abcdef"
        var index = hexadecimal.startIndex
        for byte in digest {
            guard hexadecimal[index] == digits.utf8Start[Int(byte >> 4)],
                hexadecimal[index + 1] == digits.utf8Start[Int(byte & 15)]
            else { return false }
            index += 2
        }
        return true
    }
}
