import SpawngateClient
import Testing

@testable import spawngate

/// A decision in words.
@Suite struct DecisionExplanationTests {
    private let now = Timestamp(milliseconds: 1_795_521_331_042)
    private let denied: RemoteValue = [
        "id": "d-1", "seq": 4, "verdict": "error", "time": "2026-11-24T11:50:31.042Z",
        "principal": ["name": "ada", "roles": ["operator"], "address": "10.0.0.5:51332"],
        "request": [
            "name": "build\u{1B}[31m", "command": "claude", "args": ["--print", "say it"],
            "executable": "/usr/bin/claude",
            "working_directory": "/srv/app", "write_roots": ["/srv/out"], "repository_write_allowed": false,
            "permission_mode": "acceptEdits", "allowed_tools": ["Read", "Edit(/srv/**)"], "executive": "Ops",
            "mission_id": "M-1", "branch": "main", "expects_report": true, "timeout_ms": 600_000,
            "prompt": ["salted_sha256": "ab"], "environment": ["CI": ["salted_sha256": "cd"]],
            "principal": ["name": "ada"], "running": ["total": 3, "by_principal": ["ada": 1]],
            "enforcement": ["available": true], "agent": ["name": "claude"],
        ],
        "policies": [
            ["name": "10-a", "verdict": "allow", "denials": [], "failure": nil],
            [
                "name": "20-b", "verdict": "deny",
                "denials": [["rule": "r", "reason": "no"], ["rule": "s", "reason": "never"]], "failure": nil,
            ],
            ["name": "30-c", "verdict": "error", "denials": [], "failure": "30-c.lua:7: oh"],
        ],
        "denied_at": [
            ["policy": "20-b", "rule": "r", "file": "20-b.lua", "line": 5],
            ["policy": "20-b", "rule": "s", "file": "lib/site.lua", "line": 12],
        ],
        "policy_set": "5e7", "duration_us": 412, "session_id": nil,
    ]

    private func explain(_ answer: RemoteValue, session: Session? = nil, secrets: Bool = false) -> String {
        DecisionExplanation(decision: Decision(answer: answer), session: session, now: now, showsSecrets: secrets)
            .rendered(coloured: false)
    }

    @Test func aRefusalSaysWhoWhatWhoObjectedAndWhere() {
        #expect(
            explain([
                "decision": denied, "secrets": ["prompt": "Fix\nit", "environment": ["CI": "1"]], "erased": false,
            ])
                == #"""
                Not allowed, for 1 of 3 policies failed, and 1 objected.

                decision      d-1, leaf 4 of the log
                asked at      2026-11-24T11:50:31.042Z (5m ago)
                by            ada (operator) from 10.0.0.5:51332
                to start      build\u{1b}[31m
                as            claude --print 'say it'
                program       /usr/bin/claude
                in            /srv/app
                may write in  /srv/out
                mode          acceptEdits
                tools         Read, Edit(/srv/**)
                for           Ops, mission M-1, branch main
                report        expected
                time limit    10m
                prompt        Fix\nit
                environment   CI (--secrets shows the values)
                beside it     3 sessions ran, 1 of ada
                agent         name=claude

                POLICY  VERDICT  RULE  WHERE            REASON
                10-a    allow
                20-b    deny     r     20-b.lua:5       no
                                 s     lib/site.lua:12  never
                30-c    error                           30-c.lua:7: oh

                became      nothing: no process was started
                policy set  5e7
                judged in   412 µs
                """#)
    }

    @Test func whatIsErasedOrKeptElsewhereIsSaid() {
        let erased = explain(["decision": denied, "secrets": nil, "erased": true])
        #expect(erased.contains("prompt        erased; its salted SHA-256 is ab"))
        #expect(erased.contains("environment   CI (values: erased)"))
        #expect(explain(["decision": denied]).contains("prompt        kept beside the log; its salted SHA-256 is ab"))
        let shown = explain(["decision": denied, "secrets": ["environment": ["CI": "1"]]], secrets: true)
        #expect(shown.contains("environment   CI=1"))
    }

    @Test func anAllowedStartSaysWhatRanAndHowItEnded() {
        let allowed: RemoteValue = [
            "id": "d-2", "seq": 5, "verdict": "allow", "session_id": "s-1", "request": ["name": "n"],
            "policies": [["name": "10-a", "verdict": "allow", "denials": []]],
        ]
        let session = Session([
            "id": "s-1", "status": "exited", "exit_code": 3, "started_at": "2026-11-24T11:50:31.042Z",
            "stopped_at": "2026-11-24T11:50:43.042Z", "enforcement": ["level": "landlock", "abi": 7],
        ])
        #expect(
            explain(["decision": allowed], session: session) == """
                Allowed: the one policy let it through.

                decision  d-2, leaf 5 of the log
                to start  n

                POLICY  VERDICT  RULE  WHERE  REASON
                10-a    allow

                became      session s-1
                status      exited
                ran         from 2026-11-24T11:50:31.042Z for 12s
                ended with  exit code 3
                kernel      held it to its write roots (Landlock, ABI 7)
                """)
        #expect(explain(["decision": allowed]).contains("its record is not at hand"))
        let killed = Session(["id": "s-1", "status": "stopped", "exit_signal": 9, "enforcement": ["level": "none"]])
        #expect(explain(["decision": allowed], session: killed).contains("ended with  signal 9"))
        #expect(explain(["decision": allowed], session: killed).contains("did not hold it to its write roots"))
    }

    @Test func withoutAPolicyItSaysSo() {
        let failed: RemoteValue = ["verdict": "error", "policies": [], "failure": "20-b.lua:3: unexpected symbol"]
        #expect(
            explain(["decision": failed])
                == "Not allowed, for no policy could be asked: 20-b.lua:3: unexpected symbol.")
        #expect(explain(["decision": ["verdict": "error", "policies": []]]).hasPrefix("Not allowed, for there was no"))
    }
}
