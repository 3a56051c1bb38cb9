internal import SpawngateClient

/// A decision in words, for whoever reviews it: who asked, from where, for what; who objected, in which line of which
/// file; what ran, how it ended, and what the kernel held it to.
struct DecisionExplanation {
    let decision: Decision
    /// The one that it became, as far as that is still known.
    let session: Session?
    let now: Timestamp
    /// Whether prompt and environment values are shown whole, where they are kept.
    var showsSecrets = false

    /// The paragraphs.
    func rendered(coloured: Bool = Output.isColoured) -> String {
        var headline = TextTable()
        headline.add([.init(self.headline, DecisionView.style(of: decision.verdict))])
        let parts = [headline, asked, granted, policies, outcome].map { $0.rendered(coloured: coloured) }
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private var headline: String {
        let all = decision.policies.count
        func count(_ verdict: String) -> Int { decision.policies.count { $0.verdict == verdict } }
        func policies(_ count: Int) -> String { "\(count) of \(all) \(all == 1 ? "policy" : "policies")" }
        switch decision.verdict {
        case "allow":
            let less = decision.record["granted"].isNull ? "" : ", with less than was asked for"
            return "Allowed: \(all == 1 ? "the one policy" : "all \(all) policies") let it through\(less)."
        case "deny": return "Denied: \(policies(count("deny"))) objected."
        default:
            if let failure = decision.record["failure"].string {
                return "Not allowed, for no policy could be asked: \(failure)."
            }
            if all == 0 { return "Not allowed, for there was no policy to ask." }
            let objected = count("deny") > 0 ? ", and \(count("deny")) objected" : ""
            return "Not allowed, for \(policies(count("error"))) failed\(objected)."
        }
    }

    // MARK: what was asked

    private var asked: TextTable {
        let request = decision.request
        var facts = TextTable()
        facts.add("decision", decision.id.map { id in decision.seq.map { "\(id), leaf \($0) of the log" } ?? id })
        facts.add(
            "asked at", decision.time.map { time in Timestamp(time).map { "\(time) (\($0.age(at: now)))" } ?? time })
        facts.add(
            "by", DecisionView.principal(decision.record["principal"]) ?? DecisionView.principal(request["principal"]))
        facts.add("to start", request["name"].string)
        facts.add("as", command)
        facts.add(
            "program", request["executable"].string ?? (request["command"].isNull ? nil : "none of that name was found")
        )
        facts.add("in", request["working_directory"].string)
        facts.add("may write in", writable)
        facts.add("mode", request["permission_mode"].string)
        facts.add("tools", request["allowed_tools"].displayed)
        facts.add("for", onBehalf)
        facts.add("report", request["expects_report"].bool == true ? "expected" : nil)
        facts.add("time limit", request["timeout_ms"].integer.map { TimeSpan(milliseconds: $0).short })
        facts.add("labels", request["labels"].displayed)
        facts.add("prompt", prompt)
        facts.add("environment", environment)
        facts.add("beside it", running)
        for member in request.members where !Self.told.contains(member.name) {
            facts.add(member.name, member.value.displayed.map { TerminalText.excerpt($0, charactersMax: 300) })
        }
        return facts
    }

    /// The members that have a line of their own; all others are shown as they are.
    private static let told: Set<String> = [
        "name", "command", "args", "executable", "working_directory", "write_roots", "runtime_write_root",
        "repository_write_allowed", "permission_mode", "allowed_tools", "executive", "mission_id", "assignment_id",
        "branch", "expects_report", "timeout_ms", "labels", "prompt", "environment", "principal", "time", "running",
        "enforcement",
    ]

    /// What differs from what was asked for.
    private var granted: TextTable {
        var facts = TextTable()
        let granted = decision.record["granted"]
        if granted.isNull { return facts }
        facts.add("granted", "in place of what was asked for:")
        facts.add("mode", granted["permission_mode"].string)
        facts.add("tools", granted["allowed_tools"].displayed)
        if !granted["write_roots"].isNull {
            facts.add("write roots", granted["write_roots"].displayed ?? "none besides")
        }
        facts.add("repository", granted["repository_write_allowed"].bool == false ? "may not be written" : nil)
        if !granted["args"].isNull {
            facts.add("arguments", TerminalText.command(granted["args"].elements.compactMap(\.string)))
        }
        return facts
    }

    private var command: String? {
        guard let command = decision.request["command"].string else { return nil }
        let words = [command] + decision.request["args"].elements.compactMap(\.string)
        return TerminalText.excerpt(TerminalText.command(words), charactersMax: 500)
    }

    private var writable: String? {
        let request = decision.request
        guard let folder = request["working_directory"].string else { return nil }
        var roots = request["repository_write_allowed"].bool == false ? [] : [folder]
        if let root = request["runtime_write_root"].string { roots.append(root) }
        roots += request["write_roots"].elements.compactMap(\.string)
        return roots.isEmpty ? "no folder but its own for temporary files" : roots.joined(separator: ", ")
    }

    private var onBehalf: String? {
        let request = decision.request
        let parts = [
            request["executive"].string, request["mission_id"].string.map { "mission \($0)" },
            request["assignment_id"].string.map { "assignment \($0)" }, request["branch"].string.map { "branch \($0)" },
        ]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }

    private var running: String? {
        let running = decision.request["running"]
        guard let total = running["total"].integer else { return nil }
        if total == 0 { return "no other session ran" }
        let name = decision.request["principal"]["name"].string ?? ""
        let own = running["by_principal"][name].integer ?? 0
        return "\(total) \(total == 1 ? "session" : "sessions") ran, \(own) of \(name)"
    }

    // MARK: secrets

    private var prompt: String? {
        let asked = decision.request["prompt"]
        guard let text = asked.string ?? decision.secrets["prompt"].string else {
            return asked["salted_sha256"].string.map { "\(whereabouts); its salted SHA-256 is \($0)" }
        }
        return TerminalText.excerpt(text, charactersMax: showsSecrets ? .max : 300)
    }

    private var environment: String? {
        let asked = decision.request["environment"].members
        if asked.isEmpty { return nil }
        let kept = decision.secrets["environment"]
        if showsSecrets {
            return asked.map { "\($0.name)=\($0.value.string ?? kept[$0.name].string ?? "(\(whereabouts))")" }
                .joined(separator: ", ")
        }
        let isClear = asked.allSatisfy { $0.value.string != nil }
        let values = isClear || !kept.isNull ? "--secrets shows the values" : "values: \(whereabouts)"
        return "\(asked.map(\.name).joined(separator: ", ")) (\(values))"
    }

    private var whereabouts: String { decision.isErased ? "erased" : "kept beside the log" }

    // MARK: what the policies said

    private var policies: TextTable {
        if decision.policies.isEmpty { return TextTable() }
        var table = TextTable(titles: ["POLICY", "VERDICT", "RULE", "WHERE", "REASON"])
        var places = decision.places[...]
        for policy in decision.policies {
            let head: [TextTable.Cell] = [
                .init(policy.name), .init(policy.verdict, DecisionView.style(of: policy.verdict)),
            ]
            let denials: [[TextTable.Cell]] = policy.denials.map { denial in
                let isPlace = places.first.map { $0.policy == policy.name && $0.rule == denial.rule } ?? false
                let place = isPlace ? places.popFirst() : nil
                return [.init(denial.rule), .init(place?.description ?? ""), .init(denial.reason)]
            }
            let objections = denials + (policy.failure.map { [["", "", .init($0)]] } ?? [])
            table.add(head + (objections.first ?? []))
            for further in objections.dropFirst() { table.add(["", ""] + further) }
        }
        return table
    }

    // MARK: what became of it

    private var outcome: TextTable {
        var facts = TextTable()
        let record = decision.record
        if decision.id != nil {
            facts.add("became", decision.sessionID.map { "session \($0)" } ?? "nothing: no process was started")
        }
        if decision.sessionID != nil, session == nil, decision.id != nil { facts.add("", "its record is not at hand") }
        if let session {
            facts.add("status", session.status)
            facts.add("ran", Self.span(of: session, now: now))
            facts.add(
                "ended with", SessionView.exit(of: session).map { session.exitCode == nil ? $0 : "exit code \($0)" })
            facts.add("kernel", Self.enforcement(session.record["enforcement"]))
        }
        facts.add("policy set", record["policy_set"].string)
        facts.add("judged in", record["duration_us"].integer.map { "\($0) µs" })
        return facts
    }

    private static func span(of session: Session, now: Timestamp) -> String? {
        guard let started = session.startedAt, let from = Timestamp(started) else { return nil }
        guard let stopped = session.stoppedAt, let to = Timestamp(stopped) else {
            return session.hasEnded ? "from \(started)" : "since \(started) (\(from.age(at: now)))"
        }
        return "from \(started) for \(TimeSpan(milliseconds: to.milliseconds - from.milliseconds).short)"
    }

    private static func enforcement(_ enforcement: RemoteValue) -> String? {
        switch enforcement["level"].string {
        case "landlock":
            "held it to its write roots (Landlock\(enforcement["abi"].integer.map { ", ABI \($0)" } ?? ""))"
        case "none": "did not hold it to its write roots: enforcement was none"
        case let other: other
        }
    }
}
