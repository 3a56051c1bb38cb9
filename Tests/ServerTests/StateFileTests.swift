import Platform
import Sessions
import TestSupport
import Testing

@testable import SpawngateServer

@Suite struct StateFileTests {
    /// Where the slots are, as SessionShim writes them.
    private enum Slot: Int, CaseIterable {
        case start = 64
        case end = 192
        case stdout = 320
        case stderr = 384

        var count: Int { self == .start || self == .end ? 128 : 64 }
    }

    /// A slot's text as it is written: filled with blanks, a line feed at its end.
    private static func line(_ text: String, _ slot: Slot) -> [UInt8] {
        let blanks = [UInt8](repeating: UInt8(ascii: " "), count: slot.count - 1 - text.utf8.count)
        return Array(text.utf8) + blanks + [UInt8(ascii: "\n")]
    }

    /// The bytes of a file with one slot written, or only the first `count` bytes of it.
    private static func bytes(_ text: String, _ slot: Slot, count: Int? = nil) -> [UInt8] {
        var bytes = StateFile.blank()
        let line = line(text, slot).prefix(count ?? slot.count)
        bytes.replaceSubrange(slot.rawValue..<slot.rawValue + line.count, with: line)
        return bytes
    }

    @Test func aBlankFileSaysNothing() {
        let blank = StateFile.blank()
        #expect(blank.count == 4096 && blank.starts(with: "spawngate-session 1 ".utf8) && blank[63] == 10)
        let state = StateFile(blank)
        #expect(state.start == nil && state.end == nil && state.stdoutDropped == 0 && state.stderrDropped == 0)
    }

    @Test(
        arguments: [
            ("started pid=42 start_ticks=7 shim=41 at_ms=9", .started(pid: 42, shim: 41, .none)),
            ("started shim=41 x=y pid=42", .started(pid: 42, shim: 41, .none)),
            ("started pid=2147483647 shim=1", .started(pid: .max, shim: 1, .none)),
            (
                "started pid=42 shim=41 landlock=7 at_ms=9",
                .started(pid: 42, shim: 41, Enforcement(level: "landlock", abi: 7))
            ),
            ("failed errno=2 at_ms=9", .failed(errno: 2, isUnconfined: false)),
            ("failed errno=1 unconfined=1 at_ms=9", .failed(errno: 1, isUnconfined: true)),
            ("trying", .trying), ("trying shim=41 at_ms=9", .trying), ("started pid=42", nil), ("started shim=41", nil),
            ("started pid= shim=", nil), ("started pid=x shim=1", nil), ("started pid=4.2 shim=1", nil),
            ("failed", nil),
            ("failed errno=ENOENT", nil), ("startedpid=42 shim=41", nil), ("ended code=0 at_ms=1", nil), ("", nil),
            ("pid=42 started shim=41", nil),
        ] as [(String, StateFile.Start?)])
    func theStartIsReadAsItWasWritten(text: String, start: StateFile.Start?) {
        let state = StateFile(Self.bytes(text, .start))
        #expect(state.start == start && state.end == nil)
    }

    @Test(
        arguments: [
            (
                "ended code=3 signal=- stop=0 timeout=0 at_ms=1764000000000",
                StateFile.End(exitCode: 3, exitSignal: nil, wasStopped: false, time: 1_764_000_000_000)
            ),
            (
                "ended code=- signal=9 stop=1 timeout=1 at_ms=1",
                StateFile.End(exitCode: nil, exitSignal: 9, wasStopped: true, time: 1)
            ),
            ("ended at_ms=5", StateFile.End(exitCode: nil, exitSignal: nil, wasStopped: false, time: 5)),
            ("ended code=3", nil), ("ended code=3 at_ms=", nil), ("ending code=3 at_ms=1", nil), ("at_ms=1 ended", nil),
            ("", nil), ("started pid=42 shim=41", nil),
        ] as [(String, StateFile.End?)])
    func theEndIsReadAsItWasWritten(text: String, end: StateFile.End?) {
        let state = StateFile(Self.bytes(text, .end))
        #expect(state.end == end && state.start == nil)
    }

    @Test(
        arguments: [("dropped=123", 123), ("lost dropped=9223372036854775807", .max), ("dropped=", 0), ("", 0)]
            as [(String, Int64)])
    func whatTheLogsLostIsCountedForEachStream(text: String, dropped: Int64) {
        let (out, err) = (
            StateFile(Self.bytes("stdout \(text)", .stdout)), StateFile(Self.bytes("stderr \(text)", .stderr))
        )
        #expect(out.stdoutDropped == dropped && out.stderrDropped == 0)
        #expect(err.stderrDropped == dropped && err.stdoutDropped == 0)
    }

    @Test func aTornSlotDoesNotCount() {
        let (start, end) = ("started pid=42 shim=41", "ended code=3 stop=0 at_ms=17")
        for count in 0..<128 {
            #expect(StateFile(Self.bytes(start, .start, count: count)).start == nil, "\(count) bytes")
            #expect(StateFile(Self.bytes(end, .end, count: count)).end == nil, "\(count) bytes")
        }
        for count in 0..<64 {
            let state = StateFile(Self.bytes("stdout dropped=5", .stdout, count: count))
            #expect(state.stdoutDropped == 0, "\(count) bytes")
        }
        #expect(StateFile(Self.bytes(start, .start, count: 128)).start != nil)
        #expect(StateFile(Self.bytes(end, .end, count: 128)).end != nil)
        #expect(StateFile(Self.bytes("stdout dropped=5", .stdout, count: 64)).stdoutDropped == 5)
    }

    @Test func aFileThatEndsTooEarlySaysWhatIsWhole() {
        let whole = Self.bytes("started pid=42 shim=41", .start)
        for count in 0..<whole.count {
            #expect((StateFile(Array(whole.prefix(count))).start != nil) == (count >= 192), "\(count) bytes")
        }
    }

    @Test(arguments: [[UInt8](repeating: 10, count: 4096), [UInt8](repeating: 255, count: 4096)])
    func aFileOfSomethingElseSaysNothing(bytes: [UInt8]) {
        let state = StateFile(bytes)
        #expect(state.start == nil && state.end == nil && state.stdoutDropped == 0 && state.stderrDropped == 0)
    }

    /// Whoever may write into the state folder may write this; it must not take the server down.
    @Test func aNumberThatCannotBeOneIsNotRead() {
        for text in ["started pid=4294967296 shim=1", "started pid=1 shim=-2147483649", "failed errno=2147483648"] {
            #expect(StateFile(Self.bytes(text, .start)).start == nil)
        }
        let end = StateFile(Self.bytes("ended code=2147483648 signal=-2147483649 at_ms=1", .end)).end
        #expect(end == StateFile.End(exitCode: nil, exitSignal: nil, wasStopped: false, time: 1))
    }

    @Test func aFileIsReadByItsNameAndOneThatIsMissingIsNone() throws {
        let folder = try TemporaryFolder()
        let text = String(decoding: Self.bytes("trying", .start), as: UTF8.self)
        #expect(StateFile.read(try folder.write("state", text))?.start == .trying)
        #expect(StateFile.read("\(folder.path)/none") == nil)
    }
}
