// A set's own tests, tests/*_test.lua: they run when the set is loaded, and one that fails keeps the set from coming
// into force. A test file is a chunk with two more functions,
//   allows { working_directory = "/srv/a" }                      no policy may fail or deny
//   denies("permission-mode", { permission_mode = "auto" })      some policy must deny by this rule
// whose table replaces members of a plain request. A policy's name as a further argument asks that one alone, so that a
// test keeps its meaning when others are added. Each file starts from the policies as they were loaded.
#include "worker.h"

#include <string.h>

static const char plain_request[] =
    "{\"name\":\"test\",\"executive\":\"Unassigned\",\"expects_report\":false,\"labels\":{},\"command\":\"claude\","
    "\"executable\":\"/usr/local/bin/claude\",\"args\":[],\"working_directory\":\"/\",\"write_roots\":[],"
    "\"allowed_tools\":[],\"repository_write_allowed\":true,\"environment\":{},"
    "\"principal\":{\"name\":\"test\",\"roles\":[\"operator\"],\"address\":\"127.0.0.1\"},"
    "\"time\":{\"unix\":1700000000,\"iso\":\"2023-11-14T22:13:20.000Z\"},\"enforcement\":{\"available\":true},"
    "\"running\":{\"total\":0,\"by_principal\":{},\"by_executive\":{},\"by_mission\":{}}}";

static void merge(lua_State *L, int source, int target) {
    for (lua_pushnil(L); lua_next(L, source); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        readonly_push_copy(L, -2, "request");
        lua_rawset(L, target);
    }
}

// Replaces the stack, whose top is the table of changes, by what decide_ask wants: the message handler at 1, the
// request at 2.
static void prepare(lua_State *L) {
    int changes = lua_gettop(L);
    luaL_checktype(L, changes, LUA_TTABLE);
    json_push(L, (const unsigned char *)plain_request, strlen(plain_request));
    readonly_push_table(L, -1);
    lua_createtable(L, 0, 32);
    merge(L, changes + 2, changes + 3);
    merge(L, changes, changes + 3);
    readonly_wrap(L, "request");
    lua_replace(L, 2);
    lua_pushcfunction(L, failure_handler);
    lua_replace(L, 1);
    lua_settop(L, 2);
}

// The policies that a test is about: the one named by the string at `index`, or all. Copied, for the stack is replaced.
struct subject {
    char name[256];
    bool all;
};

static struct subject read_subject(lua_State *L, int index) {
    struct subject subject = {.all = lua_isnoneornil(L, index)};
    if (subject.all) return subject;
    luaL_argcheck(L, lua_type(L, index) == LUA_TSTRING && lua_rawlen(L, index) < sizeof subject.name, index,
                  "a policy's name is expected");
    strcpy(subject.name, lua_tostring(L, index));
    for (size_t i = 0; i < policy_count; i++) {
        if (policyset_is_named(&policies[i], subject.name)) return subject;
    }
    luaL_error(L, "no policy is named %s; without it, remove its tests too", subject.name);
    return subject;
}

// Asks the policy, where the test is about it.
static bool ask(lua_State *L, const struct subject *subject, const struct policy *policy) {
    if (!subject->all && !policyset_is_named(policy, subject->name)) return false;
    answer_begin();
    if (decide_ask(L, policy)) return true;
    char text[failure_limit_bytes];
    failure_text(text, sizeof text);
    luaL_error(L, "%s failed: %s", policy->file->name, text);
    return false;
}

static int test_allows(lua_State *L) {
    struct subject subject = read_subject(L, 2);
    lua_settop(L, 1);
    prepare(L);
    for (size_t i = 0; i < policy_count; i++) {
        const char *denial = ask(L, &subject, &policies[i]) ? decide_last_denial() : NULL;
        if (denial) return luaL_error(L, "should be allowed, but %s denied it: %s", policies[i].file->name, denial);
    }
    return 0;
}

static int test_denies(lua_State *L) {
    char rule[rule_limit_bytes + 1] = "";
    luaL_argcheck(L, lua_type(L, 1) == LUA_TSTRING && lua_rawlen(L, 1) <= rule_limit_bytes, 1, "a rule is expected");
    strcpy(rule, lua_tostring(L, 1));
    struct subject subject = read_subject(L, 3);
    lua_settop(L, 2);
    prepare(L);
    for (size_t i = 0; i < policy_count; i++) {
        if (ask(L, &subject, &policies[i]) && decide_denied_by(rule)) return 0;
    }
    return luaL_error(L, "should be denied by the rule %s, and was not", rule);
}

static int run_file(lua_State *L) {
    const struct file *file = lua_touserdata(L, 1);
    sandbox_push_globals(L);
    lua_pushcfunction(L, test_allows);
    lua_setfield(L, -2, "allows");
    lua_pushcfunction(L, test_denies);
    lua_setfield(L, -2, "denies");
    if (!require_compile(L, file, -1)) return lua_error(L);
    lua_call(L, 0, 0);
    return 0;
}

bool tests_run(lua_State *L, const struct file *file) { return policyset_call(L, run_file, file); }
