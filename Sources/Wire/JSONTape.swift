/// The nodes of one text, and the containers still open while it is read. Plain memory, owned by a `JSONReader`.
struct JSONTape {
    private(set) var nodes: UnsafeMutablePointer<JSONNode>
    private(set) var count = 0
    private var capacity: Int
    private let open: UnsafeMutablePointer<UInt32>
    private(set) var depth = 0
    private let depthMax: Int

    init(capacity: Int, depthMax: Int) {
        self.nodes = .allocate(capacity: capacity)
        self.capacity = capacity
        self.open = .allocate(capacity: depthMax)
        self.depthMax = depthMax
    }

    func deallocate() {
        nodes.deallocate()
        open.deallocate()
    }

    /// Forgets the last text. A tape that a large text has stretched gives its memory back.
    mutating func reset(keeping capacityKept: Int) {
        if capacity > capacityKept {
            nodes.deallocate()
            nodes = .allocate(capacity: capacityKept)
            capacity = capacityKept
        }
        count = 0
        depth = 0
    }

    /// The innermost container that is still open: meaningful only where `depth` is not 0.
    var innermost: Int { Int(open[depth - 1]) }

    @inline(__always)
    mutating func append(_ node: JSONNode) {
        if count == capacity { grow() }
        nodes[count] = node
        count += 1
    }

    /// Appends a container and makes it the innermost one; false where that is one level too deep.
    @inline(__always)
    mutating func push(_ container: JSONNode) -> Bool {
        guard depth < depthMax else { return false }
        open[depth] = UInt32(truncatingIfNeeded: count)
        depth += 1
        append(container)
        return true
    }

    mutating func pop() { depth -= 1 }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<JSONNode>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: nodes, count: count)
        nodes.deallocate()
        nodes = larger
        capacity *= 2
    }
}
