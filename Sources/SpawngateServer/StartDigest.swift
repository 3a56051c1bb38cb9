internal import Crypto
internal import DecisionLog
internal import Wire

/// What tells the params of one start from those of another under the same idempotency key.
struct StartDigest: Equatable {
    /// Of all params but the key itself.
    let whole: String
    /// Of those that are no secrets: all that is left to compare with once the secrets were erased.
    let open: String

    init(_ params: JSONView?) {
        let members = (params?.value.object ?? []).filter { $0.name != "idempotency_key" }
        whole = Self.digest(members)
        open = Self.digest(members.filter { $0.name != "prompt" && $0.name != "environment" })
    }

    /// Whether an earlier start had the same params, as far as that is still known.
    func isSame(as earlier: (paramsDigest: String?, openDigest: String?, sessionID: String)) -> Bool {
        if let digest = earlier.paramsDigest { return digest == whole }
        return earlier.openDigest == open
    }

    private static func digest(_ members: [JSONMember]) -> String {
        SHA256.hex(CanonicalJSON.bytes(of: .object(members)))
    }
}
