/// Every method, and the roles that may call it besides admin, as SPEC section 2 has it; nil: everybody.
enum Methods {
    static let all: [(name: String, roles: [String]?)] = [
        ("server.ping", nil), ("auth.authenticate", nil),
        ("server.info", reading), ("server.metrics", reading),
        ("session.get", reading), ("session.metadata", reading), ("session.list", reading), ("session.wait", reading),
        ("session.logs", reading), ("session.report", reading),
        ("session.follow", reading), ("session.watch", reading), ("subscription.cancel", reading),
        ("session.start", ["operator"]), ("session.stop", ["operator"]),
        ("policy.list", ["auditor"]), ("policy.check", ["operator", "auditor"]), ("policy.reload", []),
        ("policy.replay", ["auditor"]), ("policy.shadow", ["auditor"]), ("policy.rules", ["auditor"]),
        ("policy.promote", []),
        ("decision.replay", ["auditor"]), ("decision.list", ["auditor"]), ("decision.get", ["auditor"]),
        ("decision.erase", []), ("log.leaves", ["auditor"]), ("policy.get", ["auditor"]),
        ("log.checkpoint", ["auditor"]), ("log.inclusion", ["auditor"]), ("log.consistency", ["auditor"]),
        ("log.key", ["auditor"]), ("log.rotate", []),
        ("token.create", []), ("token.list", []), ("token.revoke", []),
    ]

    private static let reading = ["viewer", "operator", "auditor"]
}
