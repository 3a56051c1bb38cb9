import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

/// Somebody turns links and names to and fro while paths are judged: what was judged is what is used.
///
/// `SPAWNGATE_RACE_MS` says for how long; `make race` runs it for ten seconds.
@Suite(.serialized, .timeLimit(.minutes(5))) struct PathRaceTests {
    private static let milliseconds = Int64(Process.environment("SPAWNGATE_RACE_MS") ?? "") ?? 500

    /// How many uses there were of what had been judged good, and how many of them met the other folder.
    private struct Tally: CustomStringConvertible {
        var uses = 0
        var escapes = 0
        var description: String { "\(escapes) escapes in \(uses) uses" }
    }

    /// What is turned: the link at the end of the path, one in the middle, or a folder for a link.
    enum Turned: String, CaseIterable, Sendable { case lastLink, middleLink, folderForLink }

    @Test(arguments: Turned.allCases) func aJudgedHandleNeverLeadsElsewhereAndAJudgedNameDoes(
        turned: Turned
    ) throws {
        let scene = try Scene(turned)
        let byHandle = try scene.race(Self.milliseconds, untilEscape: false) { name, good in
            let judged = try ResolvedPath(opening: name)
            guard judged.path == good else { return nil }
            return try judged.openBeneath("who").readAt(0, count: 8)
        }
        let byName = try scene.race(Self.milliseconds, untilEscape: true) { name, good in
            guard try File.realPath(name) == good else { return nil }
            return try File.read("\(name)/who", bytesMax: 8)
        }
        print("race of \(turned): by handle \(byHandle), by name \(byName)")
        #expect(byHandle.escapes == 0)
        #expect(byHandle.uses > 0)
        // The same without the handle, so that the race is known to be one.
        #expect(byName.escapes > 0)
    }

    /// Two folders, and a name that leads to the one and the other in turn.
    private final class Scene {
        private let folder: TemporaryFolder
        private let turned: Turned
        private let name: String
        private let good: String
        private let isOver = Atomic<Bool>(false)

        init(_ turned: Turned) throws {
            self.turned = turned
            folder = try TemporaryFolder()
            try folder.write("good/in/who", "good")
            try folder.write("evil/in/who", "evil")
            good = "\(folder.path)/\(turned == .folderForLink ? "name" : "good")/in"
            name = turned == .lastLink ? "\(folder.path)/name" : "\(folder.path)/name/in"
            if turned == .folderForLink { rename("\(folder.path)/good", "\(folder.path)/name") }
        }

        /// One turn: the name leads to the other folder, and back.
        private func turn() {
            let path = folder.path
            switch turned {
            case .lastLink, .middleLink:
                for target in ["evil", "good"] {
                    symlink(turned == .lastLink ? "\(target)/in" : target, "\(path)/draft")
                    rename("\(path)/draft", "\(path)/name")
                }
            case .folderForLink:
                rename("\(path)/name", "\(path)/aside")
                symlink("evil", "\(path)/name")
                unlink("\(path)/name")
                rename("\(path)/aside", "\(path)/name")
            }
        }

        /// Lets `use` judge and use the name over and over; it answers what it found in what it judged to be good.
        func race(
            _ milliseconds: Int64, untilEscape: Bool,
            _ use: (_ name: String, _ good: String) throws -> [UInt8]?
        ) throws -> Tally {
            isOver.store(false, ordering: .relaxed)
            // A thread of its own: tasks share their threads with every other test.
            var thread = pthread_t()
            let turning = pthread_create(
                &thread, nil,
                { scene in
                    guard let scene else { return nil }
                    let owner = Unmanaged<Scene>.fromOpaque(scene).takeUnretainedValue()
                    while !owner.isOver.load(ordering: .relaxed) { owner.turn() }
                    return nil
                }, Unmanaged.passUnretained(self).toOpaque())
            try #require(turning == 0)
            var tally = Tally()
            let clock = SystemClock()
            let end = clock.monotonicNanoseconds() + milliseconds * 1_000_000
            // A busy machine may need longer until the name changes in the middle of a use.
            let latest = end + 60_000_000_000
            func isWanted() -> Bool {
                let now = clock.monotonicNanoseconds()
                let isMissing = tally.uses == 0 || (untilEscape && tally.escapes == 0)
                return now < end || (isMissing && now < latest)
            }
            while isWanted() {
                // Between two names there is none: an error is no use.
                guard let found = try? use(name, good) else { continue }
                tally.uses += 1
                if found != Array("good".utf8) { tally.escapes += 1 }
            }
            isOver.store(true, ordering: .relaxed)
            pthread_join(thread, nil)
            return tally
        }
    }
}
