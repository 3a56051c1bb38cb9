#include "CBench.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

// Whole rows go through temporary tables, so that a column more in the server's schema changes nothing here.
static const char *const prepare =
    "BEGIN;"
    "CREATE TEMP TABLE one AS SELECT * FROM session;"
    "CREATE TEMP TABLE decided AS SELECT * FROM leaf WHERE session_id = (SELECT id FROM one);"
    "CREATE TEMP TABLE was AS SELECT one.id AS id, decided.id AS decision, decided.seq AS seq, 0 AS number,"
    " (SELECT max(seq) FROM leaf) AS last FROM one, decided;";
static const char *const step =
    "UPDATE was SET number = number + 1;"
    "UPDATE one SET ordinal = ordinal + 1,"
    " id = (SELECT was.id || '-' || was.number FROM was),"
    " record = (SELECT replace(replace(session.record, was.id, was.id || '-' || was.number),"
    "  was.decision, was.decision || was.number) FROM session, was WHERE session.id = was.id),"
    " metadata = (SELECT replace(session.metadata, was.id, was.id || '-' || was.number)"
    "  FROM session, was WHERE session.id = was.id);"
    "UPDATE decided SET seq = (SELECT last + number FROM was), id = (SELECT decision || number FROM was),"
    " session_id = (SELECT id FROM one),"
    " text = (SELECT replace(replace(replace(leaf.text, was.id, was.id || '-' || was.number),"
    "  was.decision, was.decision || was.number), '\"seq\":' || was.seq, '\"seq\":' || (was.last + was.number))"
    "  FROM leaf, was WHERE leaf.seq = was.seq);"
    "INSERT INTO session SELECT * FROM one;"
    "INSERT INTO leaf SELECT * FROM decided;";

int cb_multiply_session(const char *path, int count, char *error, int error_size) {
    sqlite3 *database;
    int outcome = sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL);
    if (outcome == SQLITE_OK) outcome = sqlite3_exec(database, prepare, NULL, NULL, NULL);
    for (int i = 1; i < count && outcome == SQLITE_OK; i++)
        outcome = sqlite3_exec(database, step, NULL, NULL, NULL);
    if (outcome == SQLITE_OK) outcome = sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
    if (outcome != SQLITE_OK) snprintf(error, (size_t)error_size, "%s", sqlite3_errmsg(database));
    sqlite3_close(database);
    return outcome == SQLITE_OK ? 0 : -EIO;
}
