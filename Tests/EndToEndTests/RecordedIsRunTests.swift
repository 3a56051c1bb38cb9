import Platform
import TestSupport
import Testing
import Wire

/// What a session finds as its arguments, its environment and its folder is what its decision recorded, byte for byte.
@Suite(.timeLimit(.minutes(5))) struct RecordedIsRunTests {
    private static let starts = 40

    /// Texts that quoting, splitting and copying get wrong.
    private static let pieces = [
        "", " ", "a", "\n", "\r\n", "\t", "'", "\"", "\\", "$(id)", "`id`", "%s", "*", "?", "~", "-",
        "--", "=", ";", "&",
        "\u{1}", "\u{7F}", "\u{85}", "\u{E9}", "e\u{301}", "\u{2028}", "\u{FEFF}", "\u{FFFD}",
        "\u{1F600}", "\u{10FFFF}",
        "\u{202E}", "\u{37E}", "\u{212A}", String(repeating: "x", count: 3000),
    ]

    /// A text of some pieces; the same seed gives the same texts.
    private struct Texts {
        var state: UInt64

        mutating func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        mutating func next() -> String {
            (0..<below(5)).map { _ in RecordedIsRunTests.pieces[below(RecordedIsRunTests.pieces.count)] }
                .joined()
        }
        mutating func list() -> [String] { (0..<below(8)).map { _ in next() } }
    }

    @Test func argumentsEnvironmentAndFolderAreTheRecordedOnesByteForByte() throws {
        let server = try RunningServer(environment: ["LANG=C.UTF-8", "UNLISTED=secret"])
        var texts = Texts(state: 1)
        for number in 0..<Self.starts {
            // A slash would make folders of it, and white space at the end is trimmed.
            let folder = try server.folder.makeFolder("work/\(number)\(texts.next().prefix(60))x")
            let names = (0..<texts.below(6)).map { "N\($0)_\(number)" }
            let environment = JSONValue.object(
                names.map { JSONMember(name: $0, value: .string(texts.next())) })
            // The shell's own process is looked at from outside: what it was given, before it did anything with it.
            let script =
                "readlink -n /proc/$$/cwd; printf '\\0'; cat /proc/$$/cmdline; cat /proc/$$/environ >&2"
            let record = try server.run(
                script,
                [
                    "working_directory": .string(folder), "environment": environment,
                    "prompt": .string("p\(texts.next())"),
                    "args": .array((["-c", script] + texts.list()).map(JSONValue.string)),
                ])
            #expect(record["exit_code"] == 0)
            let found = try Found(server, record)
            let answer = try server.call("decision.get", ["id": record["decision_id"] ?? .null])
            let request = try #require(answer["decision"]?["request"])
            // The record has hashes of the values; these are the texts beside it.
            let secrets = try #require(answer["secrets"])

            #expect(found.folder == bytes(request["working_directory"]))
            let command = try #require(request["command"])
            let arguments = [command] + (request["args"]?.array ?? [])
            #expect(found.arguments == arguments.map(bytes))

            // The documented list of names from the server's own environment, what was asked for, and two more.
            var expected = [
                "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(server.folder.path)", "LANG=C.UTF-8",
                "SPAWNGATE_SESSION_ID=\(record["id"]?.string ?? "")",
                "TMPDIR=\(server.stateFolder)/sessions/\(record["id"]?.string ?? "")/tmp",
            ].map { Array($0.utf8) }
            for variable in secrets["environment"]?.object ?? [] {
                expected.append(Array(variable.name.utf8) + [UInt8(ascii: "=")] + bytes(variable.value))
            }
            #expect(request["environment"]?.names.sorted() == names.sorted())
            #expect(sorted(found.environment) == sorted(expected))
        }
    }

    private func bytes(_ text: JSONValue?) -> [UInt8] { Array((text?.string ?? "").utf8) }

    private func sorted(_ texts: [[UInt8]]) -> [[UInt8]] {
        texts.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// What the session has written of itself.
    private struct Found {
        let folder: [UInt8]
        let arguments: [[UInt8]]
        let environment: [[UInt8]]

        init(_ server: RunningServer, _ record: JSONValue) throws {
            let logs = try server.call(
                "session.logs", ["id": record["id"] ?? .null, "max_bytes": 4_194_304, "encoding": "base64"])
            let parts = try Self.parts(logs["stdout"])
            folder = parts.first ?? []
            arguments = Array(parts.dropFirst())
            environment = try Self.parts(logs["stderr"])
        }

        /// Each ends in a NUL.
        private static func parts(_ text: JSONValue?) throws -> [[UInt8]] {
            let bytes = try #require(Base64.decode(text?.string ?? ""))
            return bytes.dropLast().split(separator: 0, omittingEmptySubsequences: false).map(Array.init)
        }
    }
}
