internal import Crypto
internal import Wire

/// A hash of the tree: 32 bytes of SHA-256, held without an allocation.
package struct MerkleHash: Equatable, Hashable, Sendable {
    /// Bytes of a hash.
    package static let byteCount = 32

    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    private init() {}

    /// A hash from its 32 bytes; nil where there are more or fewer.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    /// A hash from its base64 (RFC 4648, with padding); nil where it is none.
    package init?(base64: String) {
        guard let bytes = Base64.decode(base64), Base64.encode(bytes) == base64 else { return nil }
        self.init(bytes)
    }

    /// The hash of a leaf: SHA-256 of 0x00 and its bytes.
    package static func leaf(_ bytes: UnsafeRawBufferPointer) -> MerkleHash {
        var hash = MerkleHash()
        withUnsafeMutableBytes(of: &hash.words) { SHA256.digest(prefix: 0x00, bytes, into: $0) }
        return hash
    }

    /// The hash of a leaf: SHA-256 of 0x00 and its bytes.
    package static func leaf(_ bytes: [UInt8]) -> MerkleHash { bytes.withUnsafeBytes { leaf($0) } }

    /// The hash of two neighbours' parent: SHA-256 of 0x01, the left and the right one.
    package static func parent(_ left: MerkleHash, _ right: MerkleHash) -> MerkleHash {
        var hash = MerkleHash()
        let children = (left.words, right.words)
        withUnsafeBytes(of: children) { children in
            withUnsafeMutableBytes(of: &hash.words) { SHA256.digest(prefix: 0x01, children, into: $0) }
        }
        return hash
    }

    /// The root of a tree without leaves: SHA-256 of nothing.
    package static let ofNothing: MerkleHash = {
        guard let hash = MerkleHash(SHA256.digest([])) else { preconditionFailure("SHA-256 has 32 bytes") }
        return hash
    }()

    /// Whether these are its 32 bytes. Nothing is allocated.
    package func isSame(as bytes: UnsafeRawBufferPointer) -> Bool {
        withUnsafeBytes(of: words) { $0.elementsEqual(bytes) }
    }

    /// The 32 bytes.
    package var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }
    /// The bytes in base64, with padding.
    package var base64: String { Base64.encode(bytes) }

    package static func == (left: MerkleHash, right: MerkleHash) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) { withUnsafeBytes(of: words) { hasher.combine(bytes: $0) } }
}
