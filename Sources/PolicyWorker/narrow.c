// narrow { … }: in place of an objection, a policy lets less through than was asked for. Each call is checked against
// the request at once, so that what does not narrow is an error at its own line; what several policies say is combined
// to what all of them let through.
#include "narrow.h"

#include <string.h>

struct narrow_asked narrow_asked;
struct narrowing narrow_own, narrow_all;
bool narrow_any;
static struct narrowing called;
static int calls_begun, calls_completed;

// plan < default = manual < acceptEdits < auto < bypassPermissions; dontAsk stands beside default and is neither more
// nor less.
static const struct mode {
    const char *name;
    int level, kind;
} modes[] = {
    {"plan", 0, 0}, {"default", 1, 0}, {"manual", 1, 0}, {"dontAsk", 1, 1}, {"acceptEdits", 2, 0}, {"auto", 3, 0},
    {"bypassPermissions", 4, 0},
};

static const struct mode *mode_named(const char *name) {
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, name) == 0) return &modes[i];
    }
    return NULL;
}

const char *narrow_mode(const char *name) {
    const struct mode *mode = mode_named(name);
    return mode ? mode->name : NULL;
}

static bool mode_covers(const char *granted, const char *text) {
    const struct mode *a = mode_named(granted), *b = mode_named(text);
    if (!a || !b) return strcmp(granted, text) == 0;
    return b->level < a->level || (b->level == a->level && b->kind == a->kind);
}

static bool covers_path(const char *root, const char *path) {
    return path_is_within(path, strlen(path), root, strlen(root));
}

// Pushes a member of the request that is being judged.
static int push_asked(lua_State *L, const char *name) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &narrow_asked);
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
    return lua_type(L, -1);
}

static void read_place(lua_State *L, const char *name) {
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    bool fits = list_add(&narrow_asked.places, text, length) && list_add(&narrow_asked.writes, text, length);
    if (!fits) luaL_error(L, "%s is too long", name);
}

static void read_request(lua_State *L) {
    if (narrow_asked.read) return;
    list_clear(&narrow_asked.tools);
    list_clear(&narrow_asked.roots);
    list_clear(&narrow_asked.writes);
    list_clear(&narrow_asked.places);
    bool has_mode = push_asked(L, "permission_mode") == LUA_TSTRING;
    narrow_asked.has_mode = has_mode && lua_rawlen(L, -1) < sizeof narrow_asked.mode;
    if (narrow_asked.has_mode) strcpy(narrow_asked.mode, lua_tostring(L, -1));
    push_asked(L, "allowed_tools");
    list_read(L, -1, "the request's allowed_tools", &narrow_asked.tools);
    push_asked(L, "write_roots");
    list_read(L, -1, "the request's write_roots", &narrow_asked.roots);
    narrow_asked.writes = narrow_asked.roots;
    push_asked(L, "repository_write_allowed");
    narrow_asked.writes_repository = lua_toboolean(L, -1);
    if (push_asked(L, "working_directory") != LUA_TSTRING) luaL_error(L, "the request has no working_directory");
    if (narrow_asked.writes_repository) {
        read_place(L, "working_directory");
    } else if (!list_add(&narrow_asked.places, lua_tostring(L, -1), lua_rawlen(L, -1))) {
        luaL_error(L, "working_directory is too long");
    }
    narrow_asked.has_runtime = push_asked(L, "runtime_write_root") == LUA_TSTRING;
    if (narrow_asked.has_runtime) read_place(L, "runtime_write_root");
    lua_settop(L, 1);
    narrow_asked.read = true;
}

static void read_mode(lua_State *L) {
    if (lua_getfield(L, 1, "permission_mode") == LUA_TNIL) return;
    if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "narrow: permission_mode is a string");
    const char *text = lua_tostring(L, -1);
    const char *mode = narrow_mode(text);
    if (!mode) luaL_error(L, "narrow: %s is no permission mode", text);
    // Without one asked for, the agent's own default counts, which settings could raise.
    const char *over = narrow_asked.has_mode ? narrow_asked.mode : "default";
    if (!mode_covers(over, text)) {
        luaL_error(L, "narrow: permission_mode %s does not narrow %s%s", text, over,
                   narrow_asked.has_mode ? ", which was asked for" : ", which counts where none was asked for");
    }
    called.mode = mode;
}

static void read_tools(lua_State *L) {
    if (lua_getfield(L, 1, "allowed_tools") == LUA_TNIL) return;
    list_read(L, -1, "allowed_tools", &called.tools);
    if (narrow_asked.tools.count == 0 && called.tools.count > 0) {
        luaL_error(L, "narrow: allowed_tools would allow what was not asked for: the request names no tool rules");
    }
    if (called.tools.count == 0 && narrow_asked.tools.count > 0) {
        luaL_error(L, "narrow: allowed_tools is empty, and without a rule no tool is restricted");
    }
    for (size_t i = 0; i < called.tools.count; i++) {
        const char *rule = list_text(&called.tools, i);
        if (!list_covers(&narrow_asked.tools, rule, tool_rule_covers)) {
            luaL_error(L, "narrow: the tool rule %s is not covered by those asked for", rule);
        }
    }
}

