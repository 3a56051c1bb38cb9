#include "CBench.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

// The only decision, with other words in what decisions are found by. What the server computes from its leaves (the tree,
// the blocks) is taken away and left to its own migrations.
static const char *const fill =
    "PRAGMA synchronous = OFF; PRAGMA secure_delete = OFF; BEGIN;"
    "CREATE TEMP TABLE one AS SELECT * FROM leaf WHERE kind = 'decision';"
    "CREATE TEMP TABLE number AS WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < %d)"
    " SELECT n, (SELECT max(seq) FROM leaf) + n AS seq FROM number;"
    "INSERT INTO leaf (seq, id, kind, time, verdict, principal, session_id, executive, mission_id, text)"
    " SELECT number.seq, one.id || n, 'decision', time + 50 * n,"
    "  CASE WHEN n %% 5 = 0 THEN 'deny' ELSE 'allow' END,"
    "  CASE WHEN n %% 100003 = 7 THEN 'rare' ELSE 'p' || (n %% 20) END, NULL, 'e' || (n %% 7),"
    "  CASE WHEN n %% 3 = 0 THEN 'm' || (n %% 1000) END,"
    "  replace(text, '\"seq\":' || one.seq, '\"seq\":' || number.seq) FROM number, one;"
    "INSERT INTO denial (policy, rule, seq)"
    " SELECT (n / 5 %% 10) || '-policy', 'rule-' || (n %% 25), seq FROM number WHERE n %% 5 = 0;"
    "DROP TABLE tree; DROP TABLE leaf_block; DROP TABLE leaf_block_time; DROP INDEX denial_seq;"
    "DELETE FROM grdb_migrations WHERE identifier IN ('tree', 'blocks'); COMMIT;";

int cb_multiply_decision(const char *path, int count, char *error, int error_size) {
    sqlite3 *database;
    char statements[4096];
    if ((size_t)snprintf(statements, sizeof statements, fill, count) >= sizeof statements) return -EIO;
    int outcome = sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL);
    if (outcome == SQLITE_OK) outcome = sqlite3_exec(database, statements, NULL, NULL, NULL);
    if (outcome != SQLITE_OK) snprintf(error, (size_t)error_size, "%s", sqlite3_errmsg(database));
    sqlite3_close(database);
    return outcome == SQLITE_OK ? 0 : -EIO;
}
