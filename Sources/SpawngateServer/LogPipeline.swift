internal import Platform
internal import Synchronization

/// Checks a log on all cores: items are read in batches, each is looked at by itself, on whatever core is free, and the
/// findings are put together in the items' order. The next batch is read meanwhile.
enum LogPipeline<Item, Finding> {
    /// Items that are looked at together, and where their bytes lie.
    struct Batch: ~Copyable {
        var memory = ByteArena()
        /// The item before the first, where there is one and somebody needs it.
        var before: Item?
        var items: [Item] = []
        /// Whether the log goes on behind them.
        var hasMore = true
        fileprivate var failure: (any Error)?

        /// Whether it holds so much that more would no longer be in a core's cache when it is looked at.
        var isFull: Bool { items.count >= 512 || memory.isLarge }

        fileprivate mutating func fill(_ read: (inout Batch) throws -> Void) {
            memory.removeAll()
            items.removeAll(keepingCapacity: true)
            do { try read(&self) } catch {
                failure = error
                hasMore = false
            }
        }
    }

    private static var itemsAtOnce: Int { 16 }

    /// To the end, or to the first that throws.
    ///
    /// - `read`: fills an empty batch. What it throws counts behind the items that it has read.
    /// - `makeLook`: makes what looks at items, for one thread: it is given the item before, too.
    /// - `add`: takes up the findings, in their order.
    static func run(
        read: (inout Batch) throws -> Void, makeLook: () -> (_ item: Item, _ before: Item?) -> Finding,
        add: (Item, Finding) throws -> Void
    ) throws {
        let looks = (0..<Cores.count).map { _ in makeLook() }
        var batch = Batch()
        var ahead = Batch()
        batch.fill(read)
        while true {
            let hasMore = batch.hasMore
            let findings = look(at: batch, looks) { if hasMore { ahead.fill(read) } }
            for (item, finding) in zip(batch.items, findings) { try add(item, finding) }
            if let failure = batch.failure { throw failure }
            if !hasMore { return }
            swap(&batch, &ahead)
        }
    }

    private static func look(
        at batch: borrowing Batch, _ looks: [(Item, Item?) -> Finding], meanwhile: () -> Void
    ) -> [Finding] {
        let (items, before) = (batch.items, batch.before)
        let next = Atomic(0)
        return [Finding](unsafeUninitializedCapacity: items.count) { findings, count in
            // Each thread writes what nobody else does; the place is all that they share of the array.
            let place = UnsafeMutableBufferPointer(rebasing: findings[...])
            Cores.run(looks.count) { core in
                if core == 0 { meanwhile() }
                while true {
                    let first = next.add(Self.itemsAtOnce, ordering: .relaxed).oldValue
                    if first >= items.count { return }
                    for index in first..<min(first + Self.itemsAtOnce, items.count) {
                        let finding = looks[core](items[index], index == 0 ? before : items[index - 1])
                        place.initializeElement(at: index, to: finding)
                    }
                }
            }
            count = items.count
        }
    }
}
