internal import SpawngateClient

/// What a policy's `narrow` took away. It shows in the record alone, and nobody should have to look for it there.
enum GrantNotice {
    /// A sentence, where a session was started with less than the params of session.start asked for.
    static func text(asked: RemoteValue, record: RemoteValue) -> String? {
        let isLess = [
            "permission_mode": asked["permission_mode"] != record["permission_mode"],
            "allowed_tools": asked["allowed_tools"].elements != record["allowed_tools"].elements,
            "write_roots": hasFewer(record["write_roots"].elements, than: asked["write_roots"].elements),
            "repository_write_allowed":
                asked["repository_write_allowed"].bool != false && record["repository_write_allowed"].bool == false,
        ]
        let less = isLess.filter(\.value).keys.map { RemoteValue.Member($0, record[$0]) }
        return less.isEmpty ? nil : "a policy granted less than was asked for: \(ReportGrant.text(.object(less)))"
    }

    // The record has real paths, so that another path alone says nothing; one below what was asked for does.
    private static func hasFewer(_ granted: [RemoteValue], than asked: [RemoteValue]) -> Bool {
        granted.count < asked.count
            || granted.contains { root in
                !asked.contains(root) && asked.contains { (root.string ?? "").hasPrefix("\($0.string ?? "")/") }
            }
    }
}
