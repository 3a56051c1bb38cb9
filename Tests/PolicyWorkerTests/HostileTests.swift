import Platform
import TestSupport
import Testing
import Wire

/// Scripts that try to hang, crash, fill or leave the worker. The first line of each says what it must come to.
@Suite(.timeLimit(.minutes(5))) struct HostileTests {
    static let names = ((try? File.list(ProjectFiles.hostile)) ?? []).filter { $0.hasSuffix(".lua") }

    /// A policy before and after the hostile one: it must be judged as if that were not there.
    private static let neighbour =
        #"return function(r) if r.permission_mode ~= "plan" then deny("mode", "no") end end"#

    private static func expectations(_ text: String) throws -> [String] {
        let line = try #require(text.split(separator: "\n").first)
        let words = try #require(line.split(separator: ":").dropFirst().first)
        return words.split(separator: " ").map(String.init).filter { $0 != "or" }
    }

    @Test func theCorpusIsThere() { #expect(Self.names.count >= 60) }

    @Test(arguments: names) func aHostileScriptComesToWhatItMust(name: String) throws {
        let text = try ProjectFiles.text("\(ProjectFiles.hostile)/\(name)")
        let expected = try Self.expectations(text)
        // What must be killed hangs for ever, so that waiting long tells nothing more.
        let milliseconds = expected == ["killed"] ? 100 : expected.contains("killed") ? 2000 : 10_000
        let worker = try WorkerRun(
            ["10-before.lua": Self.neighbour, name: text, "zz-after.lua": Self.neighbour],
            loadMilliseconds: milliseconds)
        let outcome = try outcome(worker, milliseconds: milliseconds)
        #expect(expected.contains(outcome), "\(name) came to \(outcome)")
    }

    private func outcome(_ worker: WorkerRun, milliseconds: Int) throws -> String {
        guard let load = worker.load else { return worker.isRunning ? "killed" : "died" }
        if load["error"] != .null {
            #expect(load["error"]?["message"]?.string?.isEmpty == false)
            return "error"
        }
        guard let answers = try worker.ask(milliseconds: milliseconds) else {
            #expect(worker.isRunning, "it hangs, and has not died")
            let partial = try worker.partial()
            #expect(partial.policy == 1, "the server can see which policy hangs")
            #expect(partial.answers.map { $0["verdict"] } == ["allow"], "and what those before it said")
            return "killed"
        }
        try #require(answers.count == 3)
        #expect(answers[0]["verdict"] == "allow" && answers[2]["verdict"] == "allow")
        #expect(try worker.ask() == answers, "the same question has the same answer")
        let next = try worker.ask(plainRequest.with("permission_mode", "auto"))
        #expect(next?.first?["verdict"] == "deny" && next?.last?["verdict"] == "deny")
        return answers[1]["verdict"]?.string ?? "nothing"
    }

    @Test func everythingThatAPolicyCanReachIsOnTheList() throws {
        let worker = try WorkerRun(["10-globals.lua": try ProjectFiles.test("globals.lua")])
        let denials = try #require(try worker.ask()?.first?["denials"]?.array)
        let reached = denials.compactMap { $0["reason"]?.string }.joined(separator: "\n") + "\n"
        #expect(reached == (try ProjectFiles.test("globals.txt")))
    }
}
