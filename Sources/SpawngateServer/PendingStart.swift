internal import Platform
internal import Policy
internal import Sessions
internal import Wire

/// One start on its way: opened, being judged, judged, kept, launched.
final class PendingStart {
    let request: StartRequest
    let launch: SessionLaunch
    let principal: Principal
    /// Milliseconds since 1970.
    let time: Int64
    let question: JSONValue
    /// Of its params, where it has an idempotency key.
    let digest: StartDigest?
    /// The caller, and those who asked for the same under the same key meanwhile.
    var replies: [Reply]
    var judgement: Judgement?
    /// Whether it counts as running for the starts that are asked for meanwhile.
    var isClaimed = false

    init(
        request: StartRequest, launch: SessionLaunch, principal: Principal, time: Int64, running: RunningCounts,
        isEnforced: Bool, digest: StartDigest?, replies: [Reply]
    ) {
        self.request = request
        self.launch = launch
        self.principal = principal
        self.time = time
        self.digest = digest
        self.replies = replies
        question =
            PolicyQuestion(
                request: request, executable: launch.program?.path, args: launch.args,
                workingDirectory: launch.workingDirectory.path, writeRoots: launch.writeRoots.map(\.path),
                runtimeWriteRoot: launch.runtimeWriteRoot?.path, principal: principal, time: time, running: running,
                isEnforced: isEnforced,
                agent: AgentProfile(
                    command: request.command, executable: launch.program?.path, args: launch.args,
                    environment: request.environment
                ) { ProjectSettings(launch, addDirs: $0).files }
            ).json
    }

    func answer(_ body: (inout JSONWriter) throws(RPCError) -> Void) {
        for reply in replies { reply.send(body) }
    }

    func fail(_ error: RPCError) {
        for reply in replies { reply.fail(error) }
    }
}
