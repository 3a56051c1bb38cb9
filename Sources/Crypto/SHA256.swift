// Room: Crypto. Digests, comparisons and signatures by OpenSSL, as values. No key is kept here, no I/O.
internal import COpenSSL

/// SHA-256 (FIPS 180-4), computed by OpenSSL.
package enum SHA256 {
    /// The 32 bytes of the digest.
    package static func digest(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { out, count in
            co_sha256(bytes.baseAddress, bytes.count, out.baseAddress)
            count = 32
        }
    }

    /// The 32 bytes of the digest.
    package static func digest(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { digest($0) }
    }

    /// The digest of one byte and then the bytes, into the 32 bytes at `out`: what a Merkle tree is made of.
    package static func digest(
        prefix: UInt8, _ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer
    ) {
        precondition(out.count == 32, "SHA-256 has 32 bytes")
        co_sha256_prefixed(prefix, bytes.baseAddress, bytes.count, out.baseAddress)
    }

    /// The digest of the bytes, into the 32 bytes at `out`. Nothing is allocated.
    package static func digest(_ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) {
        precondition(out.count == 32, "SHA-256 has 32 bytes")
        co_sha256(bytes.baseAddress, bytes.count, out.baseAddress)
    }

    /// The digest in lower-case hexadecimal: 64 characters.
    package static func hex(_ bytes: [UInt8]) -> String {
        hexadecimal(digest(bytes))
    }

    /// Bytes as lower-case hexadecimal.
    package static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension SHA256 {
    /// The bytes of a hexadecimal text; nil where it is none.
    package static func bytes(hexadecimal text: String) -> [UInt8]? {
        let digits = text.utf8.compactMap { digit -> UInt8? in
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
            default: nil
            }
        }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

/// Comparison of secrets.
package enum ConstantTime {
    /// Whether both are equal, in a time that tells nothing of where they differ.
    package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && co_equal(left, right, left.count) == 1
    }
}
