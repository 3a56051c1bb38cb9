import Platform
import TestSupport
import Testing
import Wire

/// `spawngate policy new`: a policy to begin with, that does no harm before it is edited.
@Suite(.timeLimit(.minutes(5))) struct PolicyNewCommandTests {
    private static let allow = "return function() end"

    @Test func aNewPolicyLoadsAndItsTestPasses() throws {
        let fixture = try PolicyFolderFixture(["10-a.lua": Self.allow, "25-b.lua": Self.allow])
        let made = try fixture.new("office-hours")
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.lines == ["\(fixture.path)/30-office-hours.lua", "\(fixture.path)/tests/office-hours_test.lua"])
        let report = try fixture.test("--json")
        #expect(report.status == 0)
        #expect(try report.json()["passed"] == 2)
        for file in try report.json()["coverage"]?["files"]?.array ?? [] { #expect(file["lines"] == file["hit"]) }
        #expect(try fixture.eval(["name": "x", "working_directory": "/tmp"]).status == 0)
    }

    @Test func itStandsBesideTheShippedOnes() throws {
        var files: [String: String] = [:]
        for folder in ["", "lib/", "tests/"] {
            for name in try File.list("\(PolicyFolderFixture.shipped)/\(folder)") where name.hasSuffix(".lua") {
                let text = try File.read("\(PolicyFolderFixture.shipped)/\(folder)\(name)", bytesMax: 1 << 20)
                files[folder + name] = String(decoding: text, as: UTF8.self)
            }
        }
        let fixture = try PolicyFolderFixture(files)
        #expect(try fixture.new("x").status == 0)
        #expect(try fixture.test().status == 0)
    }

    @Test func nothingIsOverwritten() throws {
        let fixture = try PolicyFolderFixture(["70-mine.lua": Self.allow, "tests/other_test.lua": "allows(request {})"])
        let taken = try fixture.new("mine")
        #expect(taken.status == 1 && taken.errors.contains("70-mine.lua is there already"), "\(taken.errors)")
        let test = try fixture.new("other")
        #expect(test.status == 1 && test.errors.contains("other_test.lua is there already"), "\(test.errors)")
        #expect(try File.list(fixture.path) == ["70-mine.lua", "tests"])
    }

    @Test func theNumberIsTheNextTenThatIsFree() throws {
        let cases: [([String], String?)] = [
            ([], "10-x.lua"), (["10-a.lua"], "20-x.lua"), (["10-a.lua", "99-z.lua"], "20-x.lua"),
            (["unnumbered.lua", "40-a.lua"], "50-x.lua"), ((1...9).map { "\($0)0-a.lua" }, nil),
        ]
        for (names, expected) in cases {
            let fixture = try PolicyFolderFixture(Dictionary(uniqueKeysWithValues: names.map { ($0, Self.allow) }))
            let run = try fixture.new("x")
            #expect(run.status == (expected == nil ? 1 : 0), "\(names)")
            #expect(run.lines.first == expected.map { "\(fixture.path)/\($0)" }, "\(names)")
        }
    }

    @Test(arguments: ["", "Upper", "a b", "../x", "a/b", "-x", "x.lua", "ünï"]) func aNameIsPlain(name: String) throws {
        let fixture = try PolicyFolderFixture([:])
        #expect(try fixture.new(name).status == 2)
        #expect(try File.list(fixture.path) == [])
    }
}
