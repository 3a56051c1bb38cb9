import Glibc
import Platform
import TestSupport
import Testing
import Wire

/// Whatever a policy folder is made to hold, the old set stays in force and the reason is plain.
@Suite(.timeLimit(.minutes(5))) struct BadPolicyInputTests {
    /// What is done to the folder, and what is said of it.
    private static let inputs: [(what: String, harm: @Sendable (String) throws -> Void, reason: String)] = [
        ("an empty policy", { try write($0, "20-b.lua", "") }, "20-b.lua: a policy returns a function"),
        (
            "a save half-written", { try write($0, "20-b.lua", "return function(request)\n  if request.na") },
            "20-b.lua:2: "
        ),
        ("a binary policy", { try write($0, "20-b.lua", [0x1B, 0x4C, 0x75, 0x61, 0x54, 0, 1, 2]) }, "20-b.lua"),
        (
            "bytes that are not UTF-8", { try write($0, "20-b.lua", [0xFF, 0xFE, 0x00]) },
            "20-b.lua: it is not UTF-8 text"
        ),
        (
            "a policy of 10 MB", { try write($0, "20-b.lua", [UInt8](repeating: 0x20, count: 10 << 20)) },
            "20-b.lua: it is larger than 1048576 bytes"
        ),
        (
            "a folder named like a policy", { try File.makeFolder("\($0)/20-b.lua", permissions: 0o755) },
            "20-b.lua: it is not a regular file"
        ),
        ("a FIFO named like a policy", { mkfifo("\($0)/20-b.lua", 0o644) }, "20-b.lua: it is not a regular file"),
        ("a link to nowhere", { symlink("nowhere", "\($0)/20-b.lua") }, "20-b.lua: it cannot be read: No such file"),
        ("a link to itself", { symlink("20-b.lua", "\($0)/20-b.lua") }, "20-b.lua: it cannot be read: Too many levels"),
        (
            "a link that leads out", { symlink("/etc/hostname", "\($0)/20-b.lua") },
            "20-b.lua: it is a link that leads out of the policy folder, to /etc/hostname"
        ),
        (
            "a library that leads out",
            {
                try File.makeFolder("\($0)/lib", permissions: 0o755)
                symlink("/etc/hostname", "\($0)/lib/site.lua")
            }, "lib/site.lua: it is a link that leads out of the policy folder"
        ),
        (
            "a cycle of libraries",
            {
                try File.makeFolder("\($0)/lib", permissions: 0o755)
                try write($0, "lib/a.lua", "return require 'lib.b'")
                try write($0, "lib/b.lua", "return require 'lib.a'")
                try write($0, "20-b.lua", "require 'lib.a' return function() end")
            }, "lib.a requires lib.b requires lib.a"
        ),
        (
            "too many files", { for number in 0..<1001 { try write($0, "x-\(number).lua", "") } },
            "the policy folder holds more than 1000 files"
        ),
        (
            "too much in all",
            { for number in 0..<16 { try write($0, "x-\(number).lua", [UInt8](repeating: 0x20, count: 1 << 20)) } },
            "the policy folder holds more than 15728640 bytes of policies"
        ),
        ("no policy any more", { try File.remove("\($0)/10-a.lua") }, "the policy folder holds no policy"),
    ]

    private static func write(_ folder: String, _ name: String, _ text: String) throws {
        try write(folder, name, Array(text.utf8))
    }

    private static func write(_ folder: String, _ name: String, _ bytes: [UInt8]) throws {
        try File.open("\(folder)/\(name)", .createNew).writeAll(bytes)
    }

    @Test(arguments: inputs.indices) func theOldSetStaysAndTheReasonIsPlain(index: Int) throws {
        let (what, harm, reason) = Self.inputs[index]
        let server = try RunningServer(policies: ["10-a.lua": #"return function() deny("old", "x") end"#])
        let before = try server.call("policy.reload")
        #expect(before["error"] == .null)
        try harm(server.policyFolder)
        let after = try server.call("policy.reload")
        let error = after["error"]?.string ?? "none"
        // A folder without policies is a set of its own: it allows nothing, and says why.
        if what == "no policy any more" {
            let refusal = try server.refusal("session.start", server.shell("exit 0"))
            #expect(refusal?.code == -32011 && refusal?.data.text.contains(reason) == true, "\(what): \(after.text)")
            return
        }
        #expect(error.contains(reason), "\(what): \(error)")
        #expect(error.utf8.count < 400, "\(what): \(error)")
        #expect(after["policy_set"] == before["policy_set"], "\(what)")
        let check = try server.call("policy.check", server.shell("exit 0"))
        #expect(check["policies"]?.array?.first?["denials"]?.array?.first?["rule"] == "old", "\(what)")
        #expect(server.log.contains(reason), "\(what)")
        // The commands that need no server say the same.
        let tested = try CommandRun("spawngate", ["policy", "test", server.policyFolder])
        #expect(tested.status == 1 && tested.errors.contains(reason), "\(what): \(tested.errors)")
    }

    /// Root reads everything, so an ordinary user has to be the server.
    @Test func anUnreadablePolicyIsSaidToBe() throws {
        guard Process.userIdentifier == 0 else {
            let folder = try TemporaryFolder()
            try folder.write("20-b.lua", "return function() end", permissions: 0o000)
            let tested = try CommandRun("spawngate", ["policy", "test", folder.path])
            #expect(tested.errors.contains("20-b.lua: it cannot be read: Permission denied"))
            return
        }
        let server = try RunningServer(
            policies: ["10-a.lua": "return function() end"],
            launcher: ["/usr/bin/setpriv", "--bounding-set=-all", "--inh-caps=-all"])
        chown("\(server.policyFolder)/10-a.lua", 65534, 65534)
        chmod("\(server.policyFolder)/10-a.lua", 0)
        let list = try server.call("policy.reload")
        #expect(
            list["error"]?.string?.contains("10-a.lua: it cannot be read: Permission denied") == true, "\(list.text)")
    }
}
