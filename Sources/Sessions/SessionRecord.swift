package import Wire

/// A session as callers see it (SPEC section 3).
package struct SessionRecord: Equatable, Sendable {
    package var id: String
    package var name: String
    package var executive: String
    package var status: SessionStatus
    package var pid: Int32?
    /// Milliseconds since 1970, as every time here.
    package var startedAt: Int64
    package var stoppedAt: Int64?
    package var exitCode: Int32?
    package var exitSignal: Int32?
    package var workingDirectory: String
    package var branch: String?
    package var missionID: String?
    package var assignmentID: String?
    package var logPath: String
    package var stderrPath: String
    package var lastActivity: Int64?
    package var command: String
    package var args: [String]
    package var permissionMode: String?
    package var allowedTools: [String]
    package var runtimeWriteRoot: String?
    package var writeRoots: [String]
    package var repositoryWriteAllowed: Bool
    package var expectsReport: Bool
    package var labels: [NamedText]
    package var decisionID: String
    package var enforcement: Enforcement

    package init(
        id: String, request: StartRequest, workingDirectory: String, writeRoots: [String], args: [String],
        startedAt: Int64, logPath: String, stderrPath: String, decisionID: String, enforcement: Enforcement
    ) {
        self.id = id
        name = request.name
        executive = request.executive
        status = .starting
        self.startedAt = startedAt
        self.workingDirectory = workingDirectory
        branch = request.branch
        missionID = request.missionID
        assignmentID = request.assignmentID
        self.logPath = logPath
        self.stderrPath = stderrPath
        command = request.command
        self.args = args
        permissionMode = request.permissionMode
        allowedTools = request.allowedTools
        runtimeWriteRoot = request.runtimeWriteRoot
        self.writeRoots = writeRoots
        repositoryWriteAllowed = request.repositoryWriteAllowed
        expectsReport = request.expectsReport
        labels = request.labels
        self.decisionID = decisionID
        self.enforcement = enforcement
    }
}

/// What the kernel was really told to enforce on a session.
package struct Enforcement: Equatable, Sendable {
    /// `landlock` or `none`.
    package let level: String
    /// The kernel's Landlock ABI, where it was used.
    package let abi: Int?

    package init(level: String, abi: Int?) {
        self.level = level
        self.abi = abi
    }

    package static let none = Enforcement(level: "none", abi: nil)
}

extension SessionRecord {
    /// Appends the record as JSON, in the order of the specification; what is not known is null.
    package func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id)
        json.member("name", name)
        json.member("executive", executive)
        json.member("status", status.rawValue)
        json.member("pid", pid.map(Int64.init))
        json.member("started_at", Timestamp.text(milliseconds: startedAt))
        json.member("stopped_at", stoppedAt.map(Timestamp.text(milliseconds:)))
        json.member("exit_code", exitCode.map(Int64.init))
        json.member("exit_signal", exitSignal.map(Int64.init))
        json.member("working_directory", workingDirectory)
        json.member("branch", branch)
        json.member("mission_id", missionID)
        json.member("assignment_id", assignmentID)
        json.member("log_path", logPath)
        json.member("stderr_path", stderrPath)
        json.member("last_activity", lastActivity.map(Timestamp.text(milliseconds:)))
        json.member("command", command)
        json.member("args", args)
        json.member("permission_mode", permissionMode)
        json.member("allowed_tools", allowedTools)
        json.member("runtime_write_root", runtimeWriteRoot)
        json.member("write_roots", writeRoots)
        json.member("repository_write_allowed", repositoryWriteAllowed)
        json.member("expects_report", expectsReport)
        json.member("labels", labels)
        json.member("decision_id", decisionID)
        json.name("enforcement")
        json.beginObject()
        json.member("level", enforcement.level)
        json.member("abi", enforcement.abi.map(Int64.init))
        json.endObject()
        json.endObject()
    }

    /// Reads back what `write` wrote; nil where the text is something else.
    package init?(json: JSONView) {
        guard let id = json["id"]?.string, let name = json["name"]?.string, let executive = json["executive"]?.string,
            let status = json["status"]?.string.flatMap(SessionStatus.init(rawValue:)),
            let startedAt = json["started_at"]?.string.flatMap(Timestamp.milliseconds(of:)),
            let workingDirectory = json["working_directory"]?.string, let logPath = json["log_path"]?.string,
            let stderrPath = json["stderr_path"]?.string, let command = json["command"]?.string,
            let repositoryWriteAllowed = json["repository_write_allowed"]?.bool,
            let expectsReport = json["expects_report"]?.bool, let decisionID = json["decision_id"]?.string,
            let level = json["enforcement"]?["level"]?.string
        else { return nil }
        self.id = id
        self.name = name
        self.executive = executive
        self.status = status
        pid = json["pid"]?.int.map(Int32.init(truncatingIfNeeded:))
        self.startedAt = startedAt
        stoppedAt = json["stopped_at"]?.string.flatMap(Timestamp.milliseconds(of:))
        exitCode = json["exit_code"]?.int.map(Int32.init(truncatingIfNeeded:))
        exitSignal = json["exit_signal"]?.int.map(Int32.init(truncatingIfNeeded:))
        self.workingDirectory = workingDirectory
        branch = json["branch"]?.string
        missionID = json["mission_id"]?.string
        assignmentID = json["assignment_id"]?.string
        self.logPath = logPath
        self.stderrPath = stderrPath
        lastActivity = json["last_activity"]?.string.flatMap(Timestamp.milliseconds(of:))
        self.command = command
        args = json["args"]?.texts ?? []
        permissionMode = json["permission_mode"]?.string
        allowedTools = json["allowed_tools"]?.texts ?? []
        runtimeWriteRoot = json["runtime_write_root"]?.string
        writeRoots = json["write_roots"]?.texts ?? []
        self.repositoryWriteAllowed = repositoryWriteAllowed
        self.expectsReport = expectsReport
        labels = json["labels"]?.namedTexts ?? []
        self.decisionID = decisionID
        enforcement = Enforcement(level: level, abi: json["enforcement"]?["abi"]?.int.map { Int($0) })
    }
}

extension JSONView {
    fileprivate var texts: [String] {
        var texts: [String] = []
        forEachElement { element in if let text = element.string { texts.append(text) } }
        return texts
    }

    fileprivate var namedTexts: [NamedText] {
        var texts: [NamedText] = []
        forEachMember { name, value in
            if let name = name.string, let text = value.string { texts.append(NamedText(name: name, text: text)) }
        }
        return texts
    }
}

extension JSONWriter {
    /// A member that is a text, or null.
    package mutating func member(_ name: StaticString, _ text: String?) {
        self.name(name)
        if let text { string(text) } else { null() }
    }

    /// A member that is a whole number, or null.
    package mutating func member(_ name: StaticString, _ number: Int64?) {
        self.name(name)
        if let number { integer(number) } else { null() }
    }

    package mutating func member(_ name: StaticString, _ flag: Bool) {
        self.name(name)
        bool(flag)
    }

    package mutating func member(_ name: StaticString, _ texts: [String]) {
        self.name(name)
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    /// A member that is an object of texts.
    package mutating func member(_ name: StaticString, _ texts: [NamedText]) {
        self.name(name)
        beginObject()
        for text in texts {
            self.name(text.name)
            string(text.text)
        }
        endObject()
    }
}
