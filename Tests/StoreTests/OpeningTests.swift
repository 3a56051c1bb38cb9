import GRDB
import Platform
import Store
import TestSupport
import Testing

@Suite struct OpeningTests {
    private static let noDatabase = String(repeating: "this is no database\n", count: 500)

    @Test func whatIsNoDatabaseIsRefusedAndLeftAsItIs() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("spawngate.db", Self.noDatabase)
        let failure = try #require(throws: StoreFailure.self) { try Store(path: path) }
        #expect(failure.description.hasPrefix("the database \(path) cannot be used: "))
        #expect(try File.read(path, bytesMax: 1 << 20) == Array(Self.noDatabase.utf8))
    }

    @Test(arguments: ["missing/spawngate.db", "folder"])
    func aPlaceWhereNoDatabaseCanBeIsRefused(name: String) throws {
        let folder = try TemporaryFolder()
        _ = try folder.makeFolder("folder")
        #expect(throws: StoreFailure.self) { try Store(path: "\(folder.path)/\(name)") }
    }

    @Test func aDatabaseOfANewerVersionIsRefused() throws {
        let run = try StoreRun()
        try DatabaseQueue(path: run.path).write { database in
            try database.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('of a later year')")
        }
        #expect(throws: StoreFailure.self) { try run.reopen() }
    }

    @Test func aDatabaseThatFailsLaterIsAFailureAndNotACrash() throws {
        let run = try StoreRun()
        try DatabaseQueue(path: run.path).write { try $0.execute(sql: "DROP TABLE session; DROP TABLE leaf") }
        #expect(throws: StoreFailure.self) { try run.store.session(id: "s-1") }
        #expect(throws: StoreFailure.self) { try run.store.commit([.leaf(Sample.leaf(0))], durably: true) }
        #expect(run.store.nextSequence == 0)
    }
}
