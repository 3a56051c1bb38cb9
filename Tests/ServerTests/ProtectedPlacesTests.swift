import Platform
import TestSupport
import Testing

@testable import SpawngateServer

@Suite struct ProtectedPlacesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func places(policies: String) throws -> ProtectedPlaces {
        ProtectedPlaces(
            Configuration(
                host: "", port: 0, stateFolder: try folder.makeFolder("state"), policyFolder: policies,
                programFolder: try folder.makeFolder("programs")))
    }

    private func objection(_ places: ProtectedPlaces, _ name: String) throws -> String? {
        places.objection(to: try ResolvedPath(opening: "\(folder.path)/\(name)"))
    }

    @Test func namesThatOnlyBeginAlikeAreOthers() throws {
        let places = try places(policies: try folder.makeFolder("policies"))
        for name in ["state2", "stat", "policies-old", "work/state"] {
            _ = try folder.makeFolder(name)
            #expect(try objection(places, name) == nil, "\(name)")
        }
    }

    @Test func aFolderThatComesLaterIsProtectedByItsName() throws {
        let places = try places(policies: "\(folder.path)/later/policies")
        _ = try folder.makeFolder("later/policies/lib")
        #expect(try objection(places, "later/policies") == "is the policy folder")
        #expect(try objection(places, "later/policies/lib") == "lies in the policy folder")
        #expect(try objection(places, "later") == "holds the policy folder")
    }

    @Test func aFolderThatIsPutInThePlaceOfAnotherIsProtectedAndSoIsTheOther() throws {
        let places = try places(policies: try folder.makeFolder("policies"))
        _ = try folder.makeFolder("new")
        #expect(try objection(places, "new") == nil)
        #expect(try CommandRunner.move("\(folder.path)/policies", "\(folder.path)/old"))
        #expect(try CommandRunner.move("\(folder.path)/new", "\(folder.path)/policies"))
        #expect(try objection(places, "policies") == "is the policy folder")
        #expect(try objection(places, "old") == "is the policy folder")
    }

    @Test func aFileIsHeldAgainstItsFolder() throws {
        let places = try places(policies: try folder.makeFolder("policies"))
        try folder.write("policies/10.lua", "")
        try folder.write("work/file", "")
        #expect(try objection(places, "policies/10.lua") == "lies in the policy folder")
        #expect(try objection(places, "work/file") == nil)
    }
}

/// `mv`, for this is what an administrator does.
private enum CommandRunner {
    static func move(_ from: String, _ to: String) throws -> Bool {
        let null = try File.open("/dev/null", .readWrite(create: false, truncate: false))
        let process = try ChildProcess(
            path: "/bin/mv", arguments: ["mv", from, to], environment: [],
            descriptors: [null.number, null.number, null.number])
        return try process.waitForEnd() == .exited(code: 0)
    }
}
