import Platform
import TestSupport
import Testing
import Wire

/// What the server leaves, and what it needs.
@Suite(.timeLimit(.minutes(5))) struct HygieneTests {
    @Test func twoHundredSessionsLeaveNoDescriptorAndNoZombie() throws {
        let server = try RunningServer()
        try server.call("policy.reload")
        let facts = ProcessFacts(pid: server.pid)
        _ = try server.run("exit 0")
        let descriptors = facts.descriptors.count
        let children = facts.children.count
        let held = try server.start("sleep 1000")
        #expect(facts.descriptors.count > descriptors, "a running session holds some, so the count can fail")
        try server.call("session.stop", ["id": held["id"] ?? .null])
        let client = try server.connect()
        for _ in 0..<10 {
            let requests = try (0..<20).map { try client.request("session.start", server.shell("exit \($0)")) }
            for request in requests { _ = try server.wait(try client.answer(to: request)) }
        }
        for _ in 0..<20 { _ = try server.refusal("session.start", server.shell("").with("command", "no-such")) }
        #expect(facts.descriptors.count == descriptors + 1, "the one more is the client's")
        #expect(facts.children.count == children)
        #expect(facts.children.allSatisfy { ProcessFacts(pid: $0).state != "Z" })
    }

    @Test func reloadingLeavesNoWorkerBehind() throws {
        let server = try RunningServer()
        for number in 0..<20 {
            // Every other time the set is the same as before.
            try server.savePolicy("10-allow.lua", "return function() end -- \(number / 2)")
            try server.call("policy.reload")
            #expect(try server.run("exit 0")["exit_code"] == 0)
        }
        try Waiting.until("as many workers as before") { ProcessFacts(pid: server.pid).children.count == 4 }
    }

    @Test func hangingPoliciesLeaveNoWorkerBehind() throws {
        let server = try RunningServer(policies: ["10-bad.lua": "return function() while true do end end"])
        let facts = ProcessFacts(pid: server.pid)
        func settled() throws {
            try Waiting.until("as many workers as before") { facts.children.count == 4 }
        }
        try settled()
        try server.call("server.ping")
        let descriptors = facts.descriptors.count
        for _ in 0..<8 { #expect(try server.refusal("session.start", server.shell(""))?.code == -32011) }
        try settled()
        #expect(facts.descriptors.count == descriptors)
    }

    @Test func aStartForWhichThereAreNoDescriptorsIsToldToComeAgain() throws {
        let server = try RunningServer(launcher: ["/usr/bin/prlimit", "--nofile=64"])
        try server.call("policy.reload")
        let descriptors = ProcessFacts(pid: server.pid).descriptors.count
        let roots = try (0..<60).map { JSONValue.string(try server.folder.makeFolder("root-\($0)")) }
        let refusal = try server.refusal("session.start", server.shell("").with("write_roots", .array(roots)))
        #expect(refusal?.code == -32029 && refusal?.data["limit"] == 64, "\(String(describing: refusal))")
        #expect(ProcessFacts(pid: server.pid).descriptors.count == descriptors)
        #expect(try server.run("exit 0")["exit_code"] == 0)
    }

    @Test func anIdleServerAndAnIdleShimAreSmall() throws {
        let server = try RunningServer()
        #expect(ProcessFacts(pid: server.pid).residentKilobytes < 40 << 10)
        let record = try server.start("sleep 1000")
        let shim = ProcessFacts(pid: try #require(server.shim(of: record)))
        #expect(shim.privateKilobytes < 300)
        #expect(shim.arguments.first == "spawngate-shim")
    }

    @Test func aFullDiskStartsNothingAndIsSaid() throws {
        // A limit on the size of files refuses writes as a full disk does; the signal that comes with it is ignored.
        let server = try RunningServer(launcher: [
            "/bin/sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh", "/usr/bin/prlimit", "--fsize=1500000",
        ])
        let prompt = JSONValue.string(String(repeating: "x", count: 50_000))
        var acknowledged: [JSONValue] = []
        var refusal: Refusal?
        while refusal == nil, acknowledged.count < 1000 {
            let params = server.shell("echo \(acknowledged.count) >> ran", ["prompt": prompt])
            do {
                acknowledged.append(try server.call("session.start", params))
            } catch let error as Refusal {
                refusal = error
            }
        }
        #expect(refusal?.code == -32053)
        #expect(refusal?.data == ["status": 503])
        let ids = try server.call("session.list", ["limit": 1000])["sessions"]?.array?.compactMap { $0["id"] }
        #expect(ids == acknowledged.reversed().compactMap { $0["id"] }, "what is told is what was started")
        let ran = try File.read("\(server.workFolder)/ran", bytesMax: 1 << 20).count { $0 == UInt8(ascii: "\n") }
        #expect(ran <= acknowledged.count, "and nothing else ran")
    }
}
