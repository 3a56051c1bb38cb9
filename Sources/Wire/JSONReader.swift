/// Why a text is not strict JSON. `offset` is in bytes from the start of the text.
package struct JSONSyntaxError: Error, Equatable {
    /// One short clause, such as `duplicate member name "a"`.
    package let reason: String
    /// Where in the text, in bytes.
    package let offset: Int

    /// A fault of that kind at that byte.
    package init(reason: String, offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

/// Reads one strict JSON text at a time (RFC 8259, the stricter way where it leaves a choice) onto a tape that is
/// used again, so that after the first few texts reading allocates nothing.
///
/// What is absent: any leniency, and any tree; `JSONView` looks into the text itself.
package final class JSONReader {
    // Unchecked, because a reader is one thread's and is not used while it reads, which `isReading` holds it to.
    @exclusivity(unchecked) private var tape: JSONTape
    @exclusivity(unchecked) private var isReading = false

    /// 80 KiB: enough for any request but the unusual, little enough to keep for ever.
    private static let nodesKept = 4096

    /// A reader of texts in which containers nest at most `depthMax` deep.
    package init(depthMax: Int = 64) {
        tape = JSONTape(capacity: Self.nodesKept, depthMax: depthMax)
    }

    deinit { tape.deallocate() }

    /// Parses the whole text and gives its root to `body`. The bytes are borrowed: views are valid only inside
    /// `body`, which must not use this reader again. Throws `JSONSyntaxError`, and what `body` throws.
    package func read<R>(_ bytes: UnsafeRawBufferPointer, _ body: (JSONView) throws -> R) throws -> R {
        precondition(!isReading, "a reader reads one text at a time")
        isReading = true
        defer { isReading = false }
        return try body(parse(bytes, AnyForm.self))
    }

    /// The same, for a text in canonical form (RFC 8785); throws `JSONSyntaxError` where it is in any other. Builds no
    /// second text to compare with: order and form are looked at in place.
    package func readCanonical<R>(_ bytes: UnsafeRawBufferPointer, _ body: (JSONView) throws -> R) throws -> R {
        precondition(!isReading, "a reader reads one text at a time")
        isReading = true
        defer { isReading = false }
        return try body(parse(bytes, CanonicalForm.self))
    }

    /// Parses the whole text to a tree.
    package func value(of bytes: [UInt8]) throws -> JSONValue {
        try bytes.withUnsafeBytes { try read($0) { $0.value } }
    }

    private func parse<Form: JSONForm>(
        _ bytes: UnsafeRawBufferPointer, _: Form.Type
    ) throws(JSONSyntaxError) -> JSONView {
        guard let start = bytes.baseAddress, !bytes.isEmpty else {
            throw JSONSyntaxError(reason: "an empty frame", offset: 0)
        }
        guard bytes.count <= Int(UInt32.max) else { throw JSONSyntaxError(reason: "a text over 4 GiB", offset: 0) }
        let text = start.assumingMemoryBound(to: UInt8.self)
        tape.reset(keeping: Self.nodesKept)
        var scanner = JSONScanner<Form>(text, count: bytes.count, tape: tape)
        defer { tape = scanner.tape }
        try scanner.scan()
        return JSONView(text: text, node: scanner.tape.nodes)
    }
}
