import Platform
import TestSupport
import Testing
import Wire

/// `spawngate policy eval`: a start judged without a server, by the code that judges starts.
@Suite(.timeLimit(.minutes(5))) struct PolicyEvalCommandTests {
    private static let policies = [
        "10-name.lua": #"return function(r) if r.name == "bad" then deny("name", "no %s", r.name) end end"#,
        "20-role.lua": """
        return function(r)
          if r.principal.roles[1] ~= "operator" then deny("role", "%s is %s", r.principal.name, r.principal.roles[1]) end
        end
        """,
    ]

    private static func params(_ name: String) -> JSONValue {
        ["name": .string(name), "working_directory": "/tmp", "command": "/bin/echo", "args": ["x"]]
    }

    @Test func paramsAreMadeIntoAQuestionAsTheServerDoes() throws {
        let fixture = try PolicyFolderFixture(Self.policies)
        let run = try fixture.eval(Self.params("good"), "--json")
        #expect(run.status == 0, "\(run.errors)")
        let answer = try run.json()
        #expect(answer["verdict"] == "allow")
        #expect(answer["policies"]?.array?.compactMap { $0["name"] } == ["10-name", "20-role"])
        #expect(answer["request"]?["working_directory"]?.string == (try File.realPath("/tmp")))
        #expect(answer["request"]?["executable"]?.string == (try File.realPath("/bin/echo")))
        #expect(answer["request"]?["executive"] == "Unassigned")
    }

    @Test func aDenialIsShownAndIsStatus3() throws {
        let fixture = try PolicyFolderFixture(Self.policies)
        let run = try fixture.eval(Self.params("bad"))
        #expect(run.status == 3)
        #expect(run.lines.contains("10-name deny name 10-name.lua:1 no bad"), "\(run.output)")
        #expect(run.lines.contains("20-role allow"), "\(run.output)")
    }

    @Test func whoAsksCanBeChosen() throws {
        let fixture = try PolicyFolderFixture(Self.policies)
        let run = try fixture.eval(Self.params("good"), "--principal", "ana", "--role", "viewer")
        #expect(run.status == 3)
        #expect(run.lines.contains("20-role deny role 20-role.lua:2 ana is viewer"), "\(run.output)")
        #expect(try fixture.eval(Self.params("good"), "--role", "boss").status == 2)
    }

    @Test func whatADecisionHoldsIsJudgedAsItIs() throws {
        let fixture = try PolicyFolderFixture(Self.policies)
        let judged = try fixture.eval(Self.params("good"), "--json").json()
        let request = try #require(judged["request"]).with("working_directory", "/no/longer/there")
        let decision: JSONValue = ["request": request, "verdict": "allow"]
        for text in [request, decision, ["decision": decision, "leaf": ""]] {
            let again = try fixture.eval(text, "--json")
            #expect(again.status == 0, "\(again.errors)")
            #expect(try again.json()["request"] == request)
        }
    }

    @Test func aPolicyThatHangsOrCrashesIsANo() throws {
        let fixture = try PolicyFolderFixture([
            "10-hang.lua": #"return function(r) while r.name == "hang" do end end"#,
            "20-crash.lua": """
            local function inner(r)
              return r.no.such
            end
            return function(r) if inner(r) then return end end
            """,
        ])
        let hung = try fixture.eval(Self.params("hang"), "--json")
        #expect(hung.status == 3)
        let policies = try hung.json()["policies"]?.array
        #expect(policies?.first?["failure"] == "it took longer than 100 ms")
        #expect(policies?.last?["failure"]?.string?.contains("not asked") == true)
        let crashed = try fixture.eval(Self.params("x"), "--json")
        #expect(crashed.status == 3)
        let failure = try crashed.json()["policies"]?.array?.last?["failure"]?.string
        #expect(failure?.hasPrefix("20-crash.lua:2: attempt to index a nil value") == true, "\(failure ?? "")")
        #expect(failure?.contains("at 20-crash.lua:4") == true, "\(failure ?? "")")
    }

    @Test(arguments: [
        (#"deny("load", "more than 100%")"#, "each %s takes a value, and %% is a percent sign"),
        (#"deny("load", "more than 100%!", 1)"#, "%% is a percent sign"),
        (#"deny("name", "%s may not")"#, "each %s takes a value"),
        (#"print(request.name)"#, "policies cannot print"),
        (#"if request.name == "x" then allow() end"#, "a policy allows by not calling deny"),
    ])
    func whatIsOftenMistakenIsMetWithAdvice(line: String, advice: String) throws {
        let fixture = try PolicyFolderFixture(["10-a.lua": "return function(request)\n  \(line)\nend"])
        let run = try fixture.eval(Self.params("x"), "--json")
        #expect(run.status == 3)
        let failure = try run.json()["policies"]?.array?.first?["failure"]?.string ?? ""
        #expect(failure.hasPrefix("10-a.lua:2: ") && failure.contains("; \(advice)"), "\(failure)")
    }

    @Test func wrongParamsAreRefusedAsTheServerRefusesThem() throws {
        let fixture = try PolicyFolderFixture(Self.policies)
        let cases: [(JSONValue, String)] = [
            (["working_directory": "/tmp"], "A session name is required."),
            (["name": "x", "working_directory": "/no/such"], "working_directory does not exist: /no/such"),
            (Self.params("x").with("permision_mode", "plan"), "permision_mode"),
        ]
        for (params, message) in cases {
            let run = try fixture.eval(params)
            #expect(run.status == 1 && run.errors.contains(message), "\(run.errors)")
        }
        let empty = try CommandRun("spawngate", ["policy", "eval", "--request", "-", "--policies", fixture.path])
        #expect(empty.status == 1 && empty.errors.contains("is not JSON"), "\(empty.errors)")
    }

    @Test func aFolderThatAServerWouldNotTakeIsNotAsked() throws {
        let fixture = try PolicyFolderFixture(
            Self.policies.merging(["tests/a_test.lua": #"denies(request {}, "name")"#]) { $1 })
        let run = try fixture.eval(Self.params("good"))
        #expect(run.status == 1)
        #expect(run.errors.contains("tests/a_test.lua:1: should be denied by the rule name"), "\(run.errors)")
        #expect(try PolicyFolderFixture([:]).eval(Self.params("good")).status == 3)
    }

    @Test func aServerAndEvalComeToTheSame() throws {
        let server = try RunningServer(policies: Self.policies)
        for name in ["good", "bad"] {
            let params = server.shell("exit 0").with("name", .string(name))
            let checked = try server.call("policy.check", params)
            let fixture = try PolicyFolderFixture([:])
            let answer = try fixture.eval(params, "--role", "operator", "--json", policies: server.policyFolder).json()
            // Who asks and when differ, and so does what the second policy says of the administrator.
            #expect(answer["policies"]?.array?.first == checked["policies"]?.array?.first)
            #expect(answer["policy_set"] == checked["policy_set"])
            let variable = ["principal", "time"]
            #expect(
                answer["request"]?.object?.filter { !variable.contains($0.name) }
                    == checked["request"]?.object?.filter { !variable.contains($0.name) })
        }
    }
}
