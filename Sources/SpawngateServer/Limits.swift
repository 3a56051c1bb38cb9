// Room: SpawngateServer. The only room that wires effects: sockets, processes, policies and the store meet here.

/// Every bound of the server, in one place, units in the names.
package struct Limits: Sendable {
    /// A frame's body, once its sender is authenticated.
    package var frameBytesMax = 1 << 20
    /// A frame's body before that.
    package var frameBytesMaxUnauthenticated = 64 << 10
    /// How long a connection may stay without authenticating.
    package var authenticationMilliseconds = 10_000
    package var wrongTokensMax = 3
    /// Connections that go on with their TLS handshake in one turn; each step takes the tenth of a millisecond or more.
    package var handshakesPerTurn = 4
    package var connectionsMax = 4096
    /// Where more are open, a new one by TLS keeps no buffers while it is idle.
    package var connectionsAtEase = 256
    /// Answers that wait for their reader: above this, nothing more is read from it.
    package var outboxBytesPause = 1 << 20
    /// Requests of one connection that wait for an event (a start, a stop, a wait): above this, nothing more is read.
    package var deferredPerConnectionMax = 1024
    /// A reader that takes nothing for so long, while answers wait, is given up.
    package var writeStallMilliseconds = 60_000
    /// What is read from one connection in one turn, so that none keeps the others waiting.
    package var bytesPerTurn = 256 << 10

    /// Subscriptions of one connection, and of all.
    package var subscriptionsPerConnectionMax = 64
    package var subscriptionsMax = 4096
    /// Of a log, what is told at once. A multiple of three, so that base64 has no padding within.
    package var outputChunkBytes = 48 << 10
    /// What a client may have been told and not taken before its subscriptions wait.
    package var toldBytesPause = 256 << 10
    /// Changes of sessions that wait for one reader, in bytes of records: above this it is given up, for none may be left
    /// out.
    package var eventBytesWaitingMax = 8 << 20

    package var sessionsRunningMax = 1000
    /// What one session may have, its descendants together; nil: no limit. Each needs a cgroup for each session.
    package var sessionProcessesMax: Int?
    package var sessionMemoryBytesMax: Int?
    package var sessionCPUsMax: Double?
    package var listMax: Int64 = 1000
    package var listDefault: Int64 = 100
    /// Bytes of what a list answers at once; fewer come where they are large, and the cursor goes on from there.
    package var listBytesMax = 16 << 20
    package var logTailBytesDefault: Int64 = 65_536
    package var logTailBytesMax: Int64 = 4 << 20
    package var logBytesMax = 256 << 20
    package var reportBytesMax = 4 << 20
    package var stopGraceMillisecondsDefault: Int64 = 5000
    package var stopGraceMillisecondsMax: Int64 = 3_600_000
    /// How often the processes of a session that lost its shim are looked for and killed, before that is given up.
    package var lossRoundsMax = 200
    /// How often the ends of adopted children are looked for.
    package var adoptedReapMilliseconds = 60_000

    package var policyMilliseconds = 100
    package var policyMemoryBytes = 16 << 20
    package var policyLoadMilliseconds = 2000
    package var policyWorkers = 4
    package var policyFileBytesMax = 1 << 20
    package var policyFilesMax = 1000
    /// All files of a set together: what a policy worker takes, less what names them.
    package var policySetBytesMax = 15 << 20
    /// Starts that wait for a policy worker.
    package var questionsWaitingMax = 4096
    /// How long a burst of saves may last before the set is read: an editor writes, renames and touches.
    package var policySettleMilliseconds = 40

    /// Replays of many decisions, and of single ones, that run at once.
    package var replaysMax = 2
    package var decisionReplaysMax = 16
    /// Workers of one replay of many decisions.
    package var replayWorkers = 2
    /// Leaves of the log that a replay looks at in one turn, so that none of its turns is long.
    package var replayLeavesPerTurn: Int64 = 64
    /// Decisions that a replay gives to a worker together.
    package var replayBatchMax = 64
    /// Or fewer, once their requests are so large together.
    package var replayBatchBytes = 1 << 20
    /// Decisions a second that a replay judges at most while starts are judged: where its workers seldom get a processor
    /// it is a third less, and 100,000 still take less than 30 s.
    package var replayPoliteRate = 5500
    /// Changes that a replay names; the rest is counted.
    package var replayChangedMax = 1000
    /// Principals, rules and directories that a replay counts by, each; the rest is counted together.
    package var replayGroupsMax = 1000
    /// Decisions that wait to be judged in the shadow too; those beyond are counted and left out.
    package var shadowWaitingMax = 4096
    /// Leaves of the log that an export looks at in one turn, and bytes of them that it answers at once.
    package var exportLeavesPerTurn: Int64 = 2048
    package var exportBytesPerTurn = 256 << 10
    /// Decisions whose secrets are erased in one turn.
    package var secretsErasedPerTurn = 256

    /// Events of the log that one source (a principal, or all strangers together) may cause in a window of time; the rest
    /// is counted. While there is a rest, each window is twice as long as the one before, up to the longest.
    package var eventsPerWindow = 30
    package var eventWindowMillisecondsMin = 10_000
    package var eventWindowMillisecondsMax = 600_000
    package var eventSourcesMax = 1000
    /// Events that wait while the log cannot be written; those beyond are counted.
    package var eventsWaitingMax = 4096

    /// What a command gets to bring a checkpoint away.
    package var checkpointCommandMilliseconds = 30_000

    package init() {
        precondition(frameBytesMaxUnauthenticated <= frameBytesMax)
        precondition(policyLoadMilliseconds >= policyMilliseconds)
    }
}
