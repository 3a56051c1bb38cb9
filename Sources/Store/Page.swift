/// Rows of a listing: so many, or fewer where they are large, but two at least, so that one can be shown and the other tells
/// that there are more.
package struct Page<Row> {
    let limit: Int
    private let bytesMax: Int
    package private(set) var rows: [Row] = []
    private var bytes = 0

    init(limit: Int, bytesMax: Int) {
        self.limit = limit
        self.bytesMax = bytesMax
    }

    /// Where one more was asked for than are wanted: whether there are more.
    package var isFull: Bool { rows.count >= limit || bytes > bytesMax && rows.count > 1 }
    /// Where one more was asked for than are wanted: those to be shown.
    package var shown: ArraySlice<Row> { isFull ? rows.dropLast() : rows[...] }

    mutating func add(_ row: Row, bytes: Int) {
        rows.append(row)
        self.bytes += bytes
    }
}
