internal import Platform

/// The policies that the repository ships, as a site would have them.
package enum ShippedPolicies {
    /// The repository, as seen from this file.
    package static let repository = File.parent(of: File.parent(of: File.parent(of: #filePath)))

    /// Every file that the server loads but the tests, by name; `programFolders` and the folder for temporary files are
    /// added to the site's lists, as an administrator would.
    package static func texts(programFolders: [String]) throws -> [String: String] {
        let folder = "\(try File.realPath(repository))/policies"
        var policies: [String: String] = [:]
        for name in try File.list(folder) where name.hasSuffix(".lua") {
            policies[name] = try text("\(folder)/\(name)")
        }
        policies["lib/shipped.lua"] = try text("\(folder)/lib/site.lua")
        let temporary = try File.realPath(Process.environment("TMPDIR") ?? "/tmp")
        let programs = programFolders.map { "table.insert(site.program_folders, \"\($0)\")\n" }.joined()
        policies["lib/site.lua"] = """
            local site = require "lib.shipped"
            \(programs)table.insert(site.working_roots, "\(temporary)")
            return site
            """
        return policies
    }

    private static func text(_ path: String) throws -> String {
        String(decoding: try File.read(path, bytesMax: 1 << 20), as: UTF8.self)
    }
}
