import Policy
import Testing
import Wire

@Suite struct WideningSearchTests {
    private let site = PlantedSite()

    /// Each seed alone has to find it: one lucky number would show nothing.
    private static let seeds: [UInt64] = [1, 2, 3, 4, 5]

    private func changed(_ change: (inout PlantedSite) -> Void) -> PlantedSite {
        var new = site
        change(&new)
        return new
    }

    /// What a find differs in from a plain request.
    private func differences(_ widening: Widening) -> [String: JSONValue] {
        Dictionary(WideningRequest.differences(of: widening.request).map { ($0.name, $0.value) }) { $1 }
    }

    @Test(arguments: seeds) func aRootComparedByItsTextIsFoundInTheFolderBesideIt(seed: UInt64) throws {
        let found = try #require(site.widening(to: changed { $0.comparesText = true }, seed: seed))
        let differences = differences(found)
        let folder = try #require(differences["working_directory"]?.string)
        let roots = differences["write_roots"]?.array ?? []
        #expect(found.old.objections.allSatisfy { ["10-folder", "50-roots"].contains($0.policy) })
        if roots.isEmpty {
            #expect(folder.hasPrefix("/srv/a") && folder.utf8.count == 7 && !folder.hasSuffix("/"))
            #expect(differences.count == 1)
        } else {
            #expect(folder == "/srv/a" && differences.count == 2 && roots.count == 1)
        }
    }

    @Test(arguments: seeds) func aModeMoreIsFound(seed: UInt64) throws {
        let found = try #require(site.widening(to: changed { $0.modes.append("bypassPermissions") }, seed: seed))
        #expect(differences(found) == ["working_directory": "/srv/a", "permission_mode": "bypassPermissions"])
        #expect(found.old.objections.map(\.policy) == ["30-mode"])
        #expect(found.request["agent"]?["permission_mode"] == "bypassPermissions")
    }

    @Test(arguments: seeds) func aWiderToolRuleIsFound(seed: UInt64) throws {
        let found = try #require(site.widening(to: changed { $0.tools.append("Bash(git:*)") }, seed: seed))
        #expect(differences(found) == ["working_directory": "/srv/a", "allowed_tools": ["Bash(git:*)"]])
    }