static void read_writes(lua_State *L) {
    static struct list roots;
    list_clear(&roots);
    int type = lua_getfield(L, 1, "repository_write_allowed");
    if (type != LUA_TNIL && (type != LUA_TBOOLEAN || lua_toboolean(L, -1))) {
        luaL_error(L, "narrow: repository_write_allowed can be narrowed to false alone");
    }
    bool withdraws = type == LUA_TBOOLEAN;
    bool names_roots = lua_getfield(L, 1, "write_roots") != LUA_TNIL;
    if (names_roots) list_read(L, -1, "write_roots", &roots);
    for (size_t i = 0; i < roots.count; i++) {
        if (!list_covers(&narrow_asked.writes, list_text(&roots, i), covers_path)) {
            luaL_error(L, "narrow: the write root %s is not within a folder that the request may write to",
                       list_text(&roots, i));
        }
    }
    if (!withdraws && !names_roots) return;
    called.writes = names_roots ? roots : narrow_asked.roots;
    called.writes.given = true;
    bool fits = true;
    for (size_t i = narrow_asked.writes_repository && !withdraws ? 0 : 1; i < narrow_asked.places.count; i++) {
        const char *place = list_text(&narrow_asked.places, i);
        fits = fits && (list_holds(&called.writes, place) || list_add(&called.writes, place, strlen(place)));
    }
    if (!fits) luaL_error(L, "narrow: write_roots has too many elements");
}

static void refuse_others(lua_State *L) {
    static const char *const known[] = {
        "permission_mode", "allowed_tools", "write_roots", "repository_write_allowed", NULL};
    size_t found = 0;
    for (const char *const *name = known; *name; name++) {
        found += lua_getfield(L, 1, *name) != LUA_TNIL;
        lua_pop(L, 1);
    }
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) count++;
    if (found == 0 || count != found) {
        luaL_error(L, "narrow takes permission_mode, allowed_tools, write_roots and repository_write_allowed, and "
                      "nothing else");
    }
}

static void forget(struct narrowing *narrowing) {
    narrowing->mode = NULL;
    list_clear(&narrowing->tools);
    list_clear(&narrowing->writes);
}

// To what both let through. False where there is nothing that both would let through: `complaint` says of what.
static bool combine(struct narrowing *into, const struct narrowing *more, const char **complaint) {
    *complaint = NULL;
    if (into->mode && more->mode) {
        if (mode_covers(into->mode, more->mode)) {
            into->mode = more->mode;
        } else if (!mode_covers(more->mode, into->mode)) {
            *complaint = "permission modes of which none is less than the other";
        }
    } else if (more->mode) {
        into->mode = more->mode;
    }
    if (!more->tools.given) {
    } else if (!into->tools.given) {
        into->tools = more->tools;
    } else if (!list_intersect(&into->tools, &more->tools, tool_rule_covers)) {
        *complaint = "too many tool rules";
    } else if (into->tools.count == 0 && narrow_asked.tools.count > 0) {
        *complaint = "tool rules of which none is covered by both";
    }
    if (!more->writes.given) {
    } else if (!into->writes.given) {
        into->writes = more->writes;
    } else if (!list_intersect(&into->writes, &more->writes, covers_path)) {
        *complaint = "too many write roots";
    }
    return *complaint == NULL;
}

int narrow_call(lua_State *L) {
    if (!decide_is_asking()) return luaL_error(L, "narrow can be called only while a request is being decided");
    calls_begun++;
    lua_settop(L, 1);
    if (!lua_istable(L, 1)) return luaL_error(L, "narrow takes a table: narrow { permission_mode = \"plan\" }");
    readonly_push_table(L, 1);
    lua_replace(L, 1);
    if (lua_getmetatable(L, 1)) return luaL_error(L, "narrow takes a plain table, without a metatable");
    refuse_others(L);
    read_request(L);
    forget(&called);
    read_mode(L);
    read_tools(L);
    read_writes(L);
    const char *complaint;
    if (!combine(&narrow_own, &called, &complaint)) {
        return luaL_error(L, "narrow was called before, and cannot be combined with that: %s", complaint);
    }
    calls_completed++;
    return 0;
}

void narrow_prepare(lua_State *L) {
    lua_pushboolean(L, false);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &narrow_asked);
}

void narrow_begin_decision(void) {
    narrow_asked.read = narrow_any = false;
    forget(&narrow_all);
    forget(&narrow_own);
}

void narrow_begin_policy(lua_State *L, int request) {
    lua_pushvalue(L, request);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &narrow_asked);
    forget(&narrow_own);
    calls_begun = calls_completed = 0;
}

const char *narrow_end_policy(void) {
    const char *complaint;
    if (calls_begun != calls_completed) return "a call of narrow failed, and the policy caught its error";
    if (calls_completed == 0) return NULL;
    narrow_any = true;
    if (combine(&narrow_all, &narrow_own, &complaint)) return NULL;
    static char text[256];
    strcpy(text, "narrow cannot be combined with what policies before it say: ");
    return strcat(text, complaint);
}

bool narrow_called(void) { return calls_completed > 0; }

