import TestSupport
import Testing
import Wire

/// What a session is called and what its record says.
@Suite(.timeLimit(.minutes(5))) struct SessionRecordTests {
    let server: RunningServer

    init() throws { server = try RunningServer() }

    private static let members = [
        "id", "name", "executive", "status", "pid", "started_at", "stopped_at", "exit_code", "exit_signal",
        "working_directory", "branch", "mission_id", "assignment_id", "log_path", "stderr_path", "last_activity",
        "command", "args", "permission_mode", "allowed_tools", "runtime_write_root", "write_roots",
        "repository_write_allowed", "expects_report", "labels", "decision_id", "enforcement",
    ]

    private static func isTime(_ value: JSONValue?) -> Bool {
        guard let text = value?.string else { return false }
        let form = "0000-00-00T00:00:00.000Z"
        return text.count == form.count
            && zip(text, form).allSatisfy { $1 == "0" ? $0.isASCII && $0.isNumber : $0 == $1 }
    }

    @Test func aRecordHasExactlyTheMembersOfTheSpecification() throws {
        let started = try server.start("echo a; \(RunningServer.untilToldToGoOn)")
        try server.tellToGoOn()
        let ended = try server.wait(started)
        for record in [started, ended, try server.call("session.get", ["id": started["id"] ?? .null])] {
            #expect(record.names == Self.members)
        }
        #expect(started["status"] == "running" || started["status"] == "starting")
        #expect(Self.isTime(ended["started_at"]) && Self.isTime(ended["stopped_at"]))
        #expect(Self.isTime(ended["last_activity"]))
        #expect(ended["status"] == "exited")
        #expect(try server.call("session.list")["sessions"]?.array == [ended])
    }

    @Test func noTimeIsBeforeTheStartNorAfterTheEnd() throws {
        // Files are stamped by a clock that ticks every few milliseconds: most of these are shorter.
        for _ in 0..<20 {
            let record = try server.run("echo a")
            let times = ["started_at", "last_activity", "stopped_at"].map { record[$0]?.string ?? "" }
            #expect(times == times.sorted(), "\(times)")
        }
    }

    @Test func whatWasNotGivenHasItsDefault() throws {
        let record = try server.run("exit 0")
        #expect(record["executive"] == "Unassigned")
        for name in [
            "branch", "mission_id", "assignment_id", "last_activity", "permission_mode", "runtime_write_root",
            "exit_signal",
        ] {
            #expect(record[name] == .null, "\(name)")
        }
        #expect(record["allowed_tools"] == [])
        #expect(record["write_roots"] == [])
        #expect(record["repository_write_allowed"] == true)
        #expect(record["expects_report"] == false)
        #expect(record["labels"] == [:])
        let metadata = try server.call("session.metadata", ["id": record["id"] ?? .null])
        #expect(metadata["created_by"] == "admin")
        #expect(metadata["prompt"] == .null)
    }

    @Test func textIsTrimmedAndEmptyTextIsAbsent() throws {
        let record = try server.run(
            "exit 0",
            [
                "name": "  Night\u{A0}shift \n", "executive": " \t ", "mission_id": " M-1 ", "branch": "",
                "permission_mode": " plan ", "allowed_tools": [" Read "],
                "working_directory": .string(" \(server.workFolder) "),
            ])
        #expect(record["name"] == "Night\u{A0}shift")
        #expect(record["executive"] == "Unassigned")
        #expect(record["mission_id"] == "M-1")
        #expect(record["branch"] == .null)
        #expect(record["permission_mode"] == "plan")
        #expect(record["allowed_tools"] == ["Read"])
        #expect(record["working_directory"] == .string(server.workFolder))
    }

    @Test(arguments: [
        ("Fix the BUG", "fix-the-bug"), ("  --a--b--  ", "a-b"), ("\u{1F600}", "session"), ("Ünïcode 9", "n-code-9"),
        ("../../etc", "etc"),
    ])
    func anIDIsTheSlugAndTheTime(name: String, slug: String) throws {
        let id = try #require(try server.run("exit 0", ["name": .string(name)])["id"]?.string)
        #expect(id.hasPrefix("\(slug)-"), "\(id)")
        let stamp = id.dropFirst(slug.count + 1)
        let milliseconds = try #require(Int64(stamp, radix: 36))
        #expect(String(milliseconds, radix: 36) == stamp)
        #expect(milliseconds > 1_700_000_000_000)
    }

    @Test func idsOfOneNameInABurstAreUnique() throws {
        let client = try server.connect()
        let requests = try (0..<100).map { _ in try client.request("session.start", server.shell("exit 0")) }
        let ids = try requests.map { try client.answer(to: $0)["id"]?.string ?? "" }
        #expect(Set(ids).count == 100)
        #expect(ids.allSatisfy { id in id.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".contains($0) } })
    }

    @Test func metadataIsWhatWasAskedAndNeverChanges() throws {
        let record = try server.start(
            "exit 1",
            [
                "prompt": "do it", "created_by": "night", "labels": ["team": "core"], "mission_id": "M",
                "assignment_id": "A", "branch": "b", "executive": "CTO",
            ])
        let id = record["id"] ?? .null
        let before = try server.call("session.metadata", ["id": id])
        _ = try server.wait(record)
        try server.restart()
        let after = try server.call("session.metadata", ["id": id])
        #expect(after == before)
        #expect(
            after.with("created_at", nil) == [
                "id": id, "name": "test", "executive": "CTO", "mission_id": "M", "assignment_id": "A",
                "working_directory": .string(server.workFolder), "branch": "b", "command": "/bin/sh",
                "args": ["-c", "exit 1"], "prompt": "do it", "created_by": "night",
                "labels": ["team": "core"],
            ])
    }
}
