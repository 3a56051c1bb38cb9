internal import Platform

/// The Python that runs the second verifier, and what makes certificates that `openssl` does not.
package enum PythonProgram {
    /// The path of one with the package `cryptography`; nil where there is none, which skips the tests that need it.
    package static let path: String? = {
        BuiltPrograms.prepare()
        let folders = (Process.environment("PATH") ?? "").split(separator: ":") + ["/usr/bin"]
        return folders.map { "\($0)/python3" }.first { path in
            guard (try? File.status(of: path))?.isExecutable == true, let null = try? File.open("/dev/null", .append),
                let process = try? ChildProcess(
                    path: path, arguments: [path, "-c", "import cryptography, sqlite3"],
                    environment: ["PATH=/usr/bin:/bin"], descriptors: [null.number, null.number, null.number])
            else { return false }
            return (try? process.waitForEnd()) == .exited(code: 0)
        }
    }()
}
