// require "lib.NAME": only the set's own modules, and for each policy its own instance of them, so that what one policy
// does to a list in lib/site.lua no other policy sees.
#include "worker.h"

#include <string.h>

bool require_compile(lua_State *L, const struct file *file, int globals) {
    globals = lua_absindex(L, globals);
    if (luaL_loadbufferx(L, file->text, file->text_length, file->chunk_name, "t") != LUA_OK) return false;
    lua_pushvalue(L, globals);
    lua_setupvalue(L, -2, 1);
    return true;
}

// "@lib/site.lua" as the name that require takes, "lib.site".
static void push_module_name(lua_State *L, const char *source) {
    size_t length = strlen(source) - strlen("@") - strlen(".lua");
    lua_pushlstring(L, source + 1, length);
    luaL_gsub(L, lua_tostring(L, -1), "/", ".");
    lua_remove(L, -2);
}

// A module whose chunk is still running cannot be required again. The call stack knows which are, so that no list has
// to be kept right when errors are thrown and caught.
static void refuse_cycle(lua_State *L, const struct file *wanted) {
    lua_Debug frame;
    int last = -1;
    for (int level = 0; lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "S", &frame);
        if (strcmp(frame.what, "main") == 0 && strcmp(frame.source, wanted->chunk_name) == 0) last = level;
    }
    if (last < 0) return;
    luaL_Buffer chain;
    luaL_buffinit(L, &chain);
    for (int level = last; level >= 0 && lua_getstack(L, level, &frame); level--) {
        lua_getinfo(L, "S", &frame);
        if (strcmp(frame.what, "main") != 0) continue;
        push_module_name(L, frame.source);
        luaL_addvalue(&chain);
        luaL_addstring(&chain, " requires ");
    }
    push_module_name(L, wanted->chunk_name);
    luaL_addvalue(&chain);
    luaL_pushresult(&chain);
    luaL_error(L, "%s", lua_tostring(L, -1));
}

// Upvalues: what this policy has loaded, by name; its globals.
static int require_module(lua_State *L) {
    const char *name = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
    const struct file *file = policyset_module(name);
    if (!file) {
        if (strncmp(name, "lib.", 4) != 0) {
            return luaL_error(L, "no module '%s': policies can require \"lib.NAME\", for the file lib/NAME.lua", name);
        }
        return luaL_error(L, "no module '%s': the policy folder has no lib/%s.lua", name, name + 4);
    }
    refuse_cycle(L, file);
    lua_settop(L, 1);
    if (!require_compile(L, file, lua_upvalueindex(2))) return lua_error(L);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1)) {
        lua_pushboolean(L, true);
        lua_replace(L, -2);
    }
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_rawset(L, lua_upvalueindex(1));
    return 1;
}

void require_push(lua_State *L, int globals) {
    lua_createtable(L, 0, 0);
    lua_pushvalue(L, globals);
    lua_pushcclosure(L, require_module, 2);
}
