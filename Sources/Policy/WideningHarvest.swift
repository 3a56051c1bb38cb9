/// What stands in some Lua texts, and how often: a value that a set says once more than the other is where they differ,
/// though both know it.
struct WideningHarvest {
    var texts: [String: Int] = [:]
    var numbers: [Int64: Int] = [:]
    /// By member: what it is compared with, what a table of its name holds, what is looked up in it.
    var values: [String: [String: Int]] = [:]
    /// Names behind a dot.
    var members: [String: Int] = [:]

    /// Tables whose members a caller names.
    private static let open: Set<String> = ["labels", "environment"]

    init(_ files: [[UInt8]]) {
        for file in files { read(WideningScanner.tokens(of: file)) }
    }

    private mutating func read(_ tokens: [WideningToken]) {
        // The names of the tables around, as far as they have one: `permission_modes = { plan = true }`.
        var tables: [String?] = []
        for (index, token) in tokens.enumerated() {
            switch token {
            case .name(let name):
                if Self.isKey(tokens, index) { add(name, inTable: tables.last) }
                if index > 0, tokens[index - 1] == .symbol(UInt8(ascii: ".")) { members[name, default: 0] += 1 }
            case .text(let text):
                add(text, inTable: tables.last)
                if let plain = Self.withoutPattern(text) { texts[plain, default: 0] += 1 }
            case .integer(let number): addNumber(number, tokens, index)
            case .comparison: addComparison(tokens, index)
            case .symbol(UInt8(ascii: "{")):
                if index > 1, tokens[index - 1] == .symbol(UInt8(ascii: "=")), case .name(let name) = tokens[index - 2]
                {
                    tables.append(name)
                } else {
                    tables.append(nil)
                }
            case .symbol(UInt8(ascii: "}")): _ = tables.popLast()
            case .symbol: addOpenMember(tokens, index)
            }
        }
    }

    private mutating func add(_ text: String, inTable table: String??) {
        texts[text, default: 0] += 1
        if let table, let table { values[table, default: [:]][text, default: 0] += 1 }
    }

    /// `{ plan = true }`: where names are listed, they are keys.
    private static func isKey(_ tokens: [WideningToken], _ index: Int) -> Bool {
        index + 1 < tokens.count && tokens[index + 1] == .symbol(UInt8(ascii: "="))
            && (index == 0 || tokens[index - 1] != .name("local"))
    }

    /// `60 * 60 * 1000` is one number to whoever wrote it.
    private mutating func addNumber(_ number: Int64, _ tokens: [WideningToken], _ index: Int) {
        var product = number
        var next = index + 1
        while next + 1 < tokens.count, tokens[next] == .symbol(UInt8(ascii: "*")),
            case .integer(let factor) = tokens[next + 1]
        {
            product = product.multipliedReportingOverflow(by: factor).partialValue
            next += 2
        }
        for value in Set([number, product]) { numbers[value, default: 0] += 1 }
    }

    /// `request.branch == "main"`, `labels["team"] ~= "core"`.
    private mutating func addComparison(_ tokens: [WideningToken], _ index: Int) {
        guard index > 0, index + 1 < tokens.count, case .text(let value) = tokens[index + 1] else { return }
        switch tokens[index - 1] {
        case .name(let member): values[member, default: [:]][value, default: 0] += 1
        case .symbol(UInt8(ascii: "]")) where index > 1:
            if case .text(let member) = tokens[index - 2] { values[member, default: [:]][value, default: 0] += 1 }
        default: return
        }
    }

    /// `labels.team`, `environment["CI"]`.
    private mutating func addOpenMember(_ tokens: [WideningToken], _ index: Int) {
        guard index > 0, index + 1 < tokens.count, case .name(let table) = tokens[index - 1], Self.open.contains(table)
        else { return }
        switch (tokens[index], tokens[index + 1]) {
        case (.symbol(UInt8(ascii: ".")), .name(let member)), (.symbol(UInt8(ascii: "[")), .text(let member)):
            values[table, default: [:]][member, default: 0] += 1
        default: return
        }
    }

    /// What a Lua pattern matches, roughly: `^release%-` becomes `release-`.
    private static func withoutPattern(_ text: String) -> String? {
        var plain: [UInt8] = []
        var bytes = Array(text.utf8)
        if bytes.first == UInt8(ascii: "^") { bytes.removeFirst() }
        if bytes.last == UInt8(ascii: "$") { bytes.removeLast() }
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                let stands: UInt8? =
                    switch byte {
                    case UInt8(ascii: "d"), UInt8(ascii: "x"): UInt8(ascii: "1")
                    case UInt8(ascii: "a"), UInt8(ascii: "l"), UInt8(ascii: "w"): UInt8(ascii: "a")
                    default: byte
                    }
                if let stands { plain.append(stands) }
                isEscaped = false
            } else if byte == UInt8(ascii: "%") {
                isEscaped = true
            } else if byte != UInt8(ascii: "+") {
                plain.append(byte)
            }
        }
        return plain == Array(text.utf8) ? nil : String(decoding: plain, as: UTF8.self)
    }
}
