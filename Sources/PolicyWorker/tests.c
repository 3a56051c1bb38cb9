// A set's own tests, tests/*_test.lua: they run when the set is loaded, and one that fails keeps the set from coming
// into force. A test file is a chunk with three more functions,
//   request { permission_mode = "auto" }       a plain request with these members in place of its own
//   allows(request { … })                      no policy may fail or deny
//   denies(request { … }, "permission-mode")   some policy must deny by this rule
//   narrows(request { … }, { … })              allowed, with these members in place of those asked for, and no other
// and each call of the latter three is a test. A policy's name as a further argument asks that one alone, so that a test
// keeps its meaning when others are added. Each file starts from the policies as they were loaded.
#include "worker.h"

#include <stdio.h>
#include <string.h>

static const char plain_request[] =
    "{\"name\":\"test\",\"executive\":\"Unassigned\",\"expects_report\":false,\"labels\":{},\"command\":\"claude\","
    "\"executable\":\"/usr/local/bin/claude\",\"args\":[],\"working_directory\":\"/srv/project\",\"write_roots\":[],"
    "\"allowed_tools\":[],\"repository_write_allowed\":true,\"environment\":{},"
    "\"principal\":{\"name\":\"test\",\"roles\":[\"operator\"],\"address\":\"127.0.0.1:1\"},"
    "\"time\":{\"unix\":1700000000,\"iso\":\"2023-11-14T22:13:20.000Z\"},\"enforcement\":{\"available\":true},"
    "\"running\":{\"total\":0,\"by_principal\":{},\"by_executive\":{},\"by_mission\":{}}}";

// Members that a plain request does not have, but another may.
static const char *const further_members[] = {
    "mission_id", "assignment_id", "branch", "prompt", "permission_mode", "runtime_write_root", "timeout_ms", "agent",
    NULL,
};

// The test file that runs, and whether a test of it has failed: pcall around one must not hide that.
static struct {
    const struct file *file;
    bool failed;
    struct failure first_failure;
} running;

static bool is_further_member(const char *name) {
    for (const char *const *member = further_members; *member; member++) {
        if (strcmp(*member, name) == 0) return true;
    }
    return false;
}

// request { … }
static int test_request(lua_State *L) {
    if (lua_gettop(L) != 1 || !lua_istable(L, 1)) {
        return luaL_error(L, "request takes a table of the members to replace: request { permission_mode = \"plan\" }");
    }
    json_push(L, (const unsigned char *)plain_request, strlen(plain_request));
    readonly_push_table(L, 2);
    readonly_push_table(L, 1);
    for (lua_pushnil(L); lua_next(L, 4); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        bool is_known = lua_rawget(L, 3) != LUA_TNIL;
        lua_pop(L, 1);
        // A misspelt member would test nothing and pass.
        if (!is_known && (lua_type(L, -2) != LUA_TSTRING || !is_further_member(lua_tostring(L, -2)))) {
            lua_pushcfunction(L, base_tostring);
            lua_pushvalue(L, -3);
            lua_call(L, 1, 1);
            return luaL_error(L, "a request has no member %s", lua_tostring(L, -1));
        }
        lua_pushvalue(L, -2);
        readonly_push_copy(L, -2, "request");
        lua_rawset(L, 3);
    }
    lua_settop(L, 2);
    return 1;
}

// One call of allows or denies, copied out of Lua: asking the policies uses the whole stack.
struct test {
    char rule[rule_limit_bytes + 1];  // empty where the request should be allowed
    char policy[256];                 // empty where all are asked
    bool narrows;
    char text[rule_limit_bytes + 256 + 16];
};

static void read_text(lua_State *L, int index, char *text, size_t size, const char *expected) {
    luaL_argcheck(L, lua_type(L, index) == LUA_TSTRING && lua_rawlen(L, index) > 0, index, expected);
    luaL_argcheck(L, lua_rawlen(L, index) < size, index, "it is too long");
    strcpy(text, lua_tostring(L, index));
}

// Reads the policy's name at `index`, where there is one, then leaves the message handler at 1 and the request at 2.
static void prepare(lua_State *L, struct test *test, int index, const char *usage) {
    if (!readonly_push_data(L, 1)) luaL_error(L, "%s", usage);
    lua_pop(L, 1);
    if (!lua_isnoneornil(L, index)) {
        read_text(L, index, test->policy, sizeof test->policy, "a policy's name is expected");
        size_t i = 0;
        while (i < policy_count && !policyset_is_named(&policies[i], test->policy)) i++;
        if (i == policy_count) luaL_error(L, "no policy is named %s; without it, remove its tests too", test->policy);
    }
    const char *expected = test->rule[0] ? "denies " : test->narrows ? "narrows" : "allows";
    snprintf(test->text, sizeof test->text, "%s%s%s%s%s", expected, test->rule, test->policy[0] ? " (" : "",
             test->policy, test->policy[0] ? ")" : "");
    lua_settop(L, 1);
    lua_pushcfunction(L, failure_handler);
    lua_insert(L, 1);
}

