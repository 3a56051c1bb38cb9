import Platform
import TestSupport
import Testing
import Wire

/// What is judged is what is used, also when links change in between.
@Suite(.timeLimit(.minutes(5))) struct JudgedIsUsedTests {
    private static let starts = 150

    /// Starts a session that turns a link to and fro between two targets, and waits until it has begun.
    private func turn(_ link: String, _ targets: (String, String), _ server: RunningServer) throws {
        let flipper = try server.start(
            """
            echo ready
            while :; do ln -sfn \(targets.0) \(link); ln -sfn \(targets.1) \(link); done
            """)
        try server.waitForOutput("ready", of: flipper)
        try Waiting.until("the link") { (try? File.readLink("\(server.workFolder)/\(link)")) != nil }
    }

    /// Starts many; answers the records of those that were allowed, ended, and how many were denied.
    private func many(_ server: RunningServer, _ params: JSONValue) throws -> (allowed: [JSONValue], denied: Int) {
        let client = try server.connect()
        var allowed: [JSONValue] = []
        var denied = 0
        for _ in 0..<Self.starts {
            do {
                allowed.append(try client.call("session.start", params))
            } catch let refusal as Refusal where refusal.code == -32010 {
                denied += 1
            } catch let refusal as Refusal where refusal.code == -32602 {
                // `ln -sfn` replaces the link by a rename, so it is always there.
                Issue.record("\(refusal)")
            }
        }
        return (try allowed.map { try server.wait($0) }, denied)
    }

    @Test func aWorkingDirectoryThatIsSwappedIsNeverUsedUnjudged() throws {
        let server = try RunningServer()
        let good = try server.folder.makeFolder("good")
        let bad = try server.folder.makeFolder("bad")
        try turn("link", (good, bad), server)
        try server.savePolicy(
            "10-allow.lua",
            #"return function(r) if r.working_directory == "\#(bad)" then deny("folder", "no") end end"#)
        try server.call("policy.reload")
        let link = JSONValue.string("\(server.workFolder)/link")
        let (allowed, denied) = try many(server, server.shell("pwd -P").with("working_directory", link))
        #expect(denied > 0 && !allowed.isEmpty, "the link was seen both ways")
        for record in allowed {
            #expect(record["working_directory"] == .string(good))
            #expect(try server.output(of: record) == "\(good)\n")
        }
    }

    @Test func aProgramThatIsSwappedIsNeverRunUnjudged() throws {
        let server = try RunningServer()
        let good = try File.realPath("/bin/true")
        let bad = try File.realPath("/bin/false")
        try turn("program", (good, bad), server)
        try server.savePolicy(
            "10-allow.lua", #"return function(r) if r.executable == "\#(bad)" then deny("program", "no") end end"#)
        try server.call("policy.reload")
        let (allowed, denied) = try many(server, server.shell("").with("command", "./program"))
        #expect(denied > 0 && !allowed.isEmpty, "the link was seen both ways")
        for record in allowed { #expect(record["exit_code"] == 0) }
    }
}
