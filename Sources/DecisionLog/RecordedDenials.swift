internal import Wire

/// The rows of a database's table of denials, to be compared with the records as they pass by.
package struct RecordedDenials {
    private struct Row {
        let sequence: Int64
        let policy: Int32
        let rule: Int32
    }

    private var rows: [Row] = []
    private var names: [[UInt8]] = []
    private var numbers: [[UInt8]: Int32] = [:]
    private var next = 0
    private var isSorted = true

    /// A table without rows.
    package init() {}

    /// Takes up a row.
    package mutating func add(sequence: Int64, policy: [UInt8], rule: [UInt8]) {
        if let last = rows.last, last.sequence > sequence { isSorted = false }
        rows.append(Row(sequence: sequence, policy: number(of: policy), rule: number(of: rule)))
    }

    private mutating func number(of name: [UInt8]) -> Int32 {
        if let number = numbers[name] { return number }
        names.append(name)
        numbers[name] = Int32(names.count - 1)
        return Int32(names.count - 1)
    }

    /// Whether there are rows of records that are not among the first `count`. Of those before the first, `agree` tells.
    func reaches(beyond count: Int64) -> Bool { rows.last.map { $0.sequence >= count } ?? false }

    /// To be called once all rows are there, before any is compared.
    package mutating func sort() {
        if !isSorted { rows.sort { $0.sequence < $1.sequence } }
        isSorted = true
    }

    /// Whether the rows of this record are those of the policies in it: one for each rule that objected. Records come in
    /// their order; those that are left out, somebody else looks at.
    mutating func agree(with policies: JSONView?, sequence: Int64) -> Bool {
        while sequence > 0, next < rows.count, rows[next].sequence < sequence { next += 1 }
        let first = next
        while next < rows.count, rows[next].sequence <= sequence { next += 1 }
        guard first == next || rows[first].sequence == sequence else { return false }
        var found = Set<Int>()
        var isSame = true
        policies?.forEachElement { policy in
            guard let denials = policy["denials"], denials.kind == .array else { return isSame = false }
            denials.forEachElement { denial in
                let row = rows[first..<next].firstIndex { row in
                    matches(row.policy, policy["name"]) && matches(row.rule, denial["rule"])
                }
                if let row { found.insert(row) } else { isSame = false }
            }
        }
        return isSame && found.count == next - first
    }

    private func matches(_ number: Int32, _ text: JSONView?) -> Bool {
        names[Int(number)].withUnsafeBytes { text?.equals(utf8: $0) ?? false }
    }
}
