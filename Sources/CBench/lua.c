#define _GNU_SOURCE
#include "CBench.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// The helpers that policies call are the worker's own, so that what is compared is what stands around them.
#include "../PolicyWorker/glob.c"
#include "../PolicyWorker/path.c"
#include "../PolicyWorker/tool.c"

static int deny(lua_State *L) {
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "format");
    lua_replace(L, 1);
    lua_pop(L, 1);
    lua_call(L, lua_gettop(L) - 1, 0);
    return 0;
}

static void add_library(lua_State *L, const char *name, const luaL_Reg *functions) {
    lua_newtable(L);
    luaL_setfuncs(L, functions, 0);
    lua_setglobal(L, name);
}

static int is_policy(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 4 && strcmp(entry->d_name + length - 4, ".lua") == 0;
}

// Leaves the functions of all policies on the stack; answers how many, or -errno.
static int load_policies(lua_State *L, const char *folder) {
    struct dirent **entries;
    int count = scandir(folder, &entries, is_policy, alphasort);
    if (count < 0) return -errno;
    int outcome = count;
    for (int i = 0; i < count; i++) {
        lua_pushfstring(L, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
        bool loads = luaL_loadfile(L, lua_tostring(L, -1)) == LUA_OK && lua_pcall(L, 0, 1, 0) == LUA_OK;
        if (!loads) outcome = -EINVAL;
        lua_remove(L, -2);
        if (loads && lua_istable(L, -1)) {
            lua_getfield(L, -1, "decide");
            lua_remove(L, -2);
        }
    }
    free(entries);
    return outcome;
}

int64_t cb_lua_nanoseconds(const char *folder, const char *request, int count) {
    lua_State *L = luaL_newstate();
    if (!L) return -ENOMEM;
    luaL_openlibs(L);
    add_library(L, "path", path_functions);
    add_library(L, "glob", glob_functions);
    add_library(L, "tool", tool_functions);
    lua_register(L, "deny", deny);
    lua_getglobal(L, "package");
    lua_pushfstring(L, "%s/?.lua", folder);
    lua_setfield(L, -2, "path");
    lua_settop(L, 0);
    int policies = load_policies(L, folder);
    if (policies < 0 || luaL_dostring(L, request) != LUA_OK) {
        lua_close(L);
        return policies < 0 ? policies : -EINVAL;
    }
    struct timespec before, after;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    bool failed = false;
    for (int i = 0; i < count; i++) {
        for (int k = 1; k <= policies; k++) {
            lua_pushvalue(L, k);
            lua_pushvalue(L, policies + 1);
            if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
                failed = true;
                lua_settop(L, policies + 1);
            }
        }
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    lua_close(L);
    if (failed) return -EINVAL;
    return (after.tv_sec - before.tv_sec) * 1000000000ll + (after.tv_nsec - before.tv_nsec);
}
