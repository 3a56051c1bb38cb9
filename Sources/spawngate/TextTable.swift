/// Columns of text, aligned. Cells are made safe for a terminal here, so that no caller can forget it.
struct TextTable {
    /// How a cell looks where colours are shown.
    enum Style {
        case plain, faint, good, bad, warning

        fileprivate var code: String? {
            switch self {
            case .plain: nil
            case .faint: "2"
            case .good: "32"
            case .bad: "31"
            case .warning: "33"
            }
        }
    }

    /// One piece of text with its look.
    struct Cell: ExpressibleByStringLiteral {
        let text: String
        let style: Style

        init(_ text: String, _ style: Style = .plain) {
            self.text = TerminalText.line(text)
            self.style = style
        }

        init(stringLiteral text: String) { self.init(text) }
    }

    private var rows: [[Cell]]

    /// A table with titles over its columns.
    init(titles: [String]) { rows = [titles.map { Cell($0, .faint) }] }

    /// A table of names and values, one a line.
    init() { rows = [] }

    /// Adds one line. Absent cells are empty.
    mutating func add(_ cells: [Cell]) { rows.append(cells) }

    /// Adds a name and its value, unless there is none.
    mutating func add(_ name: String, _ value: String?, _ style: Style = .plain) {
        if let value, !value.isEmpty { rows.append([Cell(name, .faint), Cell(value, style)]) }
    }

    /// The lines, without a newline after the last. Columns stand two spaces apart; nothing trails.
    func rendered(coloured: Bool, indent: String = "") -> String {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.text.count)
            }
        }
        return rows.map { indent + line($0, widths, coloured) }.joined(separator: "\n")
    }

    private func line(_ row: [Cell], _ widths: [Int], _ coloured: Bool) -> String {
        let last = row.lastIndex { !$0.text.isEmpty } ?? 0
        return row.prefix(last + 1).enumerated().map { column, cell in
            let padding = column == last ? "" : String(repeating: " ", count: widths[column] - cell.text.count + 2)
            guard coloured, let code = cell.style.code else { return cell.text + padding }
            return "\u{1B}[\(code)m\(cell.text)\u{1B}[0m\(padding)"
        }.joined()
    }
}
