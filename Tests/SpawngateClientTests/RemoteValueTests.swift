import SpawngateClient
import Testing

@Suite struct RemoteValueTests {
    @Test func membersKeepTheirOrder() throws {
        let text = #"{"z":1,"a":[true,null,1.5,"x\n"],"m":{}}"#
        #expect(try RemoteValue(json: text).json == text)
    }

    @Test func literalsSayWhatTheJSONSays() throws {
        let value: RemoteValue = ["name": "build", "args": ["-v", 2], "ok": true, "none": nil]
        #expect(try RemoteValue(json: #"{"name":"build","args":["-v",2],"ok":true,"none":null}"#) == value)
    }

    @Test func whatIsAbsentReadsAsNull() {
        let value: RemoteValue = ["a": ["b": "c"]]
        #expect(value["a"]["b"].string == "c")
        #expect(value["x"]["y"].isNull && value["a"]["b"]["c"].isNull)
    }

    @Test func aTextThatIsNotStrictIsRefused() throws {
        let error = try #require(throws: RemoteValueSyntaxError.self) { try RemoteValue(json: #"{"a":1,"a":2}"#) }
        #expect(error.offset > 0 && error.description.hasPrefix("not JSON: "))
    }

    @Test func logsAreReadByteForByte() throws {
        let logs = try #require(SessionLogs(["stdout": "/wA=", "stderr": ""]))
        #expect(logs.stdout == [255, 0] && logs.stderr.isEmpty)
        #expect(SessionLogs(["stdout": "plain text", "stderr": ""]) == nil)
    }

    @Test func aDecisionNamesThePolicyOfEachDenial() {
        let decision = Decision([
            "verdict": "deny",
            "policies": [
                ["name": "10-a", "verdict": "allow", "denials": []],
                ["name": "20-b", "verdict": "deny", "denials": [["rule": "r", "reason": "because"]]],
            ],
        ])
        #expect(!decision.isAllowed)
        #expect(decision.denials.map { "\($0.policy)/\($0.rule): \($0.reason)" } == ["20-b/r: because"])
    }
}
