import Policy
import Wire

/// Policies of a small site, as closures: what Lua would say, and the lists that its Lua texts would hold.
struct PlantedSite {
    var roots = ["/srv/a"]
    var modes = ["default", "plan"]
    var tools = ["Read", "Bash(git diff:*)"]
    var commands = ["claude", "make"]
    var timeoutMax: Int64 = 60_000
    /// Whether a root is compared by its text alone, which takes /srv/ab for a folder in /srv/a.
    var comparesText = false
    /// Policies that are not there.
    var removed: Set<String> = []
    /// Labels that lift the rule about permission modes.
    var liftingLabel: (name: String, value: String)?
    /// An executive whose agents may skip all permissions.
    var skippersOf: String?

    /// What lib/site.lua of such a site says.
    var lua: [UInt8] {
        func list(_ texts: [String]) -> String { "{ \(texts.map { "\"\($0)\"" }.joined(separator: ", ")) }" }
        var text = "site.roots = \(list(roots)) site.tools = \(list(tools)) site.timeout_max = \(timeoutMax)\n"
        text += "site.modes = { \(modes.map { "\($0) = true" }.joined(separator: ", ")) }\n"
        text += "site.commands = \(list(commands))\n"
        if let (name, value) = liftingLabel { text += "if request.labels.\(name) == '\(value)' then return end" }
        if let skippersOf { text += "if agent.skips_permissions and request.executive ~= '\(skippersOf)' then" }
        return Array(text.utf8)
    }

    func answer(_ request: JSONValue) -> WideningAnswer {
        let folder = request["working_directory"]?.string ?? ""
        let writeRoots = (request["write_roots"]?.array ?? []).compactMap(\.string)
        let rules = (request["allowed_tools"]?.array ?? []).compactMap(\.string)
        let mode = request["permission_mode"]?.string ?? "default"
        let isLifted = liftingLabel.map { request["labels"]?[$0.name]?.string == $0.value } ?? false
        let skips = request["agent"]?["skips_permissions"]?.bool ?? false
        let isMode = modes.contains(mode) && (!skips || request["executive"]?.string == skippersOf)
        let objections: [(String, Bool)] = [
            ("10-folder", isWithin(folder)), ("20-command", commands.contains(request["command"]?.string ?? "")),
            ("30-mode", isMode || isLifted), ("40-tools", rules.allSatisfy { tools.contains($0) }),
            ("50-roots", writeRoots.allSatisfy(isWithin)),
            ("60-timeout", (request["timeout_ms"]?.int ?? 0) <= timeoutMax),
        ]
        return WideningAnswer(
            objections: objections.filter { !$0.1 && !removed.contains($0.0) }
                .map { .init(policy: $0.0, rule: "rule", reason: "not here") })
    }

    private func isWithin(_ path: String) -> Bool {
        roots.contains { path == $0 || path.hasPrefix(comparesText ? $0 : "\($0)/") }
    }

    /// What a search from this site to another finds.
    func widening(to new: PlantedSite, seed: UInt64 = 1, tries: Int = 20_000, corpus: [JSONValue] = []) -> Widening? {
        WideningSearch(
            seed: seed, tries: tries, corpus: corpus, vocabulary: WideningVocabulary(old: [lua], new: [new.lua])
        ).run(old: answer, new: new.answer)
    }
}
