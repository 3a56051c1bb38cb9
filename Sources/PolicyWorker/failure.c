// Where a script went wrong, in words for the person who wrote it: file, line, message, and the calls that led there,
// of the set's own files alone. Nothing here runs policy code: an error object may be a table whose __tostring loops.
#include "worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { traceback_lines = 10 };

struct failure last_failure;

static void append(const char *format, const char *text, int number) {
    size_t length = strlen(last_failure.message), room = sizeof last_failure.message - length;
    snprintf(last_failure.message + length, room, format, text, number);
}

// Names that people expect and policies do not have, with what to do instead.
static void add_advice(void) {
    static const struct {
        const char *mention, *advice;
    } known[] = {
        {"(global 'print')", "policies cannot print; a reason given to deny is shown to the caller"},
        {"(global 'io')", "policies read no files; put lists into lib/site.lua"},
        {"(global 'os')", "policies have no os; request.time is the time of the request"},
        {"(global 'load')", "policies cannot load code; use require \"lib.NAME\""},
        {"(global 'loadstring')", "policies cannot load code; use require \"lib.NAME\""},
        {"(global 'dofile')", "policies cannot load files; use require \"lib.NAME\""},
        {"(global 'loadfile')", "policies cannot load files; use require \"lib.NAME\""},
        {"(global 'package')", "policies have no package; use require \"lib.NAME\""},
        {"(global 'debug')", "policies have no debug"},
        {"(global 'coroutine')", "policies have no coroutines"},
        {"(global 'collectgarbage')", "policies do not steer the collector"},
        {"(field 'random", "policies have no randomness: a decision must come out the same another time"},
        {"(field 'dump')", "policies have no bytecode"},
        {"(global 'allow')", "a policy allows by not calling deny"},
        // What C calls has no name: it is string.format, by which deny writes its reason.
        {" to '?' (", "each %s takes a value, and %% is a percent sign"},
        {"invalid conversion '%", "%% is a percent sign"},
        {"binary chunk", "policies are Lua source text"},
        {"unexpected symbol near '<\\239>'", "save the file as UTF-8 without a byte order mark"},
        {"'=' expected near", "a statement is an assignment or a call"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!strstr(last_failure.message, known[i].mention)) continue;
        append("; %s", known[i].advice, 0);
        return;
    }
}

// Takes "FILE:LINE: " off the message where it is there, which names the place better than the stack does.
static void split_position(void) {
    char *colon = strchr(last_failure.message, ':');
    if (!colon || (size_t)(colon - last_failure.message) >= sizeof last_failure.file) return;
    char *end;
    long line = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || strncmp(end, ": ", 2) != 0) return;
    char source[sizeof last_failure.file + 1];
    snprintf(source, sizeof source, "@%.*s", (int)(colon - last_failure.message), last_failure.message);
    const char *name;
    if (!policyset_owns(source, &name)) return;
    snprintf(last_failure.file, sizeof last_failure.file, "%s", name);
    last_failure.line = (int)line;
    memmove(last_failure.message, end + 2, strlen(end + 2) + 1);
}

static void take_message(lua_State *L, int index) {
    failure_begin();
    if (lua_type(L, index) == LUA_TSTRING) {
        snprintf(last_failure.message, sizeof last_failure.message / 2, "%s", lua_tostring(L, index));
    } else {
        append("error object is a %s", luaL_typename(L, index), 0);
    }
    split_position();
}

int failure_handler(lua_State *L) {
    take_message(L, 1);
    add_advice();
    lua_Debug frame;
    const char *name, *above = last_failure.file;
    int line_above = last_failure.line, lines = 0;
    for (int level = 0; lines < traceback_lines && lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "Sln", &frame);
        if (!policyset_owns(frame.source, &name)) continue;
        if (last_failure.file[0] == '\0') {
            snprintf(last_failure.file, sizeof last_failure.file, "%s", name);
            last_failure.line = line_above = frame.currentline;
        }
        // What the message says already, and the levels of a recursion, are not repeated.
        if (frame.currentline == line_above && strcmp(name, above) == 0) continue;
        above = name;
        line_above = frame.currentline;
        lines++;
        append("\n  at %s:%d", name, frame.currentline);
        if (frame.name) append(" in %s", frame.name, 0);
    }
    return 1;
}

void failure_begin(void) { memset(&last_failure, 0, offsetof(struct failure, message) + 1); }

void failure_complete(const struct file *file) {
    if (last_failure.message[0] == '\0') append("the call stack or the error handling overflowed", "", 0);
    if (last_failure.file[0] == '\0' && file) snprintf(last_failure.file, sizeof last_failure.file, "%s", file->name);
}

void failure_set(const struct file *file, const char *message) {
    failure_begin();
    append("%s", message, 0);
    if (file) snprintf(last_failure.file, sizeof last_failure.file, "%s", file->name);
}

void failure_of_memory(void) {
    size_t limit = arena_limit();
    bool whole = limit % (1 << 20) == 0;
    failure_begin();
    snprintf(last_failure.message, sizeof last_failure.message, "used more than %zu %s of memory",
             whole ? limit >> 20 : limit, whole ? "MiB" : "bytes");
}

void failure_text(char *text, size_t size) {
    if (last_failure.line > 0) {
        snprintf(text, size, "%s:%d: %s", last_failure.file, last_failure.line, last_failure.message);
    } else if (last_failure.file[0]) {
        snprintf(text, size, "%s: %s", last_failure.file, last_failure.message);
    } else {
        snprintf(text, size, "%s", last_failure.message);
    }
}
