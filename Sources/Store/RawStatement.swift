internal import GRDBSQLite

/// A statement of SQLite's own interface, for reading a whole log: a row of GRDB's costs more than checking a leaf.
struct RawStatement: ~Copyable {
    private let statement: OpaquePointer

    /// Throws the code of the failure.
    init(_ connection: OpaquePointer, _ sql: String) throws(RawFailure) {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v2(connection, sql, -1, &statement, nil)
        guard code == SQLITE_OK, let statement else { throw RawFailure(connection) }
        self.statement = statement
    }

    deinit { sqlite3_finalize(statement) }

    /// Goes to the next row; false after the last.
    mutating func next() throws(RawFailure) -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw RawFailure(sqlite3_db_handle(statement))
        }
    }

    func bind(_ value: Int64, at number: Int32) { sqlite3_bind_int64(statement, number, value) }

    /// The bytes of a text or blob, nil for null; where it is anything else, `isRight` becomes false.
    func bytesOrNull(_ column: Int32, _ isRight: inout Bool) -> UnsafeRawBufferPointer? {
        let bytes = bytes(column)
        if bytes == nil && !isNull(column) { isRight = false }
        return bytes
    }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

    /// The integer; nil where the column holds anything else.
    func integer(_ column: Int32) -> Int64? {
        sqlite3_column_type(statement, column) == SQLITE_INTEGER ? sqlite3_column_int64(statement, column) : nil
    }

    /// The bytes of a text or blob, valid until the next row; nil where the column holds anything else.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer? {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_TEXT:
            let start = sqlite3_column_text(statement, column)
            return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(statement, column)
            return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))
        default: return nil
        }
    }
}

/// What SQLite said.
struct RawFailure: Error {
    /// The statement itself was wrong: the database is not of the form that it was written for.
    let isOfForm: Bool
    let message: String

    init(_ connection: OpaquePointer?) {
        isOfForm = sqlite3_errcode(connection) & 0xFF == SQLITE_ERROR
        message = String(cString: sqlite3_errmsg(connection))
    }
}
