/// One measured thing, beside what was measured with it.
struct Figure {
    let name: String
    let value: String
    /// What ran beside it, and its value; empty where nothing is comparable.
    var beside = ""
    /// This by that.
    var ratio: Double?
    var goal = ""
}

/// The table, row by row, so that a person who waits sees what is there already.
enum FigureTable {
    private static let widths = [34, 16, 44, 8, 0]

    static func printHeader() { printCells(["FIGURE", "SPAWNGATE", "BESIDE IT", "RATIO", "GOAL"]) }

    static func printRow(_ figure: Figure) {
        printCells([figure.name, figure.value, figure.beside, figure.ratio.map { decimal($0, 2) } ?? "", figure.goal])
    }

    /// A number with so many digits behind the point.
    static func decimal(_ number: Double, _ digits: Int) -> String {
        if number < 0 { return "-" + decimal(-number, digits) }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int((number * scale).rounded())
        if digits == 0 { return grouped(scaled) }
        let fraction = String(scaled % Int(scale))
        return "\(grouped(scaled / Int(scale)))." + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    /// "1,234,567"
    private static func grouped(_ number: Int) -> String {
        var digits = String(number)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
    }

    private static func printCells(_ cells: [String]) {
        let padded = zip(cells, widths).map { cell, width in
            cell + String(repeating: " ", count: max(0, width - cell.count))
        }
        var line = padded.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        Screen.line(line)
    }
}
