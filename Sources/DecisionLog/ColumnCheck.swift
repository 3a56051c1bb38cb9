internal import Wire

/// Compares the columns of a leaf, by which it is found, with its text, which is what is hashed.
enum ColumnCheck {
    /// Answers what is wrong, or nil; `time` is not looked at.
    static func fault(_ columns: LogRecord.Columns, _ leaf: JSONView, isDecision: Bool) -> String? {
        let principal = leaf["principal"]?["name"]
        let request = isDecision ? leaf["request"] : nil
        let wrong: StaticString
        if !agrees(columns.id, isDecision ? leaf["id"] : nil) {
            wrong = "id"
        } else if !agrees(columns.kind, leaf["kind"]) {
            wrong = "kind"
        } else if !agrees(columns.verdict, isDecision ? leaf["verdict"] : nil) {
            wrong = "verdict"
        } else if principal == nil ? columns.principal?.count != 0 : !agrees(columns.principal, principal) {
            // Where nobody is known the column is empty and not null.
            wrong = "principal"
        } else if !agrees(columns.sessionID, leaf["session_id"]) {
            wrong = "session_id"
        } else if !agrees(columns.executive, request?["executive"]) {
            wrong = "executive"
        } else if !agrees(columns.missionID, request?["mission_id"]) {
            wrong = "mission_id"
        } else {
            return nil
        }
        return "its column \(wrong) does not agree with its text"
    }

    private static func agrees(_ column: UnsafeRawBufferPointer?, _ value: JSONView?) -> Bool {
        guard let value, value.kind != .null else { return column == nil }
        guard let column else { return false }
        return value.equals(utf8: column)
    }
}