    @Test(arguments: seeds) func aRootMoreIsFound(seed: UInt64) throws {
        let found = try #require(site.widening(to: changed { $0.roots.append("/var/builds") }, seed: seed))
        let differences = differences(found)
        #expect(
            differences == ["working_directory": "/var/builds"]
                || differences == ["working_directory": "/srv/a", "write_roots": ["/var/builds"]])
    }

    @Test(arguments: seeds) func aCommandMoreIsFound(seed: UInt64) throws {
        let found = try #require(site.widening(to: changed { $0.commands.append("perl") }, seed: seed))
        let differences = differences(found)
        #expect(differences["command"] == "perl")
        #expect(differences["working_directory"] == "/srv/a")
        #expect(found.request["executable"] == "/usr/bin/perl" || differences["executable"] == nil)
        #expect(found.request["agent"] == nil)
    }

    @Test(arguments: ["10-folder", "20-command", "30-mode", "40-tools", "50-roots", "60-timeout"], seeds)
    func aRemovedPolicyIsFound(policy: String, seed: UInt64) throws {
        let found = try #require(site.widening(to: changed { $0.removed = [policy] }, seed: seed))
        #expect(found.old.objections.map(\.policy) == [policy])
    }

    @Test(arguments: seeds) func aLabelThatLiftsARuleIsFound(seed: UInt64) throws {
        let new = changed { $0.liftingLabel = ("team", "core") }
        let found = try #require(site.widening(to: new, seed: seed))
        let differences = differences(found)
        #expect(differences["labels.team"] == "core")
        #expect(found.old.objections.map(\.policy) == ["30-mode"])
        #expect(differences.count == 3)
    }

    @Test(arguments: seeds) func argumentsThatSayMoreThanTheFieldsAreFound(seed: UInt64) throws {
        let new = changed { $0.skippersOf = "Ops" }
        let found = try #require(site.widening(to: new, seed: seed))
        #expect(
            differences(found) == [
                "working_directory": "/srv/a", "executive": "Ops", "agent.skips_permissions": true,
            ])
        #expect(found.request["args"] == ["--dangerously-skip-permissions"])
    }

    @Test(arguments: seeds) func aLongerTimeIsFoundAtItsEdge(seed: UInt64) throws {
        let found = try #require(site.widening(to: changed { $0.timeoutMax = 3_600_000 }, seed: seed))
        #expect(differences(found) == ["working_directory": "/srv/a", "timeout_ms": 60_001])
    }

    @Test func aRecordedRequestIsTriedFirstAndMadeSimple() throws {
        let recorded: JSONValue = [
            "name": "nightly build", "executive": "Ops", "command": "odd-tool", "executable": "/opt/odd/odd-tool",
            "args": ["--fast", "now"], "working_directory": "/srv/a/deep/down", "write_roots": ["/srv/a/out"],
            "allowed_tools": ["Read"], "labels": ["team": "infra", "tier": "2"], "timeout_ms": 5000,
        ]
        let found = try #require(
            site.widening(to: changed { $0.commands.append("odd-tool") }, corpus: [recorded]))
        #expect(found.tries == 1)
        #expect(
            differences(found) == [
                "command": "odd-tool", "executable": "/usr/bin/odd-tool", "working_directory": "/srv/a",
            ] || differences(found) == ["command": "odd-tool", "working_directory": "/srv/a"])
    }

    @Test func theSameSetsGiveNone() {
        #expect(site.widening(to: site) == nil)
    }

    @Test func aNarrowerSetGivesNone() {
        #expect(site.widening(to: changed { $0.modes = ["plan"] }) == nil)
    }

    @Test(arguments: seeds) func theSameSeedGivesTheSameAnswer(seed: UInt64) throws {
        let new = changed { $0.tools.append("Bash(git:*)") }
        let first = try #require(site.widening(to: new, seed: seed))
        #expect(site.widening(to: new, seed: seed) == first)
    }

    @Test func aSearchEndsAtItsTriesAndTellsOfThem() {
        var heard: [Int] = []
        var asked = 0
        let found = WideningSearch(seed: 1, tries: 200, corpus: [], vocabulary: WideningVocabulary(old: [], new: []))
            .run(
                old: { _ in WideningAnswer(objections: []) },
                new: { _ in
                    asked += 1
                    return WideningAnswer(objections: [])
                }, progress: { heard.append($0) })
        #expect(found == nil)
        #expect(asked == 200)
        #expect(heard == [0, 64, 128, 192])
    }

    @Test func whatALuaTextNamesIsTriedAndWhatItsCommentsSayIsNot() {
        let text = """
            -- "/never/a" --[==[ "/never/b"
            --[[ "/never/c" ]] local roots = { "/named/a", '/named/\\'b', [==[/named/c]==] }
            if request.labels["team"] ~= "core" or request.timeout_ms > 7 * 11 then
            """
        var folders: Set<String> = []
        var labels: Set<String> = []
        var timeouts: Set<Int64> = []
        _ = WideningSearch(
            seed: 1, tries: 20_000, corpus: [], vocabulary: WideningVocabulary(old: [Array(text.utf8)], new: [])
        ).run(
            old: { _ in WideningAnswer(objections: []) },
            new: { request in
                folders.insert(request["working_directory"]?.string ?? "")
                labels.formUnion(request["labels"]?.object?.map { "\($0.name)=\($0.value.string ?? "")" } ?? [])
                timeouts.insert(request["timeout_ms"]?.int ?? 0)
                return WideningAnswer(objections: [])
            })
        #expect(folders.isSuperset(of: ["/named/a", "/named/'b", "/named/c", "/named", "/named/a/x", "/named/ax"]))
        #expect(!folders.contains { $0.contains("never") || $0.contains("..") })
        #expect(labels.contains("team=core"))
        #expect(timeouts.isSuperset(of: [76, 77, 78]))
    }

    @Test func aJudgementWithoutAPolicyIsNoYes() {
        let judgement = Judgement(set: nil, policies: [], failure: nil, durationMicroseconds: 0)
        #expect(!WideningAnswer(judgement).isAllowed)
    }
}
