internal import Crypto
internal import Logging
internal import Platform
internal import Policy
internal import Store

/// Makes the policy folder hold what was tried in the shadow, whole: what a crash interrupts, the next server completes
/// before it reads the folder.
///
/// First the new texts are written beside what they replace, under names that no reading of the folder sees; then what is
/// about to happen is kept in the store; then the names are changed, one step after another, and that is over is kept. A
/// folder cannot be swapped in one instant by its name, for it may be a mount point, and holds what is not a policy.
struct PolicyPromotion {
    /// A change that a reading of the folder sees.
    enum Step: Equatable {
        /// The draft beside the name takes its place.
        case place(String)
        case remove(String)
    }

    private static let draftPrefix = ".promote-"

    let folder: String
    let steps: [Step]
    /// What the store has to know until the last step is done.
    let row: PromotionRow

    /// Names everything that the folder holds of a set, tests included; nil where it cannot be read.
    static func fingerprint(of folder: String, limits: Limits) -> String? {
        guard let set = try? PolicyFolder.read(folder, limits: limits) else { return nil }
        return SHA256.hex(Array(set.files.map { "\($0.digest) \($0.name)\n" }.joined().utf8))
    }

    /// Writes the drafts. Where that fails, none is left and nothing has changed.
    init(of set: PolicySet, into folder: String, limits: Limits) throws(SystemError) {
        let folder = try File.realPath(folder)
        let present = try Self.contents(of: folder, limits: limits)
        self.folder = folder
        row = PromotionRow(folder: folder, before: (try? PolicyFolder.read(folder, limits: limits)), after: set)
        let wanted = Set(set.files.map(\.name))
        steps =
            set.files.filter { present[$0.name] != .some($0.text) }.map { .place($0.name) }
            + present.keys.filter { !wanted.contains($0) }.sorted().map { .remove($0) }
        do {
            try writeDrafts(set)
        } catch {
            Self.removeDrafts(in: folder)
            throw error
        }
    }

    private func writeDrafts(_ set: PolicySet) throws(SystemError) {
        for subfolder in PolicyFolder.subfolders where set.files.contains(where: { $0.name.hasPrefix("\(subfolder)/") })
        {
            try File.makeFolder("\(folder)/\(subfolder)", permissions: 0o755)
        }
        for file in set.files where steps.contains(.place(file.name)) {
            let path = "\(folder)/\(file.name)"
            let permissions = (try? File.status(of: path)).map { $0.mode & 0o777 } ?? 0o644
            let written = try File.open(
                draft(of: file.name), .readWrite(create: true, truncate: true), permissions: permissions)
            try written.writeAll(file.text)
            try written.synchronize()
        }
    }

    private func draft(of name: String) -> String {
        let path = "\(folder)/\(name)"
        return "\(File.parent(of: path))/\(Self.draftPrefix)\(name.split(separator: "/").last ?? "")"
    }

    /// Takes one step. It is on the disk when this returns.
    func take(_ step: Step) throws(SystemError) {
        switch step {
        case .place(let name): try File.rename(draft(of: name), to: "\(folder)/\(name)")
        case .remove(let name): try File.remove("\(folder)/\(name)")
        }
    }

    /// Takes every step.
    func perform() throws(SystemError) { for step in steps { try take(step) } }

    /// Removes what it has written and not put in place.
    func abandon() { Self.removeDrafts(in: folder) }

    // MARK: after a crash

    /// Completes what an earlier server did not. Answers why the folder must not be read, where it must not.
    static func recover(_ store: Store, configuration: Configuration, logger: Logger) throws(StoreFailure) -> String? {
        guard let row = try store.promotion() else {
            // What was being drafted was not begun.
            removeDrafts(in: configuration.policyFolder)
            return nil
        }
        let limits = configuration.limits
        guard (try? File.realPath(configuration.policyFolder)) == row.folder else {
            logger.warning(
                "the promotion of policies into \(row.folder) was interrupted; this server serves another folder")
            return nil
        }
        removeDrafts(in: row.folder)
        guard let present = try? contents(of: row.folder, limits: limits) else {
            return unfinished("the folder cannot be read")
        }
        let after = texts(of: row.after)
        let before = row.before.map(texts(of:))
        if present == before, before != after {
            // No step was taken, and nobody was told that one would be.
            logger.warning("the promotion of policies was interrupted before it began; the folder is as it was")
            try store.commit([.promotion(nil)], durably: true)
            return nil
        }
        let isMixed = before.map { isMixture(present, of: $0, and: after) } ?? true
        guard isMixed else { return unfinished("the folder has been changed since") }
        do {
            try PolicyPromotion(of: row.after, into: row.folder, limits: limits).perform()
        } catch {
            return unfinished("\(error)")
        }
        try store.commit([.promotion(nil), .shadow(nil)], durably: true)
        logger.info(
            "completed the promotion of policies that was interrupted", metadata: ["set": "\(row.after.digest)"])
        return nil
    }

    /// Why a folder that is half the one set and half the other is not read.
    static func unfinished(_ reason: String) -> String {
        "the promotion of policies into the folder was interrupted, and cannot be completed: \(reason); `spawngate policy "
            + "promote --force` tries again, `spawngate policy shadow off` takes the folder as it is"
    }

    private static func texts(of set: PolicySet) -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: set.files.map { ($0.name, $0.text) })
    }

    private static func isMixture(
        _ present: [String: [UInt8]], of before: [String: [UInt8]], and after: [String: [UInt8]]
    ) -> Bool {
        Set(present.keys).union(before.keys).union(after.keys).allSatisfy { name in
            present[name] == before[name] || present[name] == after[name]
        }
    }

    /// The files that a reading of the folder would take for a part of the set; one that cannot be read is empty.
    private static func contents(of folder: String, limits: Limits) throws(SystemError) -> [String: [UInt8]] {
        var names = try File.list(folder)
        for subfolder in PolicyFolder.subfolders where names.contains(subfolder) {
            names += ((try? File.list("\(folder)/\(subfolder)")) ?? []).map { "\(subfolder)/\($0)" }
        }
        var contents: [String: [UInt8]] = [:]
        for name in names where PolicyFile(name: name, text: []).role != nil {
            if name.split(separator: "/").last?.hasPrefix(".") ?? true { continue }
            contents[name] = (try? File.read("\(folder)/\(name)", bytesMax: limits.policyFileBytesMax)) ?? []
        }
        return contents
    }

    private static func removeDrafts(in folder: String) {
        for place in [folder] + PolicyFolder.subfolders.map({ "\(folder)/\($0)" }) {
            for name in (try? File.list(place)) ?? [] where name.hasPrefix(draftPrefix) {
                try? File.remove("\(place)/\(name)")
            }
        }
    }
}
