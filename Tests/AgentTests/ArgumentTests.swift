internal import Platform
internal import Policy
internal import TestSupport
internal import Testing
internal import Wire

extension AgentTests {
    /// `AgentProfile` held against the CLI itself: what the one reads in the arguments, the other does.
    @Suite struct Arguments {
        @Test func theTableWasCheckedAgainstThisVersion() throws {
            let server = try RunningServer()
            let agent = try #require(AgentRun.agent)
            let record = try server.run("exec \(agent) --version")
            let version = try server.output(of: record)
            print("the arguments were compared with \(version)", terminator: "")
            #expect(version.hasPrefix("\(AgentProfile.versionChecked) "))
        }

        private static let rows: [[String]] = [
            [], ["--permission-mode", "acceptEdits"], ["--permission-mode=plan"], ["--permission-mode", "manual"],
            ["--permission-mode", "plan", "--permission-mode=acceptEdits"],
            ["--permission-mode=acceptEdits", "--permission-mode", "plan"],
            ["--inherit-permission-mode", "acceptEdits"],
            ["--inherit-permission-mode=acceptEdits", "--permission-mode", "dontAsk"],
            ["--append-system-prompt", "--permission-mode", "--permission-mode", "acceptEdits"],
            ["-n", "--permission-mode", "acceptEdits"], ["-n", "--", "--permission-mode", "acceptEdits"],
            ["-nx", "--permission-mode", "acceptEdits"], ["-cn", "--tools", "Bash"], ["-dhooks", "--tools=Bash"],
            ["-d", "hooks", "--tools=Bash"], ["-d2e", "--tools", "Bash"], ["--debug", "--tools", "Bash"],
            ["--tools", "Bash,Read"], ["--tools", "Bash Read", "Write"], ["--tools=Bash,Read", "Write"],
            ["--tools", "Bash", "--tools", "Read"], ["--tools", "Bash", "--", "Read"], ["--tools", ""],
            ["--tools", "default"], ["--tools", " DEFAULT "], ["--tools", "Bash", "default"], ["--tools", "bash"],
            ["--tools", "Bash(git:*)", "Read"], ["--", "--tools", "Bash"], ["-p-", "--tools", "Bash"],
            ["--allowedTools", "Bash", "Read"], ["--allowed-tools", "Read,Bash(/bin/sh:*)"],
            ["--allowedTools=Bash", "--allowed-tools", "Read"], ["--allowedTools=Read", "Bash"],
            ["--allowedTools", "Bash(a (b),Write,c)"], ["--allowedTools", "Bash(a", "Write"],
            ["--allowedTools", "Bash", "--disallowedTools", "Bash"], ["--disallowed-tools", "Bash,Read", "Write(x y)"],
            ["--disallowedTools=Bash", "--disallowedTools", "Edit Write"],
            ["--add-dir", "OUTSIDE"], ["--add-dir=/nowhere", "OUTSIDE"], ["--add-dir", "/nowhere", "OUTSIDE"],
            ["mcp", "list"], ["say", "--tools", "Bash"],
            ["--nope"], ["--permission-mod", "plan"], ["--TOOLS", "Bash"], ["--print=1"], ["-p=1"], ["-px"], ["---"],
            ["--tool", "Bash"], ["--permission-mode"], ["--allowedTools"], ["-n"], ["--tools=Bash", "--model"],
            ["--permission-mode\u{301}", "plan"], ["--debug", "--nope"], ["-m", "x"], ["-permission-mode", "plan"],
        ]

        @Test func theCLIDoesWhatTheProfileSaysOfItsArguments() throws {
            let outside = try TemporaryFolder()
            try outside.write("secret", "from outside\n")
            let run = try AgentRun([
                AgentRun.shell("/bin/sh -c 'echo > bash-ran'"),
                ["use": "Read", "with": ["file_path": .string("\(outside.path)/secret")]],
                AgentRun.write("written"), ["say": "done"],
            ])
            for (number, row) in Self.rows.enumerated() {
                let args = row.map { $0 == "OUTSIDE" ? outside.path : $0 }
                let folder = try run.server.folder.makeFolder("work/\(number)")
                let before = try run.model.requests.count
                let record = try run.run(
                    "Work.",
                    [
                        "working_directory": .string(folder),
                        "args": .array(
                            (["-p", "--verbose", "--output-format", "stream-json"] + args).map(JSONValue.string)),
                    ])
                let made = Array(try run.model.requests.dropFirst(before))
                let seen = try Seen(run, record, folder, made)
                try compare(args, seen, outside: outside.path)
            }
        }

        /// What one run of the CLI has shown.
        private struct Seen {
            let exitCode: Int64?
            let mode: String?
            /// The tools offered to the model, where it was asked with any.
            let tools: Set<String>
            let results: [(text: String, isError: Bool)]
            let ranBash: Bool
            let wrote: Bool

