import Logging
import Platform
import Policy
import Store
import TestSupport
import Testing

@testable import SpawngateServer

/// A promotion that is cut off after any of its steps is completed before the folder is read again.
@Suite struct PolicyPromotionTests {
    private static let before = [
        "10-a.lua": "return function() end -- before", "20-gone.lua": "return function() end", "lib/x.lua": "return 1",
        "30-same.lua": "return function() end",
    ]
    private static let after = [
        "10-a.lua": "return function() end -- after", "15-new.lua": "return function() end", "lib/x.lua": "return 2",
        "30-same.lua": "return function() end", "tests/a_test.lua": "allows(request {})",
    ]

    private let folder: TemporaryFolder
    private let store: Store
    private let configuration: Configuration

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: "\(folder.path)/spawngate.db")
        configuration = Configuration(
            host: "", port: 0, stateFolder: folder.path, policyFolder: "\(folder.path)/policies", programFolder: "")
        for (name, text) in Self.before { try folder.write("policies/\(name)", text) }
        try folder.write("policies/README.md", "mine")
    }

    private static func set(_ files: [String: String]) -> PolicySet {
        PolicySet(files: files.map { PolicyFile(name: $0.key, text: Array($0.value.utf8)) })
    }

    /// What a crash leaves that comes after so many steps.
    private func crash(after count: Int) throws -> Int {
        let promotion = try PolicyPromotion(
            of: Self.set(Self.after), into: configuration.policyFolder, limits: configuration.limits)
        try store.commit([.promotion(promotion.row)], durably: true)
        for step in promotion.steps.prefix(count) { try promotion.take(step) }
        return promotion.steps.count
    }

    private func recover() throws -> String? {
        try PolicyPromotion.recover(store, configuration: configuration, logger: Logger(label: "test"))
    }

    private func held() throws -> PolicySet {
        try PolicyFolder.read(configuration.policyFolder, limits: configuration.limits)
    }

    @Test(arguments: 0...5) func afterEachStepItIsWhole(count: Int) throws {
        #expect(try crash(after: count) == 5, "10-a, 15-new, lib/x and the test come, 20-gone goes")
        let isMixed = try held() != Self.set(Self.before) && held() != Self.set(Self.after)
        #expect(isMixed == (1...4).contains(count), "the folder can be a mixture, so the test can fail")
        #expect(try recover() == nil)
        #expect(try held() == Self.set(count == 0 ? Self.before : Self.after))
        #expect(try store.promotion() == nil && recover() == nil)
        let names = try File.list(configuration.policyFolder)
        #expect(names.contains("README.md") && !names.contains { $0.hasPrefix(".") })
        #expect(try File.list("\(configuration.policyFolder)/lib") == ["x.lua"])
    }

    @Test func aFolderThatSomebodyChangedSinceIsLeftAloneAndNotRead() throws {
        _ = try crash(after: 2)
        try folder.write("policies/10-a.lua", "return function() end -- mended by hand")
        let obstacle = try #require(try recover())
        #expect(obstacle.contains("the folder has been changed since") && obstacle.contains("promote --force"))
        #expect(try recover() == obstacle, "and so it stays")
        #expect(
            try String(decoding: File.read("\(configuration.policyFolder)/10-a.lua", bytesMax: 99), as: UTF8.self)
                .hasSuffix("by hand"))
        try folder.write("policies/10-a.lua", Self.after["10-a.lua"] ?? "")
        #expect(try recover() == nil)
        #expect(try held() == Self.set(Self.after))
    }

    @Test func whatCannotBeDraftedChangesNothing() throws {
        try folder.write("policies/lib/.promote-x.lua/file", "a folder where a draft should be")
        #expect(throws: SystemError.self) {
            try PolicyPromotion(
                of: Self.set(Self.after), into: configuration.policyFolder, limits: configuration.limits)
        }
        #expect(try held() == Self.set(Self.before))
        #expect(try File.list(configuration.policyFolder).allSatisfy { !$0.hasPrefix(".") })
    }
}
