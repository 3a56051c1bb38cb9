internal import GRDB
package import Policy
internal import Wire

extension Store {
    /// The policies and libraries of a set that a decision names, or nil. Its tests are left out: the digest does not
    /// name them, and they decide nothing.
    package func policySet(digest: String) throws(StoreFailure) -> PolicySet? {
        let text = try read { database in
            try String.fetchOne(
                database.cachedStatement(sql: "SELECT files FROM policy_set WHERE digest = ?"), arguments: [digest])
        }
        guard let text else { return nil }
        let set = PolicySet(files: try PolicySet(filesText: text).files.filter { $0.role != .test })
        guard set.digest == digest else {
            throw StoreFailure(description: "the policy set \(digest) is not kept as it was")
        }
        return set
    }

    /// The decisions that the filter wants among the leaves `range`, the newest first.
    ///
    /// What is looked at in one call is bounded by the range, however few of it the filter wants, so that whoever reads
    /// the whole log in this way never holds up the loop.
    package func decisions(
        _ filter: DecisionFilter, in range: Range<Int64>
    ) throws(StoreFailure) -> [StoredLeaf] {
        try decisions(filter, before: range.upperBound, from: range.lowerBound, limit: range.count).rows
    }
}

extension PolicySet {
    /// Reads what `filesText` wrote.
    init(filesText: String) throws(StoreFailure) {
        do {
            let files = try JSONReader().value(of: Array(filesText.utf8)).array ?? []
            self.init(
                files: files.compactMap { file in
                    guard let name = file["name"]?.string, let text = file["text"]?.string else { return nil }
                    return PolicyFile(name: name, text: Array(text.utf8))
                })
        } catch {
            throw StoreFailure(description: "the files of a policy set cannot be read: \(error)")
        }
    }
}
