/// The names in one object, each of which may stand there once.
struct MemberNames {
    private let object: JSONView

    init(_ object: JSONView) { self.object = object }

    /// Up to here every name is compared with every one before it, which costs no memory and, at this size, less time.
    private static let comparedPairwiseMax = 16

    /// Compares the names as they are once unescaped.
    func refuseDuplicates() throws(JSONSyntaxError) {
        let duplicate = object.count <= Self.comparedPairwiseMax ? firstByComparing() : firstByHashing()
        guard let duplicate else { return }
        throw JSONSyntaxError(
            reason: "duplicate member name \"\(duplicate.excerpt)\"", offset: Int(duplicate.node.pointee.start))
    }

    private func firstByComparing() -> JSONView? {
        var later = object.node + 1
        for laterIndex in 0..<object.count {
            let laterName = JSONView(text: object.text, node: later)
            var earlier = object.node + 1
            for _ in 0..<laterIndex {
                if laterName.isSameString(as: JSONView(text: object.text, node: earlier)) { return laterName }
                earlier = nextName(earlier)
            }
            later = nextName(later)
        }
        return nil
    }

    /// Linear whatever the names: the standard library's hash is seeded anew in each process, so that nobody can
    /// choose names that collide.
    private func firstByHashing() -> JSONView? {
        // Open addressing, at most half full; a slot holds the distance from the object to a name, 0 where free.
        var slots = [UInt32](repeating: 0, count: 1 << (Int.bitWidth - (object.count * 2 - 1).leadingZeroBitCount))
        let mask = slots.count - 1
        var node = object.node + 1
        for _ in 0..<object.count {
            let name = JSONView(text: object.text, node: node)
            var hasher = Hasher()
            name.hash(into: &hasher)
            var slot = hasher.finalize() & mask
            while slots[slot] != 0 {
                let earlier = JSONView(text: object.text, node: object.node + Int(slots[slot]))
                if name.isSameString(as: earlier) { return name }
                slot = (slot + 1) & mask
            }
            slots[slot] = UInt32(truncatingIfNeeded: node - object.node)
            node = nextName(node)
        }
        return nil
    }

    private func nextName(_ name: UnsafePointer<JSONNode>) -> UnsafePointer<JSONNode> {
        name + 1 + Int(name[1].span)
    }
}
