internal import Platform

/// Where the programs under test are.
package enum BuiltPrograms {
    /// The folder: SPAWNGATE_PROGRAMS, else the one of the test program, which is the build folder.
    package static let folder =
        Process.environment("SPAWNGATE_PROGRAMS") ?? File.parent(of: Process.executablePath())

    /// The path of one of them.
    package static func path(_ name: String) -> String {
        prepare()
        return "\(folder)/\(name)"
    }

    /// What `Process.prepare()` does, once for the whole test program.
    package static func prepare() { prepared }

    private static let prepared: Void = Process.prepare()
}
