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
