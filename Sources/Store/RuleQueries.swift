internal import GRDB

/// How often a rule has objected, and when last.
package struct RuleFiring {
    /// The policy's name.
    package let policy: String
    package let rule: String
    /// Decisions since the day that was asked for.
    package let count: Int64
    /// Milliseconds since 1970, of whatever day.
    package let lastAt: Int64

    /// Milliseconds of a day: rules are counted by days of UTC, so that what is read grows with the days and not with
    /// the decisions.
    package static let dayMilliseconds: Int64 = 86_400_000

    static func count(_ denial: (policy: String, rule: String), at time: Int64, in database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO rule_day (policy, rule, day, fired, last_at) VALUES (?, ?, ?, 1, ?)
                ON CONFLICT DO UPDATE SET fired = fired + 1, last_at = max(last_at, excluded.last_at)
                """
        ).execute(arguments: [denial.policy, denial.rule, time / dayMilliseconds, time])
    }
}

extension Store {
    /// Every rule that has ever objected, counted from the day (UTC) of `since` on, the most frequent first.
    package func ruleFirings(since: Int64, limit: Int) throws(StoreFailure) -> [RuleFiring] {
        try read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT policy, rule, sum(CASE WHEN day >= ? THEN fired ELSE 0 END) AS recent, max(last_at)
                        FROM rule_day GROUP BY policy, rule ORDER BY recent DESC, policy, rule LIMIT ?
                        """),
                arguments: [since / RuleFiring.dayMilliseconds, limit]
            ).map { RuleFiring(policy: $0[0], rule: $0[1], count: $0[2], lastAt: $0[3]) }
        }
    }
}
