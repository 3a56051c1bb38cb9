import DecisionLog
import Platform
import TestSupport
import Testing
import Wire

/// What a stranger can check of the log, over the wire alone.
@Suite(.timeLimit(.minutes(5))) struct TransparencyTests {
    let server: RunningServer

    init() throws { server = try RunningServer() }

    private func checkpoint() throws -> (checkpoint: Checkpoint, note: String) {
        let answer = try server.call("log.checkpoint")
        let key = try #require(try server.call("log.key")["key"]?.string.flatMap { NoteVerifier($0) })
        let note = try #require(answer["checkpoint"]?.string)
        let checkpoint = try #require(Checkpoint(note: note, verifiers: [key]))
        #expect(answer["size"]?.int == checkpoint.size && answer["root"]?.string == checkpoint.root.base64)
        return (checkpoint, note)
    }

    private func leaf(_ sequence: Int64) throws -> MerkleHash {
        let text = try server.call("decision.get", ["seq": .integer(sequence)])["leaf"]?.string
        return .leaf(Array(try #require(text).utf8))
    }

    private func proof(_ method: String, _ params: JSONValue) throws -> [MerkleHash] {
        let proof = try #require(try server.call(method, params)["proof"]?.strings)
        return try proof.map { try #require(MerkleHash(base64: $0)) }
    }

    @Test func everyLeafIsInEveryLaterTreeAndEveryTreeInTheNext() throws {
        var trees: [Checkpoint] = [try checkpoint().checkpoint]
        for number in 0..<9 {
            _ = try server.run("exit 0", ["labels": ["n": .string("\(number)")]])
            trees.append(try checkpoint().checkpoint)
            if number == 4 { try server.restart() }
            if number == 6 {
                try server.kill9()
                try server.start()
            }
        }
        #expect(zip(trees, trees.dropFirst()).allSatisfy { $0.size < $1.size && $0.root != $1.root })
        for tree in trees {
            for sequence in 0..<tree.size {
                let proof = try proof(
                    "log.inclusion", ["seq": .integer(sequence), "size": .integer(tree.size)])
                #expect(
                    MerkleProof.includes(
                        try leaf(sequence), at: sequence, size: tree.size, root: tree.root, proof: proof))
            }
            for later in trees where later.size >= tree.size {
                let proof = try proof(
                    "log.consistency", ["from": .integer(tree.size), "to": .integer(later.size)])
                #expect(
                    MerkleProof.isConsistent(
                        from: tree.size, tree.root, to: later.size, later.root, proof: proof))
            }
        }
    }

    @Test func theKeyStaysAndIsTheOwnersAlone() throws {
        let key = try server.call("log.key")
        #expect(key["earlier"] == [])
        let path = "\(server.stateFolder)/log.key"
        #expect(try File.status(of: path).mode & 0o777 == 0o600)
        try server.restart()
        #expect(try server.call("log.key") == key)
        let secret = String(decoding: try File.read(path, bytesMax: 4096), as: UTF8.self)
        #expect(
            secret.hasPrefix("PRIVATE+KEY+")
                && NoteSigner(String(secret.dropLast()))?.verifier.text == key["key"]?.string)
        // After the fourth plus: the key itself is base64, which may have more of them.
        let material = try #require(secret.dropLast().split(separator: "+", maxSplits: 4).last)
        #expect(!server.log.contains(material) && !server.log.contains("PRIVATE"))
    }

    @Test func aLogIsNamedAtItsFirstStart() throws {
        let named = try RunningServer(arguments: ["--log-origin", "example.com/gate"])
        #expect(try named.call("log.key")["key"]?.string?.hasPrefix("example.com/gate+") == true)
        #expect(
            try named.call("log.checkpoint")["checkpoint"]?.string?.hasPrefix("example.com/gate\n") == true)
        let run = try CommandRun(
            "spawngate",
            ["serve", "--listen", "127.0.0.1:0", "--state", server.stateFolder, "--log-origin", "example.com/other"])
        #expect(run.status == 1 && !run.output.contains("listens"))
        for name in ["", "a b", "a+b"] {
            let run = try CommandRun("spawngate", ["serve", "--listen", "127.0.0.1:0", "--log-origin", name])
            #expect(run.status == 2, "\(name)")
        }
    }

    @Test(arguments: [0o644, 0o620, 0o604] as [UInt32])
    func aKeyThatOthersCanReadStartsNothing(mode: UInt32) throws {
        let path = "\(server.stateFolder)/log.key"
        let text = String(decoding: try File.read(path, bytesMax: 4096), as: UTF8.self)
        try server.terminate()
        try File.replace(path, with: Array(text.utf8), permissions: mode)
        // What the umask took away is not what is to be tried.
        try #require(try File.status(of: path).mode & 0o777 == mode & ~0o022 || mode != 0o620)
        let run = try CommandRun("spawngate", ["serve", "--listen", "127.0.0.1:0", "--state", server.stateFolder])
        if try File.status(of: path).mode & 0o077 != 0 {
            #expect(run.status == 1 && run.errors.contains("chmod 600") && run.output.isEmpty)
        }
    }

    @Test func sizesThatAreNoneAreRefused() throws {
        let size = try checkpoint().checkpoint.size
        let wrong: [(String, JSONValue, String)] = [
            ("log.inclusion", ["seq": 0, "size": .integer(size + 1)], "size"),
            ("log.inclusion", ["seq": 0, "size": 0], "seq"), ("log.inclusion", ["seq": 0, "size": -1], "size"),
            ("log.inclusion", ["seq": .integer(size), "size": .integer(size)], "seq"),
            ("log.inclusion", ["seq": -1, "size": .integer(size)], "seq"),
            ("log.inclusion", ["size": .integer(size)], "seq"), ("log.inclusion", ["seq": 0], "size"),
            ("log.consistency", ["from": 0, "to": .integer(size + 1)], "to"),
            ("log.consistency", ["from": .integer(size + 1), "to": .integer(size)], "from"),
            ("log.consistency", ["from": -1, "to": .integer(size)], "from"),
            ("log.consistency", ["from": "0", "to": .integer(size)], "from"),
            ("log.consistency", ["from": 0], "to"), ("log.consistency", ["to": .integer(size)], "from"),
            ("log.checkpoint", ["seen": 7], "seen"), ("log.checkpoint", ["seen": ["size": 0]], "seen"),
            ("log.checkpoint", ["seen": ["size": 0, "root": "AAAA"]], "seen"), ("log.checkpoint", ["sene": 7], "sene"),
        ]
        for (method, params, blamed) in wrong {
            let refusal = try server.refusal(method, params)
            #expect(refusal?.code == -32602 && refusal?.data["param"]?.string == blamed, "\(method) \(params.text)")
        }
        #expect(try proof("log.consistency", ["from": 0, "to": 0]) == [])
        #expect(try proof("log.consistency", ["from": 0, "to": .integer(size)]) == [])
        #expect(try proof("log.consistency", ["from": .integer(size), "to": .integer(size)]) == [])
    }

    @Test func whoHasSeenACheckpointGetsTheProofThatTheLogGoesOnFromIt() throws {
        _ = try server.run("exit 0")
        let seen = try checkpoint().checkpoint
        _ = try server.run("exit 0")
        let params: JSONValue = ["seen": ["size": .integer(seen.size), "root": .string(seen.root.base64)]]
        let answer = try server.call("log.checkpoint", params)
        let root = try #require(answer["root"]?.string.flatMap { MerkleHash(base64: $0) })
        let proof = try #require(answer["consistency"]?.strings).compactMap { MerkleHash(base64: $0) }
        #expect(
            MerkleProof.isConsistent(
                from: seen.size, seen.root, to: try #require(answer["size"]?.int), root, proof: proof))
        #expect(try server.call("log.checkpoint")["consistency"] == nil)
        let empty: JSONValue = ["seen": ["size": 0, "root": .string(MerkleHash.ofNothing.base64)]]
        #expect(try server.call("log.checkpoint", empty)["consistency"] == [])
        let other = MerkleHash.leaf([]).base64
        for wrong: JSONValue in [
            ["seen": ["size": .integer(seen.size), "root": .string(other)]],
            ["seen": ["size": 0, "root": .string(other)]],
            ["seen": ["size": 1_000_000, "root": .string(seen.root.base64)]],
        ] {
            #expect(try server.refusal("log.checkpoint", wrong)?.code == -32009, "\(wrong.text)")
        }
    }
}
