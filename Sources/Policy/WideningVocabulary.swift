/// The values that a search for widening tries: what two sets say in their Lua texts, and a few that every site has.
///
/// A value that one of the two sets says more often than the other is where they differ, so it is tried far more often.
package struct WideningVocabulary: Sendable {
    /// Values of one sort; `fresh` are those that one set says more often.
    struct Pool<Value: Sendable>: Sendable {
        var all: [Value] = []
        var fresh: [Value] = []

        func pick(_ random: inout WideningRandom) -> Value? {
            (random.once(in: 2) ? random.pick(fresh) : nil) ?? random.pick(all)
        }
    }

    let paths: Pool<String>
    let rules: Pool<String>
    let words: Pool<String>
    let numbers: Pool<Int64>
    /// What a policy compares a member with, or lists under its name or that of several; and the names of the labels and
    /// variables that it looks at.
    let values: [String: Pool<String>]
    /// Members that one of the sets looks at more often.
    let freshMembers: Set<String>

    /// The values of two sets, their tests included: these name what the author thought of.
    package init(old: PolicySet, new: PolicySet) {
        self.init(old: old.files.map(\.text), new: new.files.map(\.text))
    }

    /// The values of two lists of Lua texts in UTF-8.
    package init(old: [[UInt8]], new: [[UInt8]]) {
        let (old, new) = (WideningHarvest(old), WideningHarvest(new))
        paths = Self.pool(old.texts, new.texts, Self.builtInPaths, Self.path)
        rules = Self.pool(old.texts, new.texts, Self.builtInRules, Self.rule)
        words = Self.pool(old.texts, new.texts, Self.builtInWords, Self.word)
        numbers = Pool(
            all: Set(old.numbers.keys).union(new.numbers.keys).union([1, 1000, 3_600_000]).sorted(),
            fresh: Self.differing(old.numbers, new.numbers).sorted())
        var values: [String: Pool<String>] = [:]
        for member in Set(old.values.keys).union(new.values.keys) {
            values[member] = Self.pool(old.values[member] ?? [:], new.values[member] ?? [:], []) { $0 }
        }
        self.values = values
        freshMembers = Self.differing(old.members, new.members)
    }

    private static let builtInPaths = [
        "/", "/etc", "/home/x", "/opt/x", "/root", "/srv/x", "/tmp/x", "/usr/bin", "/var/x",
    ]
    private static let builtInRules = [
        "Bash", "Bash(git:*)", "Bash(x:*)", "Edit", "Read", "Task", "WebFetch", "Write", "mcp__x", "mcp__x__y",
    ]
    private static let builtInWords = [
        "acceptEdits", "admin", "auditor", "auto", "bash", "bypassPermissions", "claude", "default", "dontAsk", "git",
        "main", "manual", "operator", "plan", "python3", "sh", "true", "viewer", "x",
    ]

    private static func pool(
        _ old: [String: Int], _ new: [String: Int], _ builtIn: [String], _ read: (String) -> String?
    ) -> Pool<String> {
        // In byte order: the order of a set changes with each process, and with it the answer to a seed.
        func sorted(_ texts: Set<String>) -> [String] {
            Set(texts.compactMap(read)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
        return Pool(
            all: sorted(Set(old.keys).union(new.keys).union(builtIn)), fresh: sorted(differing(old, new)))
    }

    private static func differing<Value: Hashable>(_ old: [Value: Int], _ new: [Value: Int]) -> Set<Value> {
        Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }
    }

    /// A path, with something put in for what a glob leaves open.
    private static func path(_ text: String) -> String? {
        guard text.hasPrefix("/"), text.utf8.count < 512 else { return nil }
        let plain = text.replacing("**", with: "x").replacing("*", with: "x").replacing("?", with: "x")
        return RequestMutation.normalised(plain)
    }

    private static func rule(_ text: String) -> String? {
        guard let first = text.utf8.first, text.utf8.count < 512, !text.contains(" ") || text.hasSuffix(")") else {
            return nil
        }
        let isName = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) || text.hasPrefix("mcp__")
        return isName ? text : nil
    }

    private static func word(_ text: String) -> String? {
        // Longer ones are the sentences of denials.
        guard !text.isEmpty, !text.hasPrefix("/"), text.utf8.count <= 48, !text.contains("%s"),
            text.first?.isWhitespace == false, text.last?.isWhitespace == false
        else { return nil }
        return text
    }
}
