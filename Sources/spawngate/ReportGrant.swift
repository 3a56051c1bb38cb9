internal import SpawngateClient

/// What a decision grants in place of what was asked for (`granted`), compared between two policy sets.
enum ReportGrant {
    /// As a policy's `narrow` orders them; what is not here is neither more nor less than another.
    private static let modes = [["plan"], ["default", "manual"], ["acceptEdits"], ["auto"], ["bypassPermissions"]]
    private static let names = ["permission_mode", "allowed_tools", "write_roots", "repository_write_allowed"]

    /// Whether a start gets more by the new grant, of the same request, in any respect. What is not plainly less counts as
    /// more: a reviewer looks at it.
    static func isWider(_ new: RemoteValue, than old: RemoteValue) -> Bool {
        names.contains { name in
            // What the old set did not narrow is as it was asked for, and nothing is more than that.
            if old[name].isNull { return false }
            return !isWithin(new[name], old[name], name)
        }
    }

    private static func isWithin(_ new: RemoteValue, _ old: RemoteValue, _ name: String) -> Bool {
        if new == old { return true }
        if new.isNull { return false }
        switch name {
        case "permission_mode":
            guard let before = level(old), let after = level(new) else { return false }
            return after <= before
        case "allowed_tools":
            // Without a rule no tool is restricted.
            return !new.elements.isEmpty && covers(old, new) { asked, granted in asked.hasPrefix("\(granted)(") }
        case "write_roots":
            return covers(old, new) { asked, granted in asked.hasPrefix("\(granted == "/" ? "" : granted)/") }
        default: return false
        }
    }

    private static func level(_ mode: RemoteValue) -> Int? {
        mode.string.flatMap { name in modes.firstIndex { $0.contains(name) } }
    }

    private static func covers(
        _ old: RemoteValue, _ new: RemoteValue, _ isPart: (_ new: String, _ old: String) -> Bool
    ) -> Bool {
        new.elements.allSatisfy { element in
            old.elements.contains { $0 == element || isPart(element.string ?? "", $0.string ?? "") }
        }
    }

    /// `permission_mode "plan", write_roots []`.
    static func text(_ grant: RemoteValue) -> String {
        let parts = names.filter { !grant[$0].isNull }.map { "\($0) \(grant[$0].json)" }
        return parts.isEmpty ? "all that was asked for" : parts.joined(separator: ", ")
    }
}
