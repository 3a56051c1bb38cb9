internal import COpenSSL

/// Signatures by Ed25519 (RFC 8032), computed by OpenSSL.
package enum Ed25519 {
    /// Bytes of a seed, which is the whole of a private key.
    package static let seedBytes = 32
    /// Bytes of a public key.
    package static let publicKeyBytes = 32
    /// Bytes of a signature.
    package static let signatureBytes = 64

    /// The public key of a seed.
    package static func publicKey(seed: [UInt8]) -> [UInt8] {
        precondition(seed.count == seedBytes, "a seed has 32 bytes")
        return filled(publicKeyBytes) { co_ed25519_public(seed, $0) }
    }

    /// The signature over the bytes; the same each time.
    package static func sign(_ bytes: [UInt8], seed: [UInt8]) -> [UInt8] {
        precondition(seed.count == seedBytes, "a seed has 32 bytes")
        return filled(signatureBytes) { co_ed25519_sign(seed, bytes, bytes.count, $0) }
    }

    /// Whether the signature over the bytes was made with the private key of this public key.
    package static func isRight(_ signature: [UInt8], over bytes: [UInt8], publicKey: [UInt8]) -> Bool {
        signature.count == signatureBytes && publicKey.count == publicKeyBytes
            && co_ed25519_verify(publicKey, bytes, bytes.count, signature) == 1
    }

    private static func filled(_ count: Int, _ body: (UnsafeMutablePointer<UInt8>?) -> Int32) -> [UInt8] {
        var done: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { out, written in
            done = body(out.baseAddress)
            written = count
        }
        // Any 32 bytes are a seed: what is left is OpenSSL without memory, or built without Ed25519.
        precondition(done == 1, "OpenSSL has no Ed25519")
        return bytes
    }
}
