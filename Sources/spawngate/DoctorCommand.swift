internal import ArgumentParser
internal import Platform
internal import SpawngateClient

/// `spawngate doctor`
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Try on this machine what the kernel lets a session do.",
        discussion: """
            Starts a server of its own in a scratch folder, and in it sessions that try about a hundred ways to write, signal, \
            trace and mount: held to their write roots, and not held. Run by root, it tries as root and as an ordinary user. \
            What came out stands beside what was measured when this version was made; a line that differs is marked, and \
            then the exit status is 1. "absent" says that this machine has not what it takes to try.

            What is allowed outside of the roots is what Landlock does not hold: see the lines "outside".

            EXAMPLE
              spawngate doctor --enforcement
            """)

    @Flag(help: "Try what a session may write to and reach.")
    var enforcement = false

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func validate() throws {
        if !enforcement { throw ValidationError("Say what to examine: --enforcement.") }
    }

    func run() throws {
        Process.prepare()
        let isRoot = Process.userIdentifier == 0
        let columns = EnforcementTable.Column.allCases.filter { isRoot || !$0.isRoot }
        let found = try columns.map { column in
            try EnforcementTrial(
                user: isRoot && !column.isRoot ? EnforcementTrial.ordinaryUser : nil, isEnforced: column.isEnforced
            ).attempts()
        }
        let table = EnforcementTable.compare(columns: columns, attempts: found)
        Output.line(json ? table.json.json : table.text)
        if table.differences > 0 { throw ExitCode(ExitStatus.failed) }
    }
}
