package import Wire

/// What was asked when a session was made; never changed afterwards.
package struct SessionMetadata: Sendable {
    package let id: String
    package let request: StartRequest
    package let workingDirectory: String
    package let args: [String]
    /// Milliseconds since 1970.
    package let createdAt: Int64
    package let createdBy: String

    package init(
        id: String, request: StartRequest, workingDirectory: String, args: [String], createdAt: Int64, createdBy: String
    ) {
        self.id = id
        self.request = request
        self.workingDirectory = workingDirectory
        self.args = args
        self.createdAt = createdAt
        self.createdBy = createdBy
    }

    /// Appends the answer of `session.metadata`, without the prompt: that is kept with the secrets of the decision alone,
    /// so that it can be erased, and is null here.
    package func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id)
        json.member("name", request.name)
        json.member("executive", request.executive)
        json.member("mission_id", request.missionID)
        json.member("assignment_id", request.assignmentID)
        json.member("working_directory", workingDirectory)
        json.member("branch", request.branch)
        json.member("command", request.command)
        json.member("args", args)
        json.name("prompt")
        json.null()
        json.member("created_at", Timestamp.text(milliseconds: createdAt))
        json.member("created_by", createdBy)
        json.member("labels", request.labels)
        json.endObject()
    }
}
