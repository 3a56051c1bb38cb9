// path.*: questions about paths as text, byte by byte. The server gives policies real paths (no links, no "." or ".."
// inside), so that text is enough; anything that is not in that form is within nothing.
#define _GNU_SOURCE
#include "worker.h"

#include <string.h>

// Without "//" and without a component "." or "..".
static bool is_plain(const char *path, size_t length) {
    if (length == 0 || memchr(path, '\0', length)) return false;
    for (size_t start = 0; start < length;) {
        const char *slash = memchr(path + start, '/', length - start);
        size_t end = slash ? (size_t)(slash - path) : length;
        size_t size = end - start;
        if (size == 0 && start > 0) return false;
        if (size == 1 && path[start] == '.') return false;
        if (size == 2 && path[start] == '.' && path[start + 1] == '.') return false;
        start = end + 1;
    }
    return true;
}

static size_t without_last_slash(const char *path, size_t length) {
    return length > 1 && path[length - 1] == '/' ? length - 1 : length;
}

bool path_is_within(const char *path, size_t length, const char *root, size_t root_length) {
    if (!is_plain(path, length) || !is_plain(root, root_length)) return false;
    length = without_last_slash(path, length);
    root_length = without_last_slash(root, root_length);
    if (root_length > length || memcmp(path, root, root_length) != 0) return false;
    return root_length == length || root[root_length - 1] == '/' || path[root_length] == '/';
}

// path.within(path, root_or_roots)
static int path_within(lua_State *L) {
    size_t length, root_length;
    luaL_checktype(L, 1, LUA_TSTRING);
    const char *path = lua_tolstring(L, 1, &length);
    if (lua_type(L, 2) == LUA_TSTRING) {
        const char *root = lua_tolstring(L, 2, &root_length);
        lua_pushboolean(L, path_is_within(path, length, root, root_length));
        return 1;
    }
    luaL_argexpected(L, lua_istable(L, 2), 2, "string or list of strings");
    lua_Integer count = luaL_len(L, 2);
    bool found = false;
    for (lua_Integer i = 1; i <= count && !found; i++) {
        luaL_argexpected(L, lua_geti(L, 2, i) == LUA_TSTRING, 2, "list of strings");
        const char *root = lua_tolstring(L, -1, &root_length);
        found = path_is_within(path, length, root, root_length);
        lua_pop(L, 1);
    }
    lua_pushboolean(L, found);
    return 1;
}

// path.join(a, b, ...): always below a, also where b begins with a slash.
static int path_join(lua_State *L) {
    int count = lua_gettop(L);
    luaL_Buffer joined;
    luaL_checkstring(L, 1);
    luaL_buffinit(L, &joined);
    for (int i = 1; i <= count; i++) {
        size_t length;
        const char *part = luaL_checklstring(L, i, &length);
        if (i > 1) {
            while (length > 0 && *part == '/') part++, length--;
            size_t so_far = luaL_bufflen(&joined);
            if (length > 0 && so_far > 0 && luaL_buffaddr(&joined)[so_far - 1] != '/') luaL_addchar(&joined, '/');
        }
        luaL_addlstring(&joined, part, length);
    }
    luaL_pushresult(&joined);
    return 1;
}

// path.parent(path): nil for "/" and for a single component.
static int path_parent(lua_State *L) {
    size_t length;
    const char *path = luaL_checklstring(L, 1, &length);
    length = without_last_slash(path, length);
    const char *slash = length > 1 ? memrchr(path, '/', length) : NULL;
    if (slash) {
        lua_pushlstring(L, path, slash == path ? 1 : (size_t)(slash - path));
    } else {
        lua_pushnil(L);
    }
    return 1;
}

// path.name(path): the last component; "" for "/".
static int path_name(lua_State *L) {
    size_t length;
    const char *path = luaL_checklstring(L, 1, &length);
    length = without_last_slash(path, length);
    const char *slash = memrchr(path, '/', length);
    size_t start = slash ? (size_t)(slash - path) + 1 : 0;
    lua_pushlstring(L, path + start, length - start);
    return 1;
}

const luaL_Reg path_functions[] = {
    {"within", path_within}, {"join", path_join}, {"parent", path_parent}, {"name", path_name}, {NULL, NULL},
};
