import Platform
import TestSupport
import Testing
import Wire

/// `spawngate policy diff`, the command itself: over real folders and real policy workers.
@Suite(.timeLimit(.minutes(5))) struct PolicyDiffCommandTests {
    private static let old = [
        "10-folder.lua": """
        local site = require "lib.site"
        return function(request)
          if not path.within(request.working_directory, site.roots) then deny("folder", "not here") end
        end
        """,
        "20-mode.lua": """
        local site = require "lib.site"
        return function(request)
          local mode = request.permission_mode
          if mode and not site.modes[mode] then deny("mode", "%s is not approved", mode) end
        end
        """,
        "lib/site.lua": #"return { roots = { "/srv" }, modes = { plan = true, default = true } }"#,
    ]

    private let before: PolicyFolderFixture

    init() throws { before = try PolicyFolderFixture(Self.old) }

    private func after(_ name: String, _ text: String) throws -> PolicyFolderFixture {
        var files = Self.old
        files[name] = text
        return try PolicyFolderFixture(files)
    }

    private func diff(_ new: PolicyFolderFixture, _ options: String...) throws -> CommandRun {
        try CommandRun("spawngate", ["policy", "diff", before.path, new.path] + options)
    }

    @Test func aPlantedWideningIsFoundAndMadeSimple() throws {
        let new = try after(
            "lib/site.lua",
            #"return { roots = { "/srv" }, modes = { plan = true, default = true, bypassPermissions = true } }"#)
        let run = try diff(new, "--seed", "7")
        #expect(run.status == 1 && run.errors.isEmpty, "\(run.errors)")
        #expect(run.output.contains("allows a start that \(before.path) does not"))
        #expect(run.output.contains("seed 7)"))
        #expect(run.lines.contains("permission_mode bypassPermissions"), "\(run.output)")
        #expect(run.lines.contains("20-mode mode bypassPermissions is not approved"), "\(run.output)")
        let found = try diff(new, "--seed", "7", "--json").json()
        #expect(found["found"] == true && found["seed"] == 7)
        #expect(found["request"]?["permission_mode"] == "bypassPermissions")
        // All else is plain: nothing that the search changed on the way is left.
        #expect(found["request"]?["labels"] == [:] && found["request"]?["write_roots"] == [])
        #expect(found["old"]?["objections"]?.array?.map { $0["rule"] } == ["mode"])
        // And it is true: each folder says so of that very request.
        let request = try #require(found["request"])
        #expect(try before.eval(request).status == 3)
        #expect(try before.eval(request, policies: new.path).status == 0)
    }

    @Test func theSameSeedGivesTheSameAnswer() throws {
        let new = try after(
            "10-folder.lua",
            #"return function(request) if not request.working_directory:find("^/srv") then deny("folder", "no") end end"#
        )
        for seed in ["1", "2"] {
            let first = try diff(new, "--seed", seed, "--json")
            #expect(first.status == 1, "\(first.errors)")
            #expect(try diff(new, "--seed", seed, "--json").output == first.output)
            let folder = try #require(try first.json()["request"]?["working_directory"]?.string)
            #expect(folder.hasPrefix("/srv") && !folder.hasPrefix("/srv/") && folder != "/srv")
        }
    }

    @Test func nothingFoundIsSaidAsThat() throws {
        let same = try diff(before, "--tries", "500", "--seed", "3")
        #expect(same.status == 0 && same.output == "none found in 500 tries (seed 3)\n", "\(same.errors)")
        let narrower = try after(
            "lib/site.lua", #"return { roots = { "/srv/a" }, modes = { plan = true } }"#)
        let run = try diff(narrower, "--tries", "500", "--json")
        #expect(run.status == 0)
        #expect(try run.json()["found"] == false && run.json()["tries"] == 500)
        #expect(!run.output.contains("proved"))
    }

    @Test func aRecordedRequestIsTriedFirst() throws {
        // Only this branch is let through, and nothing in the folders names it.
        let odd = try after(
            "10-folder.lua",
            """
            local site = require "lib.site"
            return function(request)
              local b = request.branch or ""
              if #b == 9 and b:byte(1) == 120 and b:byte(9) == 122 then return end
              if not path.within(request.working_directory, site.roots) then deny("folder", "not here") end
            end
            """)
        let evaluated = try before.eval(
            [
                "name": "n", "working_directory": "/tmp", "branch": "x1234567z", "command": "/bin/true",
            ], "--json")
        let file = try before.folder.write("recorded.jsonl", evaluated.output)
        let run = try diff(odd, "--requests", file, "--tries", "5", "--json")
        #expect(run.status == 1, "\(run.errors)")
        #expect(try run.json()["request"]?["branch"] == "x1234567z")
        #expect(try run.json()["tries"] == 1)
    }

    @Test func aFolderThatDoesNotLoadIsTrouble() throws {
        let broken = try after("20-mode.lua", "return function(")
        let run = try diff(broken)
        #expect(run.status == 2 && run.output.isEmpty)
        #expect(run.errors.contains("\(broken.path): 20-mode.lua:1: "), "\(run.errors)")
        #expect(try CommandRun("spawngate", ["policy", "diff", "/no/where", before.path]).status == 2)
        #expect(try diff(before, "--tries", "0").status == 2)
    }

    @Test func aNarrowingThatIsGivenUpIsAWidening() throws {
        let narrowing = try after(
            "30-roots.lua",
            "return function(request) if #request.write_roots > 0 then narrow { write_roots = {} } end end")
        let wide = try after("30-roots.lua", "return function() end")
        let run = try CommandRun("spawngate", ["policy", "diff", narrowing.path, wide.path, "--json"])
        #expect(run.status == 1, "\(run.errors)")
        let found = try run.json()
        #expect(found["request"]?["write_roots"]?.array?.count == 1)
        let reason = found["old"]?["objections"]?.array?.first?["reason"]?.string
        #expect(reason?.contains("grants") == true, "\(run.output)")
        let same = try CommandRun("spawngate", ["policy", "diff", narrowing.path, narrowing.path, "--tries", "300"])
        #expect(same.status == 0)
    }
}
