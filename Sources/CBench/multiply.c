#include "CBench.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

// Whole rows go through temporary tables, so that a column more in the server's schema changes nothing here.
static const char *const prepare =
    "BEGIN;"
    "CREATE TEMP TABLE one AS SELECT * FROM session;"
    "CREATE TEMP TABLE was AS SELECT id, 0 AS number FROM one;";
static const char *const step =
    "UPDATE was SET number = number + 1;"
    "UPDATE one SET ordinal = ordinal + 1,"
    " id = (SELECT was.id || '-' || was.number FROM was),"
    " record = (SELECT replace(session.record, was.id, was.id || '-' || was.number)"
    "  FROM session, was WHERE session.id = was.id),"
    " metadata = (SELECT replace(session.metadata, was.id, was.id || '-' || was.number)"
    "  FROM session, was WHERE session.id = was.id);"
    "INSERT INTO session SELECT * FROM one;";

// What a server computes from its leaves, the tree and the blocks, it makes anew where it is not there, as for a database of
// before there was any.
static const char *const forget_computed =
    "DROP TABLE tree; DROP TABLE leaf_block; DROP TABLE leaf_block_time; DROP INDEX denial_seq;"
    "DELETE FROM grdb_migrations WHERE identifier IN ('tree', 'blocks');";

static const char *const copy_decisions =
    "BEGIN;"
    "CREATE TEMP TABLE source AS SELECT row_number() OVER (ORDER BY seq) - 1 AS place, * FROM leaf"
    "  WHERE kind = 'decision';"
    "CREATE TEMP TABLE number AS WITH RECURSIVE number (n) AS (SELECT max(seq) + 1 FROM leaf"
    "  UNION ALL SELECT n + 1 FROM number WHERE n + 1 < %d)"
    "  SELECT n, n %% (SELECT count(*) FROM source) AS place, printf('d-%%024x', n) AS id FROM number;"
    "CREATE TEMP TABLE objected AS SELECT * FROM denial;"
    "CREATE TEMP TABLE hidden AS SELECT * FROM secret;"
    "INSERT INTO leaf SELECT n, number.id, kind, time, verdict, principal, session_id, executive, mission_id,"
    "  replace(replace(text, '\"' || source.id || '\"', '\"' || number.id || '\"'),"
    "    '\"seq\":' || seq || ',', '\"seq\":' || n || ',') FROM number JOIN source USING (place);"
    "INSERT INTO denial SELECT policy, rule, n FROM number JOIN source USING (place)"
    "  JOIN objected ON objected.seq = source.seq;"
    "INSERT INTO secret SELECT n, hidden.session_id, hidden.time, salt, hidden.text, erased_at"
    "  FROM number JOIN source USING (place) JOIN hidden ON hidden.seq = source.seq;"
    "COMMIT;";

int cb_multiply_decisions(const char *path, int count, char *error, int error_size) {
    sqlite3 *database;
    char *sql = sqlite3_mprintf(copy_decisions, count);
    int outcome = sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL);
    if (outcome == SQLITE_OK) outcome = sqlite3_exec(database, sql, NULL, NULL, NULL);
    if (outcome == SQLITE_OK) outcome = sqlite3_exec(database, forget_computed, NULL, NULL, NULL);
    if (outcome != SQLITE_OK) snprintf(error, (size_t)error_size, "%s", sqlite3_errmsg(database));
    sqlite3_free(sql);
    sqlite3_close(database);
    return outcome == SQLITE_OK ? 0 : -EIO;
}

int cb_multiply_session(const char *path, int count, char *error, int error_size) {
    sqlite3 *database;
    int outcome = sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL);
    if (outcome == SQLITE_OK) outcome = sqlite3_exec(database, prepare, NULL, NULL, NULL);
    for (int i = 1; i < count && outcome == SQLITE_OK; i++)
        outcome = sqlite3_exec(database, step, NULL, NULL, NULL);
    if (outcome == SQLITE_OK) outcome = sqlite3_exec(database, forget_computed, NULL, NULL, NULL);
    if (outcome == SQLITE_OK) outcome = sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
    if (outcome != SQLITE_OK) snprintf(error, (size_t)error_size, "%s", sqlite3_errmsg(database));
    sqlite3_close(database);
    return outcome == SQLITE_OK ? 0 : -EIO;
}
