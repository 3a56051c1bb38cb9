internal import ArgumentParser
internal import SpawngateClient

/// `spawngate log checkpoint`
struct LogCheckpointCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Show the signed checkpoint of the log, and check that it follows the last one seen.",
        discussion: """
            The last checkpoint of each server is remembered in ~/.local/state/spawngate/checkpoints/HOST_PORT (under \
            XDG_STATE_HOME where that is set). The signature and the proof that the log still begins with what was \
            remembered are checked here. Where the history was rewritten, or the key changed without the old key's \
            signature, the exit status is 1. `decision list` and `decision show` look too, and complain.

            What is printed is the note itself (C2SP tlog-checkpoint): keep it where the server's machine cannot reach it.

            EXAMPLE
              spawngate log checkpoint > checkpoint-2026-11-28.txt
            """)

    @OptionGroup var options: ServerOptions

    func run(on server: ServerConnection) throws {
        guard let witness = try options.witness() else {
            throw CommandFailure("there is no home folder to remember checkpoints in; set HOME or XDG_STATE_HOME")
        }
        let seen = try witness.observe(server)
        if options.json {
            let result: RemoteValue = [
                "checkpoint": .string(seen.note), "size": .integer(seen.size), "root": .string(seen.root),
                "key": .string(seen.key), "remembered_size": seen.rememberedSize.map { .integer($0) } ?? .null,
            ]
            Output.line(result.json)
        } else {
            Output.bytes(Array(seen.note.utf8))
        }
    }
}

extension ServerOptions {
    /// The memory of this server's checkpoints; nil where there is no home folder.
    func witness() throws -> LogWitness? {
        guard let folder = LogWitness.folder() else { return nil }
        return LogWitness(folder: folder, server: try address())
    }

    /// Looks whether the log still begins with what was seen of it. A complaint only: what was asked for has been answered.
    func watchHistory(_ server: ServerConnection) {
        do { _ = try witness()?.observe(server) } catch { Output.complain(TerminalText.line("\(error)")) }
    }
}
