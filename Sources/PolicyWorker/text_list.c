// Lists of texts that outlive what Lua is made to forget.
#include "narrow.h"

#include <string.h>

const char *list_text(const struct list *list, size_t index) { return list->bytes + list->texts[index].start; }

bool list_add(struct list *list, const char *text, size_t length) {
    if (list->count == list_limit || length + 1 > list_bytes - list->used) return false;
    list->texts[list->count++] = (struct text){list->used, length};
    memcpy(list->bytes + list->used, text, length);
    list->bytes[list->used + length] = '\0';
    list->used += length + 1;
    return true;
}

bool list_holds(const struct list *list, const char *text) {
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list_text(list, i), text) == 0) return true;
    }
    return false;
}

void list_clear(struct list *list) {
    list->given = false;
    list->count = list->used = 0;
}

bool list_same(const struct list *a, const struct list *b) {
    bool same = a->count == b->count;
    for (size_t i = 0; i < a->count && same; i++) same = strcmp(list_text(a, i), list_text(b, i)) == 0;
    return same;
}

// What both let through: of each two, the one that the other covers.
bool list_intersect(struct list *into, const struct list *more, covering *covers) {
    static struct list both;
    list_clear(&both);
    for (size_t i = 0; i < into->count; i++) {
        for (size_t k = 0; k < more->count; k++) {
            const char *a = list_text(into, i), *b = list_text(more, k);
            const char *narrower = covers(b, a) ? a : covers(a, b) ? b : NULL;
            if (narrower && !list_holds(&both, narrower) && !list_add(&both, narrower, strlen(narrower))) return false;
        }
    }
    bool given = into->given;
    *into = both;
    into->given = given;
    return true;
}

bool list_covers(const struct list *granted, const char *text, covering *covers) {
    for (size_t i = 0; i < granted->count; i++) {
        if (covers(list_text(granted, i), text)) return true;
    }
    return false;
}

void list_read(lua_State *L, int index, const char *name, struct list *list) {
    index = lua_absindex(L, index);
    if (!lua_istable(L, index)) luaL_error(L, "narrow: %s is a list of strings", name);
    readonly_push_table(L, index);
    lua_Integer count = (lua_Integer)lua_rawlen(L, -1);
    for (lua_Integer i = 1; i <= count; i++) {
        size_t length;
        if (lua_rawgeti(L, -1, i) != LUA_TSTRING) luaL_error(L, "narrow: %s is a list of strings", name);
        const char *text = lua_tolstring(L, -1, &length);
        if (length == 0 || length > text_limit_bytes || memchr(text, '\0', length)) {
            luaL_error(L, "narrow: %s has an element that is empty, too long or not text", name);
        }
        bool fits = list_holds(list, text) || list_add(list, text, length);
        if (!fits) luaL_error(L, "narrow: %s has too many elements", name);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    list->given = true;
}