            init(_ run: AgentRun, _ record: JSONValue, _ folder: String, _ requests: [ModelRequest]) throws {
                exitCode = record["exit_code"]?.int
                let lines = try run.server.output(of: record).split(separator: "\n")
                let start = lines.compactMap { try? JSONValue(text: String($0)) }.first { $0["subtype"] == "init" }
                mode = start?["permissionMode"]?.string
                tools = requests.map(\.tools).first { !$0.isEmpty } ?? []
                results = requests.last { !$0.tools.isEmpty }?.toolResults ?? []
                ranBash = (try? File.status(of: "\(folder)/bash-ran")) != nil
                wrote = (try? File.status(of: "\(folder)/written")) != nil
            }
        }

        private func compare(_ args: [String], _ seen: Seen, outside: String) throws {
            let comment = Comment(rawValue: "\(args)")
            let profile = try #require(
                AgentProfile(command: "claude", executable: nil, args: ["-p"] + args, environment: []))
            // What the profile does not know, the CLI does not take.
            #expect((seen.exitCode == 0) == profile.unknownOptions.isEmpty, comment)
            guard seen.exitCode == 0 else { return }

            let mode = profile.permissionMode.map { $0 == "manual" ? "default" : $0 } ?? "default"
            #expect(seen.mode == mode, comment)

            let forbidden = Set(profile.disallowedTools)
            let standard: Set = ["Bash", "Edit", "Read", "Write"]
            if let tools = profile.tools {
                // Names that are no tool's make none available.
                #expect(seen.tools == Set(tools).intersection(standard).subtracting(forbidden), comment)
            } else {
                #expect(standard.intersection(seen.tools) == standard.subtracting(forbidden), comment)
            }

            func isOffered(_ name: String) -> Bool {
                profile.tools?.contains(name) ?? true && !forbidden.contains(name)
            }
            func isAllowed(_ rules: String...) -> Bool { !Set(rules).isDisjoint(with: profile.allowedTools) }
            #expect(seen.ranBash == (isOffered("Bash") && isAllowed("Bash", "Bash(/bin/sh:*)")), comment)
            let mayWrite = isAllowed("Write") || mode == "acceptEdits"
            #expect(seen.wrote == (isOffered("Write") && mayWrite), comment)
            let read = seen.results.contains { !$0.isError && $0.text.contains("from outside") }
            // A plan may look anywhere.
            guard mode != "plan" else { return }
            #expect(read == (isOffered("Read") && (isAllowed("Read") || profile.addDirs.contains(outside))), comment)
        }

        @Test(
            arguments: [
                ([], true), (["--permission-mode", "default"], true), (["--bare"], true), (["--safe-mode"], true),
                (["--strict-mcp-config"], true), (["--restricted"], false), (["--setting-sources", "user"], false),
                (["--setting-sources", ""], false),
                (["--setting-sources=user,project"], true),
            ] as [([String], Bool)])
        func theRepositorysSettingsAreLoadedWhereTheProfileSaysSo(args: [String], loads: Bool) throws {
            let run = try AgentRun([AgentRun.shell("echo \"<$FROM_REPOSITORY>\""), ["say": "done"]])
            try run.server.folder.write("work/.claude/settings.json", #"{"env": {"FROM_REPOSITORY": "yes"}}"#)
            let all = ["-p", "--tools=Bash", "--allowedTools=Bash"] + args
            _ = try run.run("Work.", ["args": .array(all.map(JSONValue.string))])
            let result = try #require(try run.model.requests.last?.toolResults.first?.text)
            #expect(result.contains("<yes>") == loads)
            let profile = AgentProfile(command: "claude", executable: nil, args: all, environment: []) { _ in
                [ProjectFile(path: "/x", kind: .settings)]
            }
            #expect(profile?.projectSettings.isEmpty == !loads)
        }

        @Test(
            arguments: [
                (["--settings", #"{"env": {"EXTRA": "yes"}}"#], true),
                ([#"--settings={"env": {"EXTRA": "yes"}}"#], true),
                (["-pn", "--settings", #"{"env": {"EXTRA": "yes"}}"#], true),
                (["-p", "--", "--settings", #"{"env": {"EXTRA": "yes"}}"#], false),
            ] as [([String], Bool)])
        func settingsInTheArgumentsAreSeen(args: [String], loads: Bool) throws {
            let run = try AgentRun([AgentRun.shell("echo \"<$EXTRA>\""), ["say": "done"]])
            let all = ["-p", "--tools=Bash", "--allowedTools=Bash"] + args
            _ = try run.run("Work.", ["args": .array(all.map(JSONValue.string))])
            let result = try #require(try run.model.requests.last?.toolResults.first?.text)
            #expect(result.contains("<yes>") == loads)
            let profile = AgentProfile(command: "claude", executable: nil, args: all, environment: [])
            #expect(profile?.loadsSettings == loads)
        }
    }
}
