import Sessions
import Testing
import Wire

@Suite struct StartRequestTests {
    private static let texts = [
        "name", "working_directory", "command", "prompt", "executive", "mission_id", "assignment_id", "branch",
        "created_by", "permission_mode", "runtime_write_root", "idempotency_key",
    ]

    /// The two that must be there, and a member with a value, in place of one of them where it has its name.
    private static func params(_ member: String, _ value: String) -> String {
        let required = ["name", "working_directory"].filter { $0 != member }.map { #""\#($0)":"n""# }
        return "{\((required + [#""\#(member)":\#(value)"#]).joined(separator: ","))}"
    }

    private static func list(_ count: Int, of entry: String) -> String {
        "[\(Array(repeating: entry, count: count).joined(separator: ","))]"
    }

    private static func object(_ count: Int) -> String {
        "{\((0..<count).map { #""N\#($0)":"v""# }.joined(separator: ","))}"
    }

    private static func quoted(_ count: Int) -> String { "\"\(String(repeating: "x", count: count))\"" }

    // MARK: what must be there, what counts where nothing is said

    @Test(
        arguments: [
            (nil, "A session name is required.", "name"), ("{}", "A session name is required.", "name"),
            (#"{"working_directory":"/w"}"#, "A session name is required.", "name"),
            (#"{"name":null,"working_directory":"/w"}"#, "A session name is required.", "name"),
            (#"{"name":" \t\n\u00a0\ufeff","working_directory":"/w"}"#, "A session name is required.", "name"),
            (#"{"name":"n"}"#, "A working_directory is required.", "working_directory"),
            (#"{"name":"n","working_directory":"  "}"#, "A working_directory is required.", "working_directory"),
        ] as [(String?, String, String)])
    func aNameAndAFolderAreRequired(text: String?, message: String, param: String) {
        #expect(throws: RPCError.invalidParams(message, param: param)) {
            if let text { try StartRequest(text: text) } else { try StartRequest(params: nil) }
        }
    }

    @Test(arguments: [
        "",
        #","command":null,"args":null,"prompt":" ","executive":"","mission_id":"","assignment_id":"\n","branch":" ","#
            + #""created_by":"","permission_mode":"","allowed_tools":null,"runtime_write_root":"","write_roots":null,"#
            + #""repository_write_allowed":null,"expects_report":null,"environment":null,"timeout_ms":null,"#
            + #""labels":null,"idempotency_key":"""#,
    ])
    func whatIsAbsentNullOrEmptyHasItsDefault(members: String) throws {
        let request = try StartRequest(text: #"{"name":"n","working_directory":"/w"\#(members)}"#)
        #expect(request.name == "n" && request.workingDirectory == "/w")
        #expect(request.command == "claude" && request.executive == "Unassigned")
        #expect(request.repositoryWriteAllowed && !request.expectsReport)
        #expect(request.args == nil && request.timeoutMilliseconds == nil)
        #expect(request.allowedTools == [] && request.writeRoots == [])
        #expect(request.environment == [] && request.labels == [])
        let optional = [
            request.prompt, request.missionID, request.assignmentID, request.branch, request.createdBy,
            request.permissionMode, request.runtimeWriteRoot, request.idempotencyKey,
        ]
        #expect(optional.allSatisfy { $0 == nil })
    }

    @Test func everyMemberArrivesTrimmedWhereItIsAText() throws {
        let members = Self.texts.map { #""\#($0)":" \u2003\#($0) \n""# }.joined(separator: ",")
        let request = try StartRequest(
            text: "{\(members),"
                + #""args":["", " a "],"allowed_tools":[" Read ","Bash(git diff:*)"],"write_roots":[" /r "],"#
                + #""repository_write_allowed":false,"expects_report":true,"environment":{"B":" b ","A":""},"#
                + #""timeout_ms":1,"labels":{"z":"1","":"2"}}"#)
        let texts = [
            request.name, request.workingDirectory, request.command, request.prompt, request.executive,
            request.missionID, request.assignmentID, request.branch, request.createdBy, request.permissionMode,
            request.runtimeWriteRoot, request.idempotencyKey,
        ]
        #expect(texts == Self.texts)
        #expect(request.args == ["", " a "])
        #expect(request.allowedTools == ["Read", "Bash(git diff:*)"] && request.writeRoots == ["/r"])
        #expect(!request.repositoryWriteAllowed && request.expectsReport && request.timeoutMilliseconds == 1)
        #expect(request.environment == [NamedText(name: "A", text: ""), NamedText(name: "B", text: " b ")])
        #expect(request.labels == [NamedText(name: "", text: "2"), NamedText(name: "z", text: "1")])
    }

    // MARK: what is refused

    @Test(arguments: texts, ["1", "true", "[]", "{}"])
    func whatIsNoTextIsRefusedByName(member: String, value: String) {
        #expect(throws: RPCError.invalidParams("\(member) must be a string.", param: member)) {
            try StartRequest(text: Self.params(member, value))
        }
    }

    @Test(arguments: [
        (
            ["args", "allowed_tools", "write_roots"], [#""a""#, "{}", "1", "[1]", "[null]", #"["a",[]]"#],
            "must be a list of strings"
        ),
        (["allowed_tools", "write_roots"], [#"[""]"#, #"["a"," "]"#], "has an empty entry"),
        (["repository_write_allowed", "expects_report"], ["0", #""true""#, "[]"], "must be true or false"),
        (["environment", "labels"], ["[]", #""a""#, "1"], "must be an object of strings"),
        (
            ["environment"], [#"{"A":1}"#, #"{"A":null}"#],
            "must be an object of strings, each shorter than 131071 bytes"
        ),
        (
            ["labels"], [#"{"a":1}"#, #"{"a":"b","c":[]}"#],
            "must be an object of strings, each shorter than 4096 bytes"
        ),
        (
            ["timeout_ms"], ["0", "-1", "1.5", #""1""#, "true", "315360000001", "1e300"],
            "must be a whole number from 1 to 315360000000"
        ),
    ])
    func whatIsOfTheWrongKindIsRefusedByName(members: [String], values: [String], message: String) {
        for member in members {
            for value in values {
                #expect(throws: RPCError.invalidParams("\(member) \(message).", param: member), "\(value)") {
                    try StartRequest(text: Self.params(member, value))
                }
            }
        }
    }

    @Test(arguments: [
        ("name", quoted(4096), quoted(4097), "is longer than 4096 bytes"),
        (
            "branch", "\"  \(String(repeating: "é", count: 2048))  \"", "\"\(String(repeating: "é", count: 2049))\"",
            "is longer than 4096 bytes"
        ),
        ("args", list(1024, of: quoted(1)), list(1025, of: quoted(1)), "has more than 1024 entries"),
        ("args", list(1, of: quoted(131_071)), list(1, of: quoted(131_072)), "has an entry longer than 131071 bytes"),
        ("allowed_tools", list(256, of: quoted(1)), list(257, of: quoted(1)), "has more than 256 entries"),
        ("allowed_tools", list(1, of: quoted(4096)), list(1, of: quoted(4097)), "has an entry longer than 4096 bytes"),
        ("write_roots", list(64, of: quoted(1)), list(65, of: quoted(1)), "has more than 64 entries"),
        ("environment", object(256), object(257), "has more than 256 members"),
        (
            "environment", "{\"A\":\(quoted(131_069))}", "{\"A\":\(quoted(131_070))}",
            "must be an object of strings, each shorter than 131071 bytes"
        ),
        ("labels", object(64), object(65), "has more than 64 members"),
        (
            "labels", "{\"a\":\(quoted(4094))}", "{\"a\":\(quoted(4095))}",
            "must be an object of strings, each shorter than 4096 bytes"
        ),
        ("timeout_ms", "315360000000", "315360000001", "must be a whole number from 1 to 315360000000"),
    ])
    func aBoundIsKeptExactly(member: String, atTheBound: String, over: String, message: String) {
        #expect(throws: Never.self) { try StartRequest(text: Self.params(member, atTheBound)) }
        #expect(throws: RPCError.invalidParams("\(member) \(message).", param: member)) {
            try StartRequest(text: Self.params(member, over))
        }
    }

    @Test func aPromptMayBeLongerThanAnyArgument() throws {
        let request = try StartRequest(with: #""prompt":\#(Self.quoted(300_000))"#)
        #expect(request.prompt?.utf8.count == 300_000)
    }

    @Test(arguments: ["permision_mode", "Name", "prompt ", "id", "", "timeout"])
    func aParamThatIsNotKnownIsNamed(member: String) {
        #expect(throws: RPCError.invalidParams("There is no param \"\(member)\" here.", param: member)) {
            try StartRequest(with: #""\#(member)":null"#)
        }
    }

    @Test(arguments: [
        ("prompt", #""prompt":"a\u0000""#), ("args", #""args":["\u0000"]"#),
        ("environment", #""environment":{"A":"\u0000"}"#), ("environment", #""environment":{"A\u0000":""}"#),
        ("labels", #""labels":{"\u0000":""}"#), ("allowed_tools", #""allowed_tools":["a","b\u0000"]"#),
        ("idempotency_key", #""idempotency_key":"\u0000""#),
    ])
    func aNULIsRefusedWhereverItStands(name: String, member: String) {
        #expect(throws: RPCError.invalidParams("\(name) holds the character U+0000.", param: name)) {
            try StartRequest(with: member)
        }
    }
}
