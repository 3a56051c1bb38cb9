internal import SpawngateClient

/// Puts a server's no into words, and into JSON.
enum Explanation {
    /// The message, then each objection and what it can be looked up by, one a line.
    static func lines(of error: RemoteError) -> [String] {
        var lines = [TerminalText.line(error.message)]
        var table = TextTable()
        for denial in error.denials { table.add([.init(denial.policy), .init(denial.rule), .init(denial.reason)]) }
        for failure in error.failures { table.add([.init(failure.policy), .init(failure.reason)]) }
        let objections = table.rendered(coloured: false, indent: "  ")
        if !objections.isEmpty { lines.append(objections) }
        if let id = error.decisionID { lines.append("  decision \(TerminalText.line(id))") }
        if let id = error.data["session_id"].string { lines.append("  session \(TerminalText.line(id))") }
        return lines
    }

    /// What a program reads in place of a result: {"error": …}.
    static func line(of error: any Error) -> String { RemoteValue.object([.init("error", json(of: error))]).json }

    /// The error object as the server wrote it; of any other error the message alone.
    static func json(of error: any Error) -> RemoteValue {
        guard let error = error as? RemoteError else {
            return ["code": nil, "message": .string("\(error)"), "data": nil]
        }
        return ["code": .integer(Int64(error.code)), "message": .string(error.message), "data": error.data]
    }
}
