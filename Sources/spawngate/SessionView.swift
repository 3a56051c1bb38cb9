internal import SpawngateClient

/// Sessions as a person reads them.
enum SessionView {
    /// One line a session.
    static func table(_ sessions: [Session], now: Timestamp, coloured: Bool = Output.isColoured) -> String {
        var table = TextTable(titles: ["ID", "STATUS", "EXIT", "STARTED", "EXECUTIVE", "MISSION"])
        for session in sessions {
            table.add([
                .init(session.id), .init(session.status, style(of: session)), .init(exit(of: session) ?? "-"),
                .init(session.startedAt.flatMap { Timestamp($0)?.age(at: now) } ?? "-"),
                .init(session.record["executive"].string ?? "-"), .init(session.record["mission_id"].string ?? "-"),
            ])
        }
        return table.rendered(coloured: coloured)
    }

    /// All that is known of one session, one fact a line.
    static func details(_ session: Session, coloured: Bool = Output.isColoured) -> String {
        let record = session.record
        let words = [record["command"].string ?? ""] + record["args"].elements.compactMap(\.string)
        var table = TextTable()
        table.add("id", session.id)
        table.add("name", session.name)
        table.add("status", session.status, style(of: session))
        table.add("exit", exit(of: session))
        table.add("pid", session.hasEnded ? nil : session.pid.map(String.init))
        table.add("started", session.startedAt)
        table.add("stopped", session.stoppedAt)
        table.add("last activity", record["last_activity"].string)
        table.add("directory", record["working_directory"].string)
        table.add("command", TerminalText.command(words))
        let further = [
            ("permission mode", "permission_mode"), ("allowed tools", "allowed_tools"), ("write roots", "write_roots"),
            ("runtime root", "runtime_write_root"), ("executive", "executive"), ("mission", "mission_id"),
            ("assignment", "assignment_id"), ("branch", "branch"), ("labels", "labels"),
        ]
        for (title, name) in further { table.add(title, record[name].displayed) }
        table.add("repository", record["repository_write_allowed"].bool == false ? "may not be written" : nil)
        table.add("report", record["expects_report"].bool == true ? "expected" : nil)
        table.add("stdout", record["log_path"].string)
        table.add("stderr", record["stderr_path"].string)
        table.add("enforcement", record["enforcement"].displayed)
        table.add("decision", session.decisionID)
        return table.rendered(coloured: coloured)
    }

    /// One line for a change of a session: when, what, which, and how it ended where it has.
    static func change(_ event: String, of session: Session) -> String {
        let time = (event == "ended" ? session.stoppedAt : nil) ?? session.startedAt ?? "-"
        let words = [time, event, session.id, session.status, exit(of: session).map { "exit \($0)" } ?? ""]
        return words.filter { !$0.isEmpty }.map(TerminalText.line).joined(separator: "  ")
    }

    /// How it ended: `0`, `signal 9`; nil where that is not known, or not yet.
    static func exit(of session: Session) -> String? {
        session.exitCode.map(String.init) ?? session.exitSignal.map { "signal \($0)" }
    }

    private static func style(of session: Session) -> TextTable.Style {
        switch session.status {
        case "starting", "running": .good
        case "failed", "lost", "completed_missing_report": .bad
        case "stopped", "terminated": .warning
        default: session.succeeded ? .plain : .bad
        }
    }
}

extension RemoteValue {
    /// A value of any shape in one line for a person; nil for null, false and what is empty.
    var displayed: String? {
        switch self {
        case .null, .bool(false), .string(""), .array([]), .object([]): nil
        case .bool(true): "yes"
        case .integer(let number): String(number)
        case .number: json
        case .string(let text): text
        case .array(let elements): elements.map { $0.string ?? $0.json }.joined(separator: ", ")
        case .object(let members):
            members.map { "\($0.name)=\($0.value.string ?? $0.value.json)" }.joined(separator: ", ")
        }
    }
}
