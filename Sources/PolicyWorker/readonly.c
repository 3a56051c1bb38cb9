// Read-only views: what policies share (the request, the libraries) is an empty table whose metatable leads to the real
// one, so that reads work as on any table, at full speed, and every write meets __newindex. The metatable is locked;
// nothing that policies can call hands out the table behind a view.
#include "worker.h"

static int refuse_write(lua_State *L) {
    return luaL_error(L, "%s is read-only", lua_tostring(L, lua_upvalueindex(1)));
}

static int length_of_data(lua_State *L) {
    readonly_push_table(L, 1);
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1));
    return 1;
}

void readonly_wrap(lua_State *L, const char *owner) {
    lua_createtable(L, 0, 0);
    lua_createtable(L, 0, 4);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    // One closure per owner, kept in the registry: a request has some twenty tables.
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, owner) != LUA_TFUNCTION) {
        lua_pop(L, 1);
        lua_pushstring(L, owner);
        lua_pushcclosure(L, refuse_write, 1);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, owner);
    }
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, length_of_data);
    lua_setfield(L, -2, "__len");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_remove(L, -2);
}

bool readonly_push_data(lua_State *L, int index) {
    if (lua_type(L, index) != LUA_TTABLE || !lua_getmetatable(L, index)) return false;
    // No script can get hold of refuse_write to forge a view.
    lua_pushliteral(L, "__newindex");
    lua_rawget(L, -2);
    bool is_view = lua_tocfunction(L, -1) == refuse_write;
    lua_pop(L, 1);
    if (is_view) {
        lua_pushliteral(L, "__index");
        lua_rawget(L, -2);
        lua_remove(L, -2);
    } else {
        lua_pop(L, 1);
    }
    return is_view;
}

void readonly_push_table(lua_State *L, int index) {
    luaL_checktype(L, index, LUA_TTABLE);
    if (!readonly_push_data(L, index)) lua_pushvalue(L, index);
}

static void push_copy(lua_State *L, int index, const char *owner, int depth) {
    index = lua_absindex(L, index);
    if (!lua_istable(L, index)) {
        lua_pushvalue(L, index);
        return;
    }
    if (depth == 32) luaL_error(L, "a table is nested too deeply");
    luaL_checkstack(L, LUA_MINSTACK, "a table is nested too deeply");
    lua_createtable(L, 0, 0);
    readonly_push_table(L, index);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        push_copy(L, -2, owner, depth + 1);
        lua_rawset(L, -6);
    }
    lua_pop(L, 1);
    readonly_wrap(L, owner);
}

void readonly_push_copy(lua_State *L, int index, const char *owner) { push_copy(L, index, owner, 0); }
