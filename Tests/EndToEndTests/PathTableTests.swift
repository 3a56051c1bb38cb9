import Glibc
import Platform
import TestSupport
import Testing
import Wire

/// Every way to write a working directory, and what the server makes of it: the real path that is judged and used, or
/// the sentence that refuses it. Paths are bytes, compared by components; nothing is folded or normalised.
@Suite(.timeLimit(.minutes(5))) struct PathTableTests {
    @Test func eachPathIsJudgedByWhereItReallyLeads() throws {
        let scene = try PathScene()
        let server = try RunningServer(launcher: scene.launcher)
        let rows = try PathTable.rows.split(separator: "\n").map { try JSONValue(text: String($0)) }
        #expect(rows.count >= 150)
        for row in rows {
            let pair = try #require(row.strings)
            // Mounts are root's.
            if pair[0].contains("bound"), scene.launcher.isEmpty { continue }
            let expected = pair[1] == "the server's" ? "/proc/\(server.pid)/fd" : scene.path(pair[1])
            let found = try verdict(server, scene.path(pair[0]))
            #expect(Array(found.utf8) == Array(expected.utf8), "\(row.text): \(found)")
        }
    }

    @Test func aPathsLengthCountsAsTheKernelCountsIt() throws {
        let server = try RunningServer()
        let folder = server.workFolder
        func padded(to count: Int) -> String {
            let missing = count - folder.utf8.count
            return folder + String(repeating: "/.", count: missing / 2) + (missing % 2 == 1 ? "/" : "")
        }
        for count in [4000, 4094, 4095] { #expect(try verdict(server, padded(to: count)) == folder) }
        #expect(try verdict(server, padded(to: 4096)) == "missing")
        for count in [4097, 5000] { #expect(try verdict(server, padded(to: count)) == "long") }
        let longest = String(repeating: "n", count: 255)
        var place = folder
        while place.utf8.count + 256 < 4096 {
            place += "/\(longest)"
            try File.makeFolder(place, permissions: 0o755)
        }
        #expect(try verdict(server, place) == place)
        #expect(try verdict(server, "\(folder)/\(longest)n") == "missing")
        // One deeper its path can no longer be said; what a link finds there is not judged by half a name.
        let deep = try ResolvedPath(opening: place)
        try #require(mkdirat(deep.handle.number, longest, 0o755) == 0)
        defer { unlinkat(deep.handle.number, longest, AT_REMOVEDIR) }
        symlink(place, "\(folder)/near")
        symlink("near/\(longest)", "\(folder)/far")
        #expect(try verdict(server, "\(folder)/near") == place)
        #expect(try verdict(server, "\(folder)/far") == "missing")
    }

    /// No JSON says such a name, but a link leads there; what policies would be shown in its place is another folder's.
    @Test func aFolderWhoseRealPathIsNotUTF8IsRefused() throws {
        let server = try RunningServer()
        let folder = server.workFolder
        let place = try ResolvedPath(opening: folder)
        let name: [CChar] = [CChar(bitPattern: 0xFF), 0]
        try #require(mkdirat(place.handle.number, name, 0o755) == 0)
        defer { unlinkat(place.handle.number, name, AT_REMOVEDIR) }
        try #require(symlinkat(name, place.handle.number, "link") == 0)
        _ = try server.folder.makeFolder("work/\u{FFFD}")
        #expect(try verdict(server, "\(folder)/\u{FFFD}") == "\(folder)/\u{FFFD}")
        #expect(try verdict(server, "\(folder)/link") == "missing")
    }

    /// What a user may not search, the server does not find for them.
    @Test(.enabled(if: PathScene.isRoot, "only root can become another user"))
    func whatAnOrdinaryUserMayNotSearchIsNotThere() throws {
        let scene = try PathScene()
        try scene.folder.write("policies/10-allow.lua", "return function() end")
        for (path, expected) in [
            ("B/closed", "B/closed"), ("B/closed/in", "missing"), ("B/closed/..", "missing"), ("B/toclosed", "missing"),
            ("B/real/inner", "B/real/inner"),
        ] {
            let params: JSONValue = [
                "name": "x", "command": "/bin/true", "repository_write_allowed": false,
                "working_directory": .string(scene.path(path)),
            ]
            let request = try scene.folder.write("request.json", params.text)
            let run = try CommandRun(
                "spawngate",
                ["policy", "eval", "--json", "--request", request, "--policies", "\(scene.folder.path)/policies"],
                launcher: ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
            let judged = (try? JSONValue(text: run.output))?["request"]?["working_directory"]?.string
            let isMissing = run.errors.contains("working_directory does not exist")
            #expect((judged ?? (isMissing ? "missing" : run.errors)) == scene.path(expected), "\(path)")
        }
    }

    /// The real path that a working directory is judged by, or how it is refused.
    private func verdict(_ server: RunningServer, _ path: String) throws -> String {
        do {
            // Not to be written to: what may be a write root is another question.
            let params = server.shell("", ["working_directory": .string(path), "repository_write_allowed": false])
            let answer = try server.call("policy.check", params)
            return answer["request"]?["working_directory"]?.string ?? "none"
        } catch let refusal as Refusal {
            #expect(refusal.code == -32602)
            #expect(refusal.data["param"] == "working_directory")
            let sentences = [
                "does not exist": "missing", "is not a directory": "file", "is not an absolute path": "relative",
                "is required": "required", "is longer": "long",
            ]
            return sentences.first { refusal.message.contains("working_directory \($0.key)") }?.value ?? refusal.message
        }
    }
}
