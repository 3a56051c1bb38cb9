internal import Crypto
internal import DecisionLog
internal import Wire

/// What a line of an export turned out to be, looked at by itself and the line before it.
enum ExportLine {
    case leaf(RecordFinding)
    /// Of that number.
    case secrets(Int64, SecretsFinding)
    /// All that is rare, or not of its form.
    case other

    /// The text of a leaf; nil where the line holds none.
    static func text(of view: JSONView) -> [UInt8]? {
        guard let text = view["text"], text.kind == .string else { return nil }
        var bytes: [UInt8] = []
        text.appendString(to: &bytes)
        return bytes
    }

    /// The salt of secrets; nil where they are erased, or have none.
    static func salt(of view: JSONView) -> [UInt8]? {
        view["erased"]?.bool == true ? nil : view["salt"]?.string.flatMap(SHA256.bytes(hexadecimal:))
    }
}

/// Looks at lines of an export, for one thread.
final class ExportLineCheck {
    private let json = JSONReader()
    private let jsonBefore = JSONReader()
    private let records: RecordCheck

    init(records: RecordCheck) { self.records = records }

    /// Looks at a line, and at the one before where that has to do with it.
    func finding(of line: UnsafeRawBufferPointer, before: UnsafeRawBufferPointer?) -> ExportLine {
        // What is wrong with a line's own form is told of when its turn comes.
        (try? json.read(line) { view in
            guard let sequence = view["seq"]?.int, let type = view["type"] else { return nil }
            if type.equals("leaf") { return leaf(view, sequence) }
            if type.equals("secrets"), let before { return secrets(view, sequence, line, before) }
            return nil
        }) ?? .other
    }

    private func leaf(_ view: JSONView, _ sequence: Int64) -> ExportLine? {
        ExportLine.text(of: view)?.withUnsafeBytes {
            let record = LogRecord(sequence: sequence, text: $0, columns: nil, secrets: .untold)
            return .leaf(records.finding(of: record))
        }
    }

    private func secrets(
        _ view: JSONView, _ sequence: Int64, _ line: UnsafeRawBufferPointer, _ before: UnsafeRawBufferPointer
    ) -> ExportLine? {
        guard let leaf = (try? jsonBefore.read(before) { ExportLine.text(of: $0) }) ?? nil else { return nil }
        return leaf.withUnsafeBytes { leaf in
            if view["erased"]?.bool == true { return .secrets(sequence, records.secretsFinding(of: leaf, .erased)) }
            return ExportLine.salt(of: view)?.withUnsafeBytes {
                .secrets(sequence, records.secretsFinding(of: leaf, .kept(salt: $0, text: line)))
            }
        }
    }
}
