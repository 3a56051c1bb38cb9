import Sessions
import Testing
import Wire

@Suite struct SessionRecordTests {
    private static let members = [
        "id", "name", "executive", "status", "pid", "started_at", "stopped_at", "exit_code", "exit_signal",
        "working_directory", "branch", "mission_id", "assignment_id", "log_path", "stderr_path", "last_activity",
        "command", "args", "permission_mode", "allowed_tools", "runtime_write_root", "write_roots",
        "repository_write_allowed", "expects_report", "labels", "decision_id", "enforcement",
    ]

    private static func record(_ members: String, enforcement: Enforcement) throws -> SessionRecord {
        let request = try StartRequest(with: members)
        return SessionRecord(
            id: "n-z", request: request, workingDirectory: "/real/w", writeRoots: ["/real/w", "/real/é"],
            args: request.effectiveArguments, startedAt: 1_764_062_400_123, logPath: "/s/stdout.log",
            stderrPath: "/s/stderr.log", decisionID: "d1", enforcement: enforcement)
    }

    private static func full() throws -> SessionRecord {
        var record = try record(
            #""executive":"e","mission_id":"m","assignment_id":"a","branch":"b","command":"sh","args":["-c","a \"b\"\n"],"#
                + #""permission_mode":"plan","allowed_tools":["Read","Bash(x)"],"runtime_write_root":"/r","#
                + #""repository_write_allowed":false,"expects_report":true,"labels":{"k":"v","":"\u0001"}"#,
            enforcement: Enforcement(level: "landlock", abi: 6))
        record.status = .completedMissingReport
        record.pid = 4711
        record.stoppedAt = 1_764_062_400_999
        record.exitCode = 255
        record.exitSignal = 9
        record.lastActivity = 0
        return record
    }

    private static func bytes(_ record: SessionRecord) -> [UInt8] {
        var json = JSONWriter()
        record.write(to: &json)
        return json.bytes
    }

    private static func readBack(_ bytes: [UInt8]) throws -> SessionRecord? {
        try bytes.withUnsafeBytes { try JSONReader().read($0) { SessionRecord(json: $0) } }
    }

    @Test func aFullRecordIsReadBackAsItWas() throws {
        let record = try Self.full()
        #expect(try Self.readBack(Self.bytes(record)) == record)
    }

    @Test(arguments: SessionStatus.allCases)
    func aNewRecordIsReadBackAsItWas(status: SessionStatus) throws {
        var record = try Self.record(#""prompt":"p""#, enforcement: .none)
        #expect(record.status == .starting)
        record.status = status
        #expect(try Self.readBack(Self.bytes(record)) == record)
    }

    @Test func aRecordHasTheMembersOfTheSpecificationInItsOrder() throws {
        for record in [try Self.full(), try Self.record(#""branch":null"#, enforcement: .none)] {
            let value = try JSONReader().value(of: Self.bytes(record))
            #expect(value.object?.map(\.name) == Self.members)
        }
    }

    @Test func whatIsNotKnownIsNullAndWhatIsKnownIsWrittenAsAgreed() throws {
        let new = try JSONReader().value(of: Self.bytes(Self.record(#""branch":null"#, enforcement: .none)))
        let unknown = [
            "pid", "stopped_at", "exit_code", "exit_signal", "branch", "mission_id", "assignment_id", "last_activity",
            "permission_mode", "runtime_write_root",
        ]
        #expect(Self.members.filter { new[$0] == .null } == unknown)
        #expect(new["enforcement"] == ["level": "none", "abi": nil])
        #expect(new["labels"] == [:] && new["allowed_tools"] == [] && new["args"] == [])
        let full = try JSONReader().value(of: Self.bytes(Self.full()))
        #expect(full["status"] == "completed_missing_report")
        #expect(full["started_at"] == "2025-11-25T09:20:00.123Z" && full["last_activity"] == "1970-01-01T00:00:00.000Z")
        #expect(full["pid"] == 4711 && full["exit_code"] == 255 && full["exit_signal"] == 9)
        #expect(full["labels"] == ["": "\u{1}", "k": "v"])
        #expect(full["enforcement"] == ["level": "landlock", "abi": 6])
    }

    @Test(arguments: [
        "id", "name", "executive", "status", "started_at", "working_directory", "log_path", "stderr_path", "command",
        "repository_write_allowed", "expects_report", "decision_id", "enforcement",
    ])
    func aRecordWithoutWhatItMustHaveIsNone(member: String) throws {
        let value = try JSONReader().value(of: Self.bytes(Self.full()))
        var json = JSONWriter()
        json.value(.object((value.object ?? []).filter { $0.name != member }))
        #expect(try Self.readBack(json.bytes) == nil)
    }

    @Test func theMetadataSayWhatWasAskedInTheOrderOfTheSpecification() throws {
        let request = try StartRequest(with: #""prompt":"p","mission_id":"m","labels":{"k":"v"}"#)
        let metadata = SessionMetadata(
            id: "n-z", request: request, workingDirectory: "/real/w", args: ["--print"], createdAt: 0, createdBy: "ann")
        var json = JSONWriter()
        metadata.write(to: &json)
        #expect(
            try JSONReader().value(of: json.bytes) == [
                "id": "n-z", "name": "n", "executive": "Unassigned", "mission_id": "m", "assignment_id": nil,
                "working_directory": "/real/w", "branch": nil, "command": "claude", "args": ["--print"], "prompt": nil,
                "created_at": "1970-01-01T00:00:00.000Z", "created_by": "ann", "labels": ["k": "v"],
            ])
    }
}
