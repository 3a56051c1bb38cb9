internal import GRDB

/// The tables. A change to them is a new migration; one that has shipped is never edited.
///
/// For whoever checks a log without the server: `leaf` is the log. Leaf `seq` (0, 1, 2, …, without gaps) is the bytes of
/// `text`, canonical JSON in UTF-8 whose `kind`, `seq` and `time` say the same as the columns; all other columns of `leaf`,
/// and `denial`, `rule_day`, `leaf_block` and `leaf_block_time` are only what listings are found by, and can be made again
/// from the texts. `tree` holds the nodes of the Merkle tree (see TreeRow) and can be made again too: nothing in it is to be
/// believed. The keys of the log are in the leaves `key.created` (`key`, `previous`) and `key.rotated` (`rotation` besides,
/// a note that both have signed). `policy_set.files` is [{name, text}] of the set named by its digest, and `secret` what a
/// decision's salted hashes stand for. Checkpoints are not kept: whoever has one brings it.
enum Schema {
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE session (
                        ordinal INTEGER PRIMARY KEY,
                        id TEXT NOT NULL UNIQUE,
                        status TEXT NOT NULL,
                        executive TEXT NOT NULL,
                        mission_id TEXT,
                        principal TEXT NOT NULL,
                        report_since_ns INTEGER NOT NULL,
                        record TEXT NOT NULL,
                        metadata TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX session_status ON session (status, ordinal);
                    CREATE INDEX session_executive ON session (executive, ordinal);
                    CREATE INDEX session_mission ON session (mission_id, ordinal) WHERE mission_id IS NOT NULL;
                    CREATE TABLE label (
                        name TEXT NOT NULL,
                        text TEXT NOT NULL,
                        ordinal INTEGER NOT NULL,
                        PRIMARY KEY (name, text, ordinal)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE idempotency (
                        principal TEXT NOT NULL,
                        key TEXT NOT NULL,
                        params_digest TEXT NOT NULL,
                        session_id TEXT NOT NULL,
                        PRIMARY KEY (principal, key)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX idempotency_session ON idempotency (session_id);
                    CREATE TABLE leaf (
                        seq INTEGER PRIMARY KEY,
                        id TEXT UNIQUE,
                        kind TEXT NOT NULL,
                        time INTEGER NOT NULL,
                        verdict TEXT,
                        principal TEXT NOT NULL,
                        session_id TEXT,
                        executive TEXT,
                        mission_id TEXT,
                        text TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX leaf_time ON leaf (time, seq);
                    CREATE INDEX leaf_verdict ON leaf (verdict, seq);
                    CREATE INDEX leaf_principal ON leaf (principal, seq);
                    CREATE INDEX leaf_session ON leaf (session_id) WHERE session_id IS NOT NULL;
                    CREATE INDEX leaf_executive ON leaf (executive, seq) WHERE executive IS NOT NULL;
                    CREATE INDEX leaf_mission ON leaf (mission_id, seq) WHERE mission_id IS NOT NULL;
                    CREATE TABLE denial (
                        policy TEXT NOT NULL,
                        rule TEXT NOT NULL,
                        seq INTEGER NOT NULL,
                        PRIMARY KEY (policy, rule, seq)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX denial_rule ON denial (rule, seq);
                    CREATE TABLE policy_set (
                        digest TEXT PRIMARY KEY,
                        first_used_at INTEGER NOT NULL,
                        files TEXT NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE token (
                        id TEXT PRIMARY KEY,
                        name TEXT NOT NULL,
                        principal TEXT NOT NULL,
                        roles TEXT NOT NULL,
                        hash BLOB NOT NULL,
                        created_at INTEGER NOT NULL,
                        expires_at INTEGER,
                        revoked_at INTEGER
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("2") { database in
            try database.execute(
                sql: """
                    CREATE TABLE rule_day (
                        policy TEXT NOT NULL,
                        rule TEXT NOT NULL,
                        day INTEGER NOT NULL,
                        fired INTEGER NOT NULL,
                        last_at INTEGER NOT NULL,
                        PRIMARY KEY (policy, rule, day)
                    ) STRICT, WITHOUT ROWID;
                    INSERT INTO rule_day (policy, rule, day, fired, last_at)
                        SELECT policy, rule, time / 86400000, count(*), max(time)
                        FROM denial JOIN leaf USING (seq) GROUP BY policy, rule, time / 86400000;
                    CREATE INDEX denial_policy ON denial (policy, seq);
                    CREATE TABLE shadow (
                        only INTEGER PRIMARY KEY CHECK (only = 1),
                        digest TEXT NOT NULL,
                        files TEXT NOT NULL,
                        folder_digest TEXT,
                        since INTEGER NOT NULL,
                        judged INTEGER NOT NULL,
                        disagreed INTEGER NOT NULL,
                        skipped INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE disagreement (
                        ordinal INTEGER PRIMARY KEY,
                        digest TEXT NOT NULL,
                        decision_id TEXT NOT NULL,
                        time INTEGER NOT NULL,
                        was TEXT NOT NULL,
                        becomes TEXT NOT NULL,
                        denials TEXT NOT NULL,
                        failures TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX disagreement_digest ON disagreement (digest, ordinal);
                    """)
        }
        migrator.registerMigration("secrets") { database in
            // What a decision recorded before this holds in the clear stays so: its leaf is not to be changed. A row
            // without a text is one whose secrets were erased.
            try database.execute(
                sql: """
                    CREATE TABLE secret (
                        seq INTEGER PRIMARY KEY,
                        session_id TEXT,
                        time INTEGER NOT NULL,
                        salt BLOB,
                        text TEXT,
                        erased_at INTEGER
                    ) STRICT;
                    CREATE INDEX secret_session ON secret (session_id) WHERE session_id IS NOT NULL;
                    CREATE INDEX secret_time ON secret (time) WHERE text IS NOT NULL;
                    ALTER TABLE idempotency ADD COLUMN open_digest TEXT;
                    """)
        }
        // The tree's kept nodes: a row for each leaf, with the hashes of what that leaf completes (see TreeRow).
        migrator.registerMigration("tree") { database in
            try database.execute(
                sql: "CREATE TABLE tree (seq INTEGER PRIMARY KEY, hashes BLOB NOT NULL) STRICT")
            try TreeRow.computeAll(in: database)
        }
        migrator.registerMigration("events") { database in
            try database.execute(sql: "CREATE INDEX leaf_event ON leaf (kind, seq) WHERE kind <> 'decision'")
        }
        migrator.registerMigration("granted") { database in
            try database.execute(sql: "ALTER TABLE disagreement ADD COLUMN granted TEXT")
        }
        migrator.registerMigration("blocks") { database in
            try database.execute(
                sql: """
                    CREATE INDEX denial_seq ON denial (seq);
                    DROP INDEX IF EXISTS denial_policy;
                    DROP INDEX IF EXISTS denial_rule;
                    DROP INDEX IF EXISTS leaf_time;
                    DROP INDEX IF EXISTS leaf_verdict;
                    DROP INDEX IF EXISTS leaf_principal;
                    DROP INDEX IF EXISTS leaf_executive;
                    DROP INDEX IF EXISTS leaf_mission;
                    """ + LeafBlock.tables)
            let leaves = try Int64.fetchOne(database, sql: "SELECT ifnull(max(seq), -1) + 1 FROM leaf") ?? 0
            for block in 0..<leaves / LeafSet.leaves { try LeafBlock.seal(block, in: database) }
        }
        migrator.registerMigration("promotion") { database in
            try database.execute(
                sql: """
                    CREATE TABLE promotion (
                        only INTEGER PRIMARY KEY CHECK (only = 1),
                        folder TEXT NOT NULL,
                        before TEXT,
                        after TEXT NOT NULL
                    ) STRICT;
                    """)
        }
        return migrator
    }()
}
