import SpawngateClient
import Testing

@testable import spawngate

@Suite struct ViewTests {
    private let now = Timestamp(milliseconds: 1_795_521_331_042)

    @Test func columnsAreAlignedAndNothingTrails() {
        var table = TextTable(titles: ["A", "LONG", "C"])
        table.add(["1", "2", "3"])
        table.add(["wide cell", "x", ""])
        #expect(table.rendered(coloured: false) == "A          LONG  C\n1          2     3\nwide cell  x")
    }

    @Test func coloursDoNotMoveColumns() {
        var table = TextTable()
        table.add("k", "v", .good)
        #expect(table.rendered(coloured: true) == "\u{1B}[2mk\u{1B}[0m  \u{1B}[32mv\u{1B}[0m")
        #expect(table.rendered(coloured: false) == "k  v")
    }

    @Test func textCannotSteerTheTerminal() {
        #expect(TerminalText.line("a\u{1B}[31m\nb\u{202E}c\tä日") == #"a\u{1b}[31m\nb\u{202e}c\tä日"#)
        var table = TextTable()
        table.add("name", "x\r\u{9B}2J")
        #expect(table.rendered(coloured: false) == #"name  x\u{d}\u{9b}2J"#)
    }

    @Test func commandsAreQuotedAsAShellWants() {
        #expect(TerminalText.command(["/bin/sh", "-c", "echo 'a' b", ""]) == #"/bin/sh -c 'echo '\''a'\'' b' ''"#)
    }

    @Test func anExcerptSaysHowMuchThereIs() {
        #expect(TerminalText.excerpt("abc", charactersMax: 3) == "abc")
        #expect(TerminalText.excerpt("abcd", charactersMax: 3) == "abc… (4 bytes)")
    }

    @Test(arguments: [
        ("0", 0), ("90", 90_000), ("500ms", 500), ("90s", 90_000), ("30m", 1_800_000), ("12h", 43_200_000),
        ("30d", 2_592_000_000),
    ])
    func aTimeSpanIsANumberAndAUnit(text: String, milliseconds: Int64) {
        #expect(TimeSpan(argument: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: ["", "s", "-1", "+1", "1.5h", "1h30m", "1w", "٣s", " 1", "9223372036854775807d", "1e3"])
    func whatIsNoTimeSpanIsRefused(text: String) { #expect(TimeSpan(argument: text) == nil) }

    @Test(arguments: [
        ("1970-01-01T00:00:00.000Z", 0), ("2026-11-24T11:55:31.042Z", 1_795_521_331_042),
        ("2000-02-29T23:59:59.999Z", 951_868_799_999), ("2100-03-01T00:00:00.000Z", 4_107_542_400_000),
        ("1969-12-31T23:59:59.999Z", -1),
    ])
    func timestampsAreReadAndWritten(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
        #expect(Timestamp(milliseconds: milliseconds).text == text)
    }

    @Test(arguments: [
        "", "2026-11-24", "2026-13-24T11:55:31Z", "2026-11-24 11:55:31Z", "2026-11-24T11:55:31+00",
        "2026-11-24T24:00:00Z",
        "2026-11-24T11:55:3xZ", "2026-11-24T11:55:31,042Z",
    ])
    func whatIsNoTimestampIsRefused(text: String) { #expect(Timestamp(text) == nil) }

    @Test func aMomentIsATimestampOrAnAge() {
        #expect(Moment(argument: "1h")?.timestamp(now: now).text == "2026-11-24T10:55:31.042Z")
        #expect(Moment(argument: "2026-11-24T11:55:31Z")?.timestamp(now: now).milliseconds == 1_795_521_331_000)
        #expect(Moment(argument: "2026-11-24")?.timestamp(now: now).text == "2026-11-24T00:00:00.000Z")
        #expect(Moment(argument: "yesterday") == nil && Moment(argument: "2026-11-31") == nil)
    }

    @Test func sessionsAreListedOneALine() {
        let sessions: [RemoteValue] = [
            [
                "id": "a-1", "status": "running", "executive": "Ops", "exit_code": nil,
                "started_at": "2026-11-24T11:50:31.042Z",
            ],
            ["id": "long-name-2", "status": "stopped", "exit_signal": 15, "mission_id": "m"],
        ]
        #expect(
            SessionView.table(sessions.map { Session($0) }, now: now, coloured: false) == """
                ID           STATUS   EXIT       STARTED  EXECUTIVE  MISSION
                a-1          running  -          5m ago   Ops        -
                long-name-2  stopped  signal 15  -        -          m
                """)
    }

    @Test func aDenialOnStandardErrorNamesPolicyRuleReasonAndDecision() throws {
        let (client, far) = try FarEnd.connect()
        try far.answer(
            #"{"jsonrpc":"2.0","id":1,"error":{"code":-32010,"message":"Denied by policy.","data":{"status":403,"#
                + #""decision_id":"d-7","denials":[{"policy":"20-mode","rule":"mode","reason":"not here"},"#
                + #"{"policy":"5-x","rule":"y","reason":"z"}]}}}"#)
        let error = try #require(throws: RemoteError.self) { try client.call("session.start") }
        #expect(
            Explanation.lines(of: error).joined(separator: "\n") == """
                Denied by policy.
                  20-mode  mode  not here
                  5-x      y     z
                  decision d-7
                """)
        #expect(Explanation.json(of: error)["data"]["decision_id"].string == "d-7")
    }

    @Test func tokensSayWhetherTheyAreGood() {
        let tokens: [RemoteValue] = [
            ["id": "t1", "name": "ci", "roles": ["operator"], "expires_at": "2026-11-26T11:55:31.042Z"],
            [
                "id": "t2", "name": "old", "principal": "x", "roles": ["admin"],
                "revoked_at": "2026-11-24T11:50:31.042Z",
            ],
        ]
        #expect(
            TokenView.table(tokens, now: now, coloured: false) == """
                ID  NAME  KIND   PRINCIPAL  ROLES     CREATED  LAST USED  STATE
                t1  ci    token             operator  -        -          good for 2d
                t2  old   token  x          admin     -        -          revoked 5m ago
                """)
    }
}
