internal import Platform

/// The places that hold the gate itself, and those that are the kernel. No session writes there, whatever a policy says.
struct ProtectedPlaces {
    private struct Place {
        /// "the state folder"
        let what: String
        let path: String
        /// A link is protected for where it stands, and not for what it leads to.
        let isLink: Bool
        /// Nil for a link, and for what does not exist.
        let identity: FileIdentity?
        /// Of every folder that holds it.
        let above: Set<FileIdentity>
    }

    private let places: [Place]

    /// What is protected on every machine.
    static let ofEveryMachine = ProtectedPlaces(named: [])

    /// Finds the places of one server, as they are now.
    init(_ configuration: Configuration) {
        self.init(
            named: [
                ("the state folder", configuration.stateFolder), ("the policy folder", configuration.policyFolder),
                ("the folder of Spawngate's programs", configuration.programFolder),
            ] + (configuration.checkpointFile.map { [("the checkpoint file", $0)] } ?? [])
                + (configuration.tls?.all ?? []))
    }

    private init(named: [(what: String, path: String)]) {
        let kernel = ["/proc", "/sys", "/dev"].map { (what: $0, path: $0) }
        places = (named + kernel).flatMap { what, path in
            // Whoever can replace a link on the way to the place has the place.
            [Self.place(what, path)] + Self.links(on: path).map { Self.place(what, $0, isLink: true) }
        }
    }

    /// Why a folder or file may not be written to by sessions, as in "holds the state folder"; nil where it may.
    func objection(to root: ResolvedPath) -> String? {
        guard let folder = root.status.isDirectory ? root : try? ResolvedPath(opening: File.parent(of: root.path)),
            let ancestry = try? folder.ancestry()
        else { return "cannot be looked at" }
        if ancestry.count == 1, root.status.isDirectory { return "is the root of all folders" }
        for place in places {
            // By identity, which no other name of the same folder changes, and by name, for what is put in its place.
            let isSame =
                place.identity == ancestry[0] && root.status.isDirectory
                || root.path.utf8.elementsEqual(place.path.utf8)
            if isSame { return "is \(place.what)" }
            let isInside =
                place.identity.map(ancestry.contains) ?? false || Self.isWithin(root.path, place.path)
            if isInside, !place.isLink { return "lies in \(place.what)" }
            if root.status.isDirectory, place.above.contains(ancestry[0]) || Self.isWithin(place.path, root.path) {
                return "holds \(place.what)"
            }
        }
        return nil
    }

    private static func place(_ what: String, _ path: String, isLink: Bool = false) -> Place {
        // What does not exist yet is known by the nearest folder that does.
        var existing = isLink ? File.parent(of: path) : path
        while true {
            if let folder = try? ResolvedPath(opening: existing), let ancestry = try? folder.ancestry() {
                let isThere = existing == path
                let rest = String(Substring(path.utf8.dropFirst(existing == "/" ? 0 : existing.utf8.count)))
                return Place(
                    what: what, path: (folder.path == "/" ? "" : folder.path) + rest, isLink: isLink,
                    identity: isThere ? ancestry[0] : nil, above: Set(isThere ? ancestry.dropFirst() : ancestry[...]))
            }
            if existing == "/" { return Place(what: what, path: path, isLink: isLink, identity: nil, above: []) }
            existing = File.parent(of: existing)
        }
    }

    /// Where the links stand that lead from an absolute name to its real path.
    private static func links(on path: String) -> [String] {
        let linksMax = 40
        var found: [String] = []
        // By bytes: a name may begin with what would be one character with the slash.
        func names(_ path: String) -> [Substring] {
            path.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
        }
        var ahead = names(path)[...]
        var at = ""
        while let name = ahead.popFirst(), found.count < linksMax {
            if name == "." { continue }
            if name == ".." {
                at = at.isEmpty ? "" : File.parent(of: at)
                if at == "/" { at = "" }
                continue
            }
            guard let target = try? File.readLink("\(at)/\(name)") else {
                at += "/\(name)"
                continue
            }
            found.append("\(at)/\(name)")
            if target.hasPrefix("/") { at = "" }
            ahead = (names(target) + ahead)[...]
        }
        return found
    }

    /// Whether a real path is another or lies below it: as bytes, by whole components.
    private static func isWithin(_ path: String, _ folder: String) -> Bool {
        path.utf8.starts(with: folder.utf8)
            && (path.utf8.count == folder.utf8.count || folder == "/"
                || path.utf8.dropFirst(folder.utf8.count).first == UInt8(ascii: "/"))
    }
}
