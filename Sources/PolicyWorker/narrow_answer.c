// What a narrowing comes to: for the answer, and for tests of it.
#include "narrow.h"

#include <string.h>

// A narrowing as members of a request; NULL or false where a member stays as it was asked for.
struct members {
    const char *mode;
    const struct list *tools, *roots;
    bool withdraws;
};

static struct members members_of(const struct narrowing *narrowing) {
    static struct list roots;
    struct members members = {.mode = narrowing->mode};
    if (narrowing->tools.given) members.tools = &narrowing->tools;
    if (!narrowing->writes.given) return members;
    const char *repository = list_text(&narrow_asked.places, 0);
    bool writes_repository = narrow_asked.writes_repository && list_holds(&narrowing->writes, repository);
    members.withdraws = narrow_asked.writes_repository && !writes_repository;
    list_clear(&roots);
    for (size_t i = 0; i < narrowing->writes.count; i++) {
        const char *root = list_text(&narrowing->writes, i);
        // What has a member of its own is named among the further roots only where it was asked for as one, too.
        bool has_member = (writes_repository && strcmp(root, repository) == 0) ||
                          (narrow_asked.has_runtime && strcmp(root, list_text(&narrow_asked.places, 1)) == 0);
        if (!has_member || list_holds(&narrow_asked.roots, root)) list_add(&roots, root, strlen(root));
    }
    members.roots = &roots;
    return members;
}

// What all policies together grant in place of what was asked for.
static struct members granted(void) {
    struct members members = members_of(&narrow_all);
    if (members.mode && narrow_asked.has_mode && strcmp(members.mode, narrow_asked.mode) == 0) members.mode = NULL;
    if (members.tools && list_same(members.tools, &narrow_asked.tools)) members.tools = NULL;
    if (members.roots && list_same(members.roots, &narrow_asked.roots)) members.roots = NULL;
    return members;
}

static void answer_member(const char *name, bool *first) {
    answer_text(*first ? "\"" : ",\"");
    answer_text(name);
    answer_text("\":");
    *first = false;
}

static void answer_list(const char *name, const struct list *list, bool *first) {
    if (!list) return;
    answer_member(name, first);
    answer_text("[");
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0) answer_text(",");
        answer_json_string(list_text(list, i), list->texts[i].length);
    }
    answer_text("]");
}

static void answer_members(struct members members) {
    bool first = true;
    answer_text("{");
    if (members.mode) {
        answer_member("permission_mode", &first);
        answer_json_string(members.mode, strlen(members.mode));
    }
    answer_list("allowed_tools", members.tools, &first);
    answer_list("write_roots", members.roots, &first);
    if (members.withdraws) {
        answer_member("repository_write_allowed", &first);
        answer_text("false");
    }
    answer_text("}");
}

static bool is_nothing(struct members members) {
    return !members.mode && !members.tools && !members.roots && !members.withdraws;
}

void narrow_answer_policy(void) { answer_members(members_of(&narrow_own)); }

bool narrow_is_any(void) { return narrow_any; }

void narrow_answer_granted(void) {
    struct members members = granted();
    if (!narrow_any || is_nothing(members)) {
        answer_text("null");
    } else {
        answer_members(members);
    }
}

static struct {
    const char *mode;
    struct list tools, roots;
    bool withdraws;
} expected;

void narrow_expect(lua_State *L, int index) {
    lua_pushvalue(L, index);
    list_clear(&expected.tools);
    list_clear(&expected.roots);
    expected.mode = NULL;
    if (lua_getfield(L, -1, "permission_mode") != LUA_TNIL) {
        if (lua_type(L, -1) == LUA_TSTRING) expected.mode = narrow_mode(lua_tostring(L, -1));
        if (!expected.mode) luaL_error(L, "narrows: permission_mode is no permission mode");
    }
    lua_pop(L, 1);
    if (lua_getfield(L, -1, "allowed_tools") != LUA_TNIL) list_read(L, -1, "allowed_tools", &expected.tools);
    lua_pop(L, 1);
    if (lua_getfield(L, -1, "write_roots") != LUA_TNIL) list_read(L, -1, "write_roots", &expected.roots);
    lua_pop(L, 1);
    expected.withdraws = lua_getfield(L, -1, "repository_write_allowed") == LUA_TBOOLEAN && !lua_toboolean(L, -1);
    lua_pop(L, 2);
}

// The order of rules and roots means nothing.
static bool agree(const struct list *a, const struct list *b) {
    if (!b) return !a->given;
    bool agree = a->given && a->count == b->count;
    for (size_t i = 0; i < a->count && agree; i++) agree = list_holds(b, list_text(a, i));
    return agree;
}

bool narrow_is_as_expected(void) {
    struct members members = narrow_any ? granted() : (struct members){0};
    if (!members.mode != !expected.mode || (members.mode && strcmp(members.mode, expected.mode) != 0)) return false;
    return agree(&expected.tools, members.tools) && agree(&expected.roots, members.roots) &&
           members.withdraws == expected.withdraws;
}
