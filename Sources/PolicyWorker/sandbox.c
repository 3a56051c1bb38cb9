// What a policy can name. This is an allow-list: a function that is not on this page does not exist for a policy, and
// what a newer Lua adds stays out until somebody adds it here.
//
// The process is the boundary (lockdown.c): whoever breaks out of Lua finds no system call to make. This page has the
// second task, that the same decision comes out the same another time, and a third, that no policy can change what
// another one sees. So there is
//   no io, os, package, debug, print, warn    they reach outside, or into other functions;
//   no load, loadfile, dofile, string.dump    code is what the files say, bytecode is unchecked by Lua;
//   no coroutine                              5.4.4 crashes on chains of coroutine.close, and no policy needs them;
//   no collectgarbage, __gc, __mode           the collector's moment must not show;
//   no math.random, no clock, no addresses    the rest of what differs from run to run.
// What can still be slow (patterns, string.rep, table.move, sort) is bounded by the server, which kills the process at
// the deadline, and what can grow is bounded by the arena.
#include "worker.h"

static const char *const base_kept[] = {
    "assert", "error",    "getmetatable", "ipairs", "pcall", "rawequal",
    "select", "tonumber", "type",         "xpcall", "_VERSION", NULL,
};
// Same names, our code: see base.c and ordered.c. `require` is per policy, `deny` and `string.format` are made below.
static const luaL_Reg base_replaced[] = {
    {"next", ordered_next},   {"pairs", ordered_pairs},         {"rawget", base_rawget},
    {"rawlen", base_rawlen},  {"rawset", base_rawset},          {"setmetatable", base_setmetatable},
    {"tostring", base_tostring}, {NULL, NULL},
};
static const char *const string_kept[] = {
    "byte", "char", "find", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize", "rep", "reverse", "sub",
    "unpack", "upper", NULL,
};
static const char *const table_kept[] = {"concat", "insert", "move", "pack", "remove", "sort", "unpack", NULL};
static const char *const math_kept[] = {
    "abs", "acos", "asin", "atan", "ceil", "cos", "deg", "exp", "floor", "fmod", "huge", "log", "max", "maxinteger",
    "min", "mininteger", "modf", "pi", "rad", "sin", "sqrt", "tan", "tointeger", "type", "ult", NULL,
};
static const char *const utf8_kept[] = {"char", "charpattern", "codepoint", "codes", "len", "offset", NULL};

static int shared;  // a reference: the table of everything that all policies' globals hold

// Pushes a table of the `kept` members of the library that `open` makes.
static void push_kept(lua_State *L, lua_CFunction open, const char *const kept[]) {
    lua_pushcfunction(L, open);
    lua_call(L, 0, 1);
    lua_createtable(L, 0, 0);
    for (; *kept; kept++) {
        lua_getfield(L, -2, *kept);
        lua_setfield(L, -2, *kept);
    }
    lua_remove(L, -2);
}

static void share(lua_State *L, const char *name) {
    readonly_wrap(L, name);
    lua_setfield(L, 1, name);
}

static void share_functions(lua_State *L, const char *name, const luaL_Reg *functions) {
    lua_createtable(L, 0, 0);
    luaL_setfuncs(L, functions, 0);
    share(L, name);
}

void sandbox_build(lua_State *L) {
    // luaopen_base fills Lua's own globals table, which no policy gets: theirs is made by sandbox_push_globals.
    push_kept(L, luaopen_base, base_kept);
    luaL_setfuncs(L, base_replaced, 0);

    narrow_prepare(L);
    lua_pushcfunction(L, narrow_call);
    lua_setfield(L, 1, "narrow");
    push_kept(L, luaopen_string, string_kept);
    lua_pushcfunction(L, luaopen_string);
    lua_call(L, 0, 1);
    lua_getfield(L, -1, "format");
    lua_remove(L, -2);
    lua_pushcclosure(L, base_format, 1);
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, decide_deny, 1);
    lua_setfield(L, 1, "deny");
    lua_setfield(L, -2, "format");
    // ("x"):upper() finds its methods through the metatable of all strings: it leads to the kept members and is locked.
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
    share(L, "string");

    push_kept(L, luaopen_table, table_kept);
    share(L, "table");
    push_kept(L, luaopen_math, math_kept);
    share(L, "math");
    push_kept(L, luaopen_utf8, utf8_kept);
    share(L, "utf8");
    share_functions(L, "path", path_functions);
    share_functions(L, "glob", glob_functions);
    share_functions(L, "tool", tool_functions);
    shared = luaL_ref(L, LUA_REGISTRYINDEX);
}

void sandbox_push_globals(lua_State *L) {
    lua_createtable(L, 0, 32);
    int globals = lua_gettop(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, shared);
    for (lua_pushnil(L); lua_next(L, -2);) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, globals);
    }
    lua_pop(L, 1);
    lua_pushvalue(L, globals);
    lua_setfield(L, globals, "_G");
    require_push(L, globals);
    lua_setfield(L, globals, "require");
}
