/// The keys of a log as they were written down beside it.
package struct StoredKeys {
    /// A key that signed before the present one.
    package struct Earlier: Equatable {
        package let key: String
        /// The leaf that put another into its place.
        package let endedAt: Int64
        /// The note by which it handed over, where it did.
        package let rotation: String?

        package init(key: String, endedAt: Int64, rotation: String?) {
            self.key = key
            self.endedAt = endedAt
            self.rotation = rotation
        }
    }

    package let current: NoteVerifier
    package let earlier: [Earlier]

    package init(current: NoteVerifier, earlier: [Earlier]) {
        self.current = current
        self.earlier = earlier
    }

    var verifiers: [NoteVerifier] { [current] + earlier.compactMap { NoteVerifier($0.key) } }
}

/// Whether the keys of a log fit together, and its checkpoints are signed by the one whose time it was.
struct KeyCheck {
    let keys: KeyHistory
    let anchors: [NoteVerifier]
    let stored: StoredKeys?

    /// Answers what is wrong, or nil.
    func fault(in witnesses: [LogAudit.Witness]) -> String? {
        let periods = keys.periods
        if periods.isEmpty { return faultWithoutHistory(witnesses) }
        if let stored {
            let earlier = zip(periods, periods.dropFirst()).map { period, next in
                StoredKeys.Earlier(key: period.key.text, endedAt: next.sequence, rotation: next.rotation)
            }
            if stored.current != periods.last?.key || stored.earlier != earlier {
                return "the keys beside the log are not those that its records name"
            }
        }
        var trusted = Set(periods.indices)
        if !anchors.isEmpty {
            guard let vouched = keys.trusted(by: anchors) else {
                return "the log names other keys than the one given, and none that it vouches for"
            }
            trusted = vouched
        }
        for witness in witnesses {
            let right = keys.periods(ofSize: witness.size)
            if witness.isSigned(by: right.filter { trusted.contains($0) }.map { periods[$0].key }) { continue }
            if witness.isSigned(by: right.map { periods[$0].key }) {
                return "\(witness.name) is signed by a key that the given one does not vouch for"
            }
            return witness.isSigned(by: periods.map(\.key))
                ? "\(witness.name) is signed by a key whose time it was not"
                : "\(witness.name) is not signed by a key of this log"
        }
        // A database has no checkpoint of its own, so that nothing but its last key says whose its end is.
        return trusted.contains(periods.count - 1)
            ? nil : "the log goes on under a key that the given one does not vouch for"
    }

    /// A log that tells nothing of its keys, as those of before 2026-11-28, and parts of a log.
    private func faultWithoutHistory(_ witnesses: [LogAudit.Witness]) -> String? {
        let rotations = stored?.earlier.compactMap(\.rotation) ?? []
        let known =
            (stored?.verifiers ?? []).filter { key in
                anchors.isEmpty || anchors.contains { KeyRotation.chain(from: $0, to: key, by: rotations) }
            } + anchors
        for witness in witnesses where !witness.isSigned(by: known) {
            return known.isEmpty
                ? "\(witness.name) cannot be checked: the log names no key, so give it with --key"
                : "\(witness.name) is not signed by a key of this log"
        }
        return nil
    }
}
