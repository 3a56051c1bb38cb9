package import Wire

/// The keys of a log, as its own leaves tell of them.
package struct KeyHistory {
    package struct Period {
        package let key: NoteVerifier
        /// The leaf that put it in place.
        let sequence: Int64
        /// The note by which the key before handed over; nil where there was none before, or it did not.
        let rotation: String?
    }

    package private(set) var periods: [Period] = []

    package init() {}

    /// Takes up what a leaf tells of a key. Answers what is wrong with it, or nil.
    package mutating func add(_ change: KeyChange, sequence: Int64) -> String? {
        guard let key = change.key.flatMap({ NoteVerifier($0) }) else { return "it names no key" }
        guard change.namesPrevious, change.previous == periods.last?.key.text else {
            return "the key that it names as the one before is not the one before"
        }
        if change.isRotation {
            guard let last = periods.last, let rotation = change.rotation.flatMap({ KeyRotation(note: $0) }),
                rotation == KeyRotation(from: last.key, to: key)
            else { return "the change of the key is not signed by the old key and the new one" }
        }
        periods.append(Period(key: key, sequence: sequence, rotation: change.isRotation ? change.rotation : nil))
        return nil
    }

    /// The periods whose key may have signed a checkpoint of that size. A key that was put in unannounced may have signed
    /// before the leaf was there that tells of it.
    package func periods(ofSize size: Int64) -> [Int] {
        periods.indices.filter { index in
            let period = periods[index]
            let first = index == 0 ? 0 : period.rotation == nil ? period.sequence : period.sequence + 1
            let last = index + 1 < periods.count ? periods[index + 1].sequence : Int64.max
            return first <= size && size <= last
        }
    }

    /// The periods that keys which are trusted vouch for, by rotations; nil where the log has none of these keys. A log
    /// that a later key signs holds the leaf that names the earlier one, so it goes both ways.
    package func trusted(by anchors: [NoteVerifier]) -> Set<Int>? {
        var trusted = Set(periods.indices.filter { anchors.contains(periods[$0].key) })
        if trusted.isEmpty { return nil }
        for index in periods.indices.dropFirst() where periods[index].rotation != nil && trusted.contains(index - 1) {
            trusted.insert(index)
        }
        for index in periods.indices.dropFirst().reversed()
        where periods[index].rotation != nil && trusted.contains(index) {
            trusted.insert(index - 1)
        }
        return trusted
    }
}

/// What a leaf of the kinds `key.created` and `key.rotated` says, unchecked.
package struct KeyChange {
    let key: String?
    /// The key before, and whether that was said: a null says that there was none.
    let previous: String?
    let namesPrevious: Bool
    /// The note by which the key before hands over.
    let rotation: String?
    /// Whether the key before is said to have handed over.
    let isRotation: Bool

    package init(_ leaf: JSONView, isRotation: Bool) {
        key = leaf["key"]?.string
        let before = leaf["previous"]
        previous = before?.string
        namesPrevious = before?.kind == .string || before?.kind == .null
        rotation = leaf["rotation"]?.string
        self.isRotation = isRotation
    }
}
