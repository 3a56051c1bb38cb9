import Foundation
import Testing

/// The house rules that a compiler does not know. Each ban names what to do instead.
@Suite struct TidyTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private struct Source {
        let path: String
        let lines: [String]
    }

    private static let sources: [Source] = ["Sources", "Tests"].flatMap { folder -> [Source] in
        let names = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)
        return (names?.compactMap { $0 as? String } ?? [])
            .filter { $0.hasSuffix(".swift") || $0.hasSuffix(".c") || $0.hasSuffix(".h") }
            .map { "\(folder)/\($0)" }.sorted()
            .compactMap { path in
                guard let text = try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8) else {
                    return nil
                }
                return Source(path: path, lines: text.components(separatedBy: "\n"))
            }
    }

    @Test func thereIsSomethingToRead() {
        #expect(Self.sources.count > 100)
    }

    @Test func noFileIsLongerThanOneIdea() {
        for source in Self.sources where source.lines.count > 320 {
            Issue.record("\(source.path) has \(source.lines.count) lines: take an idea out into a file of its own")
        }
    }

    @Test(arguments: [
        ("try!", "a typed throw, or `guard … else`"),
        ("fatalError(", "preconditionFailure with a sentence, where the state is impossible"),
        ("Thread.sleep", "waiting for the event"),
        ("usleep(", "waiting for the event"),
        ("FIXM" + "E", "mending it, or an issue"),
        ("TOD" + "O", "doing it, or an issue"),
        ("@unchecked Sendable", "a value, or one owner"),
        ("processExits" + "With", "a plain test: its monitor spins for ever over children that other tests hold"),
        ("wait4(-1", "ChildProcess.reap, which reaps exactly the child that was meant"),
        ("lua_error", "nothing: Lua runs in the policy worker alone"),
    ])
    func aBannedWordIsNowhere(word: String, instead: String) {
        for source in Self.sources where source.path.hasSuffix(".swift") && !source.path.hasPrefix("Tests/TidyTests") {
            for (index, line) in source.lines.enumerated() where line.contains(word) {
                Issue.record("\(source.path):\(index + 1) says \(word): use \(instead)")
            }
        }
    }

    /// What each room may import besides the rooms that Package.swift gives it.
    @Test func onlyPlatformSpeaksToTheKernel() {
        for source in Self.sources where source.path.hasPrefix("Sources/") && !source.path.hasPrefix("Sources/Platform")
        {
            for line in source.lines where line.hasSuffix("import Glibc") || line.hasSuffix("import CLinux") {
                Issue.record("\(source.path) says \(line): what it needs of the kernel belongs into Platform")
            }
        }
    }

    @Test func roomsOfValuesImportNoFoundation() {
        for room in ["Wire", "Sessions", "Policy", "DecisionLog", "Platform", "SpawngateServer"] {
            for source in Self.sources where source.path.hasPrefix("Sources/\(room)/") {
                for line in source.lines where line.hasSuffix("import Foundation") {
                    Issue.record("\(source.path) imports Foundation: \(room) does without it")
                }
            }
        }
    }
}
