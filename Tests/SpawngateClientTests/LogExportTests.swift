import SpawngateClient
import Testing

@testable import spawngate

/// Leaves as other programs read them.
@Suite struct LogExportTests {
    private static let decision: RemoteValue = [
        "kind": "decision", "id": "d-1", "seq": 7, "time": "2026-11-24T11:50:31.042Z", "verdict": "deny",
        "principal": ["name": "ada|=\\", "roles": ["operator"], "address": "10.0.0.5:51332"],
        "request": [
            "name": "a=b|c\\d\ne", "command": "/bin/echo", "args": ["x=y"], "executable": "/usr/bin/echo",
            "working_directory": "/srv", "permission_mode": "plan",
        ],
        "policy_set": "5e7", "duration_us": 4120, "session_id": nil, "failure": nil,
        "policies": [
            ["name": "10-a", "digest": "aa", "verdict": "allow", "denials": [], "failure": nil],
            ["name": "20-b", "digest": "bb", "verdict": "deny", "denials": [["rule": "r", "reason": "no|=\n"]]],
        ],
    ]
    private static let login: RemoteValue = [
        "kind": "login.refused", "seq": 8, "time": "2026-11-24T11:50:31.042Z", "principal": nil,
        "address": "[2001:db8::1]:4444", "reason": "expired", "token_id": "t1",
    ]
    private static let loaded: RemoteValue = [
        "kind": "policy.loaded", "seq": 9, "time": "2026-11-24T11:50:31.042Z", "principal": nil, "address": nil,
        "policy_set": "5e8",
    ]

    private static func leaf(_ value: RemoteValue) throws -> LogLeaf {
        try LogLeaf(["seq": value["seq"], "leaf": .string(value.json)])
    }

    private static func changed(_ value: RemoteValue, _ name: String, _ to: RemoteValue) -> RemoteValue {
        .object(value.members.map { $0.name == name ? .init(name, to) : $0 })
    }

    // MARK: OCSF

    @Test func everyKindIsAValidEvent() throws {
        for value in [
            Self.decision, Self.changed(Self.decision, "verdict", "allow"), Self.login, Self.loaded,
            Self.changed(Self.decision, "request", ["name": "n"]),
        ] {
            let event = OCSFEvent.of(try Self.leaf(value), origin: "log.example")
            #expect(OCSFSchema.faults(of: event) == [], "\(event.json)")
        }
        #expect(!OCSFSchema.faults(of: ["class_uid": 1007]).isEmpty, "the excerpt can find faults")
    }

    @Test func aDenialIsABlockedLaunchWithItsPolicies() throws {
        let event = OCSFEvent.of(try Self.leaf(Self.decision), origin: "log.example")
        #expect(event["type_uid"] == 100_701 && event["action_id"] == 2 && event["disposition_id"] == 2)
        #expect(event["time"].integer == 1_795_521_031_042 && event["metadata"]["uid"] == "d-1")
        #expect(event["authorizations"].elements.map { $0["decision"] } == ["allow", "deny"])
        #expect(event["authorizations"].elements[1]["policy"]["uid"] == "bb")
        #expect(event["process"]["uid"] == "d-1" && event["process"]["file"]["name"] == "echo")
        #expect(event["status_detail"] == "20-b/r: no|=\n" && event["duration"] == 4)
        let allowed = OCSFEvent.of(
            try Self.leaf(Self.changed(Self.changed(Self.decision, "verdict", "allow"), "session_id", "s-1")),
            origin: "o")
        #expect(allowed["action_id"] == 1 && allowed["disposition_id"] == 1 && allowed["process"]["uid"] == "s-1")
    }

    @Test func aRefusedLoginIsAFailedAuthentication() throws {
        let event = OCSFEvent.of(try Self.leaf(Self.login), origin: "o")
        #expect(event["type_uid"] == 300_201 && event["status_id"] == 2 && event["status_detail"] == "expired")
        #expect(event["src_endpoint"] == ["ip": "2001:db8::1", "port": 4444])
    }

    // MARK: CEF

    /// Takes a line apart as the format's own description says.
    private static func parse(_ line: String) -> (header: [String], extensions: [String: String]) {
        var fields: [String] = [""]
        var rest = Substring(line)
        while let character = rest.popFirst() {
            if character == "\\", let escaped = rest.popFirst() {
                fields[fields.count - 1].append(escaped)
            } else if character == "|" {
                fields.append("")
                if fields.count == 8 { break }
            } else {
                fields[fields.count - 1].append(character)
            }
        }
        var extensions: [String: String] = [:]
        // A key is a word before an equals sign that is not escaped.
        for match in rest.matches(of: #/(?:^| )(?<key>[A-Za-z0-9]+)=(?<value>(?:\\.|[^\\=])*?)(?=$| [A-Za-z0-9]+=)/#) {
            let value = String(match.value).replacing("\\=", with: "=").replacing("\\n", with: "\n")
                .replacing("\\\\", with: "\\")
            extensions[String(match.key)] = value
        }
        return (Array(fields.prefix(7)), extensions)
    }

    @Test func aDenialIsOneLineThatCanBeTakenApart() throws {
        let line = CEFLine.of(try Self.leaf(Self.decision), origin: "log.example")
        #expect(!line.contains("\n"))
        let (header, extensions) = Self.parse(line)
        #expect(header == ["CEF:0", "Spawngate", "Spawngate", "1", "decision.deny", "Start denied by policy", "6"])
        #expect(extensions["externalId"] == "d-1" && extensions["act"] == "deny" && extensions["outcome"] == "failure")
        #expect(extensions["suser"] == "ada|=\\" && extensions["fname"] == "a=b|c\\d\ne")
        #expect(extensions["src"] == "10.0.0.5" && extensions["spt"] == "51332")
        #expect(extensions["reason"] == "20-b/r: no|=\n" && extensions["rt"] == "1795521031042")
        #expect(extensions["cn1"] == "7" && extensions["cn1Label"] == "leafSeq")
        #expect(extensions["msg"] == "/bin/echo x=y")
    }

    @Test func otherEventsAreLinesToo() throws {
        let (header, extensions) = Self.parse(CEFLine.of(try Self.leaf(Self.login), origin: "o"))
        #expect(header[4] == "login.refused" && extensions["reason"] == "expired")
        #expect(extensions["c6a2"] == "2001:db8::1" && extensions["src"] == nil)
        #expect(Self.parse(CEFLine.of(try Self.leaf(Self.loaded), origin: "o")).header[5] == "policy.loaded")
    }

    @Test func nothingBreaksOutOfTheHeader() {
        #expect(CEFLine.headerText("a|b\\c\nd") == "a\\|b\\\\c d")
        #expect(CEFLine.extensionText("a=b\\c\r\nd|") == "a\\=b\\\\c\\r\\nd|")
    }
}
