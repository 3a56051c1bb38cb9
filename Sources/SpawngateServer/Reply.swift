internal import Wire

/// The answers of one batch, which leave as one frame when the last of them is there.
final class Batch {
    fileprivate var answers: [UInt8] = []
    fileprivate(set) var outstanding: Int

    /// `outstanding`: how many of its items will be answered.
    init(outstanding: Int) { self.outstanding = outstanding }
}

/// Where the answer to one request goes, now or in a later turn. It is answered once.
struct Reply {
    let connection: Connection
    /// As the client wrote it; nil for a notification, whose answer goes nowhere.
    let id: [UInt8]?
    let batch: Batch?
    /// Called when it has been answered, where that was put off to a later turn.
    var answered: (() -> Void)?

    /// Answers with a result that `body` writes, or with the error that it throws.
    func send(_ body: (inout JSONWriter) throws(RPCError) -> Void) {
        if let id {
            var json = JSONWriter()
            Self.write(&json, id: id, body)
            Self.deliver(json.bytes, connection, batch)
        }
        answered?()
    }

    func fail(_ error: RPCError) { send { (_) throws(RPCError) in throw error } }

    /// Puts one response object on its way: as a frame, or into its batch.
    static func deliver(_ response: [UInt8], _ connection: Connection, _ batch: Batch?) {
        guard let batch else { return frame(connection) { $0 += response } }
        if !batch.answers.isEmpty { batch.answers.append(UInt8(ascii: ",")) }
        batch.answers += response
        batch.outstanding -= 1
        guard batch.outstanding == 0 else { return }
        frame(connection) { bytes in
            bytes.append(UInt8(ascii: "["))
            bytes += batch.answers
            bytes.append(UInt8(ascii: "]"))
        }
    }

    private static func frame(_ connection: Connection, _ body: (inout [UInt8]) -> Void) {
        let start = FrameEncoder.begin(in: &connection.out)
        body(&connection.out.bytes)
        FrameEncoder.end(at: start, in: &connection.out)
    }

    /// One response object. What a body wrote before it failed is taken back.
    static func write(
        _ json: inout JSONWriter, id: some Sequence<UInt8>, _ body: (inout JSONWriter) throws(RPCError) -> Void
    ) {
        let begin: StaticString = #"{"jsonrpc":"2.0","id":"#
        begin.withUTF8Buffer { json.bytes.append(contentsOf: $0) }
        json.bytes.append(contentsOf: id)
        let afterID = json.bytes.count
        do {
            let result: StaticString = #","result":"#
            result.withUTF8Buffer { json.bytes.append(contentsOf: $0) }
            json.beginText()
            try body(&json)
        } catch {
            json.bytes.removeSubrange(afterID...)
            let prefix: StaticString = #","error":"#
            prefix.withUTF8Buffer { json.bytes.append(contentsOf: $0) }
            json.beginText()
            error.write(to: &json)
        }
        json.bytes.append(UInt8(ascii: "}"))
    }
}