static int line_of_call(lua_State *L) {
    lua_Debug frame;
    for (int level = 1; lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "Sl", &frame);
        if (strcmp(frame.source, running.file->chunk_name) == 0) return frame.currentline;
    }
    return 0;
}

// Ends a test, which passed where there is no complaint.
static int conclude(lua_State *L, const struct test *test, const char *complaint) {
    int line = line_of_call(L);
    if (report_is_wanted()) {
        report_test(running.file, line, test->text, complaint);
        return 0;
    }
    if (!complaint) return 0;
    if (!running.failed) {
        failure_set(running.file, complaint);
        last_failure.line = line;
        running.first_failure = last_failure;
        running.failed = true;
    }
    lua_pushfstring(L, "%s:%d: %s", running.file->name, line, complaint);
    return lua_error(L);
}

static int run_test(lua_State *L, const struct test *test) {
    char complaint[failure_limit_bytes + 512], denial[1024] = "";
    narrow_begin_decision();
    for (size_t i = 0; i < policy_count; i++) {
        const char *name = policies[i].file->name;
        if (test->policy[0] && !policyset_is_named(&policies[i], test->policy)) continue;
        answer_begin();
        bool answered = decide_ask(L, &policies[i]);
        report_denials(i);
        if (!answered) {
            char failure[failure_limit_bytes];
            failure_text(failure, sizeof failure);
            snprintf(complaint, sizeof complaint, "the policy failed: %s", failure);
            return conclude(L, test, complaint);
        }
        const char *last = decide_last_denial();
        if (last && !test->rule[0]) {
            snprintf(complaint, sizeof complaint, "should be allowed, but %s denied it: %s", name, last);
            return conclude(L, test, complaint);
        }
        if (last && decide_denied_by(test->rule)) return conclude(L, test, NULL);
        if (last && !denial[0]) snprintf(denial, sizeof denial, "; %s denied it: %s", name, last);
    }
    if (test->narrows && !narrow_is_as_expected()) {
        answer_begin();
        size_t start = answer_position();
        narrow_answer_granted();
        snprintf(complaint, sizeof complaint, "should be narrowed to something else; what is granted is %.*s",
                 (int)(answer_position() - start), answer_bytes(start));
        return conclude(L, test, complaint);
    }
    if (!test->rule[0]) return conclude(L, test, NULL);
    snprintf(complaint, sizeof complaint, "should be denied by the rule %s, and was not%s", test->rule, denial);
    return conclude(L, test, complaint);
}

// allows(request [, policy])
static int test_allows(lua_State *L) {
    struct test test = {0};
    prepare(L, &test, 2, "allows takes a request: allows(request { permission_mode = \"plan\" })");
    return run_test(L, &test);
}

// denies(request, rule [, policy])
static int test_denies(lua_State *L) {
    static const char usage[] =
        "denies takes a request, then a rule: denies(request { permission_mode = \"auto\" }, \"permission-mode\")";
    struct test test = {0};
    if (lua_type(L, 2) != LUA_TSTRING) return luaL_error(L, "%s", usage);
    read_text(L, 2, test.rule, sizeof test.rule, "a rule is expected");
    prepare(L, &test, 3, usage);
    return run_test(L, &test);
}

// narrows(request, members [, policy])
static int test_narrows(lua_State *L) {
    static const char usage[] =
        "narrows takes a request, then what is granted: narrows(request { … }, { permission_mode = \"plan\" })";
    struct test test = {.narrows = true};
    if (!lua_istable(L, 2)) return luaL_error(L, "%s", usage);
    narrow_expect(L, 2);
    prepare(L, &test, 3, usage);
    return run_test(L, &test);
}

static int run_file(lua_State *L) {
    static const luaL_Reg functions[] = {{"allows", test_allows}, {"denies", test_denies}, {"narrows", test_narrows},
                                         {"request", test_request}, {NULL, NULL}};
    const struct file *file = lua_touserdata(L, 1);
    sandbox_push_globals(L);
    luaL_setfuncs(L, functions, 0);
    if (!require_compile(L, file, -1)) return lua_error(L);
    lua_call(L, 0, 0);
    return 0;
}

bool tests_run(lua_State *L, const struct file *file) {
    running.file = file;
    running.failed = false;
    bool finished = policyset_call(L, run_file, file);
    if (finished && running.failed) last_failure = running.first_failure;
    if (!finished && report_is_wanted()) {
        const struct file *place = policyset_file(last_failure.file);
        report_test(place ? place : file, last_failure.line, "runs", last_failure.message);
        return true;
    }
    return finished && !running.failed;
}
