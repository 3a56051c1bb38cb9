// Room: spawngate-bench. Measures the built programs from outside, each figure beside something bare that does the same
// work on the same machine at the same time. It asserts nothing: figures are for people to judge.
internal import ArgumentParser
internal import Platform

/// The program.
@main
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spawngate-bench",
        abstract: "Measures the server that lies beside this program, and prints the figures.",
        discussion: """
            Each figure stands beside what was measured with it on the same machine: an epoll echo in C, redis, \
            posix_spawn. Only ratios can be compared between machines.

            EXAMPLE
              spawngate-bench --only get-32 --only start
            """)

    @Option(
        help: ArgumentHelp(
            "Measure this alone: \(FigureName.allCases.map(\.rawValue).joined(separator: ", ")). May be repeated.",
            valueName: "name"))
    var only: [FigureName] = []

    @Flag(help: "Small counts: figures in seconds, and rough.")
    var quick = false

    @Option(help: ArgumentHelp("The policies that the decision figure asks.", valueName: "dir"))
    var policies = "policies"

    func run() throws {
        Process.prepare()
        let bench = try Bench(isQuick: quick, policyFolder: policies)
        defer { bench.removeFiles() }
        let names = only.isEmpty ? FigureName.allCases : only
        FigureTable.printHeader()
        for name in names {
            for figure in try bench.measure(name) { FigureTable.printRow(figure) }
        }
    }
}

/// What can be measured.
enum FigureName: String, CaseIterable, ExpressibleByArgument {
    case idle
    case get1 = "get-1"
    case get32 = "get-32"
    case start
    case enforcement
    case decision
    case replay
    case list
    case log
    case verify
    case export
    case tls
}
