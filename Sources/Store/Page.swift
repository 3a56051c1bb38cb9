/// Rows of a listing that are being read: so many, or fewer where they are large, but two at least, so that one can be shown
/// and the other tells that there are more.
struct Page<Row> {
    let limit: Int
    let bytesMax: Int
    private(set) var rows: [Row] = []
    private var bytes = 0

    init(limit: Int, bytesMax: Int) {
        self.limit = limit
        self.bytesMax = bytesMax
    }

    var isFull: Bool { rows.count >= limit || bytes > bytesMax && rows.count > 1 }

    mutating func add(_ row: Row, bytes: Int) {
        rows.append(row)
        self.bytes += bytes
    }
}
