// Functions of Lua's base and string libraries that would show addresses, reach behind a read-only view or run code at
// a time of the collector's choosing, written again without that.
#include "worker.h"

#include <ctype.h>
#include <string.h>

// Lua prints "table: 0x5581…"; the address differs from run to run.
int base_tostring(lua_State *L) {
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    if (luaL_callmeta(L, 1, "__tostring")) {
        if (!lua_isstring(L, -1)) return luaL_error(L, "'__tostring' must return a string");
        return 1;
    }
    switch (lua_type(L, 1)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING: luaL_tolstring(L, 1, NULL); return 1;
    default: lua_pushstring(L, luaL_typename(L, 1)); return 1;
    }
}

// __gc would run when the collector likes, __mode would let entries vanish when it likes: neither may sway a verdict.
// (A __mode that is set later acts at the first collection at the earliest, which small policies never see.)
int base_setmetatable(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
    static const char *const refused[] = {"__gc", "__mode"};
    for (size_t i = 0; i < 2 && lua_istable(L, 2); i++) {
        lua_pushstring(L, refused[i]);
        if (lua_rawget(L, 2) != LUA_TNIL) return luaL_error(L, "policies have no %s", refused[i]);
        lua_pop(L, 1);
    }
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) {
        return luaL_error(L, "cannot change a protected metatable");
    }
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

int base_rawget(lua_State *L) {
    luaL_checkany(L, 2);
    lua_settop(L, 2);
    readonly_push_table(L, 1);
    lua_pushvalue(L, 2);
    lua_rawget(L, 3);
    return 1;
}

int base_rawlen(lua_State *L) {
    if (lua_type(L, 1) != LUA_TSTRING) {
        readonly_push_table(L, 1);
        lua_replace(L, 1);
    }
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, 1));
    return 1;
}

int base_rawset(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 3);
    lua_settop(L, 3);
    if (readonly_push_data(L, 1)) return luaL_error(L, "this table is read-only");
    lua_rawset(L, 1);
    return 1;
}

// string.format; its upvalue is Lua's own. %p is an address, and %s of a table would show one.
int base_format(lua_State *L) {
    size_t length;
    const char *format = luaL_checklstring(L, 1, &length);
    int arguments = lua_gettop(L), argument = 1;
    for (size_t i = 0; i < length; i++) {
        if (format[i] != '%') continue;
        if (++i < length && format[i] == '%') continue;
        while (i < length && (isdigit((unsigned char)format[i]) || strchr("-+ #.", format[i]))) i++;
        argument++;
        if (i < length && format[i] == 'p') {
            return luaL_error(L, "policies have no %%p: addresses differ from run to run");
        }
        if (i < length && format[i] == 's' && argument <= arguments && !lua_isstring(L, argument)) {
            lua_pushcfunction(L, base_tostring);
            lua_pushvalue(L, argument);
            lua_call(L, 1, 1);
            lua_replace(L, argument);
        }
    }
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}
