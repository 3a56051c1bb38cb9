internal import ArgumentParser
internal import Platform

/// `spawngate policy new`
struct PolicyNewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Begin a policy: a file to edit, and a test beside it that passes.",
        discussion: """
            Writes DIR/NN-NAME.lua, with the next free number in tens, and DIR/tests/NAME_test.lua. As it is written the \
            policy denies nothing but its own example, so that it does no harm in a folder that a server watches. Nothing \
            is overwritten.

            EXAMPLE
              spawngate policy new office-hours --policies policies
            """)

    @Argument(help: "What it is about: small letters, digits and -.")
    var name: String

    @Option(help: ArgumentHelp("The policy folder.", valueName: "dir"))
    var policies = "policies"

    func validate() throws {
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard isName, !name.isEmpty, !name.hasPrefix("-"), name.utf8.count <= 64 else {
            throw ValidationError("\(name) is no policy's name: small letters, digits and -, such as office-hours")
        }
    }

    func run() throws {
        let names = try File.list(policies)
        if let taken = names.first(where: { $0 == "\(name).lua" || $0.hasSuffix("-\(name).lua") }) {
            throw CommandFailure("\(policies)/\(taken) is there already; nothing was written")
        }
        guard let number = Self.freeNumber(beside: names) else {
            throw CommandFailure("every number from 10 to 90 is taken in \(policies); nothing was written")
        }
        let policy = "\(policies)/\(number)-\(name).lua"
        let test = "\(policies)/tests/\(name)_test.lua"
        if (try? File.status(of: test)) != nil { throw CommandFailure("\(test) is there already; nothing was written") }
        try File.makeFolder("\(policies)/tests", permissions: 0o755)
        // The policy first: a server that looks in between would refuse a test of a policy that is not there.
        try Self.write(PolicySkeleton.policy(name), to: policy)
        try Self.write(PolicySkeleton.test(name, number: number), to: test)
        Output.line("\(policy)\n\(test)")
    }

    /// The ten behind the last number, so that a new policy is asked last; where there is none, the first free ten.
    /// Three digits would come before two in the order of names.
    static func freeNumber(beside names: [String]) -> Int? {
        let tens = Set(names.compactMap { Int($0.prefix { $0.isNumber }) }.map { $0 / 10 })
        let next = (tens.filter { $0 < 10 }.max() ?? 0) + 1
        return (next < 10 ? next : (1..<10).first { !tens.contains($0) }).map { $0 * 10 }
    }

    private static func write(_ text: String, to path: String) throws {
        let file = try File.open(path, .createNew, permissions: 0o644)
        try file.writeAll(Array(text.utf8))
    }
}
