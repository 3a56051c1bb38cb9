// pairs and next in sorted order: numbers ascending, then strings bytewise, then false and true. In plain Lua the order
// of string keys differs from process to process, and with it would the order of denials, or a verdict.
#include "worker.h"

#include <string.h>

enum { rank_number, rank_string, rank_boolean };

struct key {
    const char *text;  // alive as long as the keys table beside the order
    size_t length;
    lua_Number number;
    lua_Integer integer;
    int rank, slot;  // slot: its index in the keys table
    bool is_integer;
};

struct order {
    lua_Integer count, position;
    struct key keys[];
};

static int compare(const struct key *a, const struct key *b) {
    if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
    if (a->rank == rank_string) {
        size_t shorter = a->length < b->length ? a->length : b->length;
        int order = memcmp(a->text, b->text, shorter);
        return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
    }
    if (a->is_integer && b->is_integer) return (a->integer > b->integer) - (a->integer < b->integer);
    return (a->number > b->number) - (a->number < b->number);
}

static void sift(struct key *keys, lua_Integer root, lua_Integer count) {
    for (lua_Integer child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && compare(&keys[child], &keys[child + 1]) < 0) child++;
        if (compare(&keys[root], &keys[child]) >= 0) return;
        struct key swapped = keys[root];
        keys[root] = keys[child];
        keys[child] = swapped;
    }
}

// Heapsort: libc's qsort would allocate, which is fatal after lock-down.
static void sort(struct key *keys, lua_Integer count) {
    bool sorted = true;
    for (lua_Integer i = 1; i < count && sorted; i++) sorted = compare(&keys[i - 1], &keys[i]) < 0;
    if (sorted) return;
    for (lua_Integer root = count / 2; root-- > 0;) sift(keys, root, count);
    for (lua_Integer end = count; end-- > 1;) {
        struct key swapped = keys[0];
        keys[0] = keys[end];
        keys[end] = swapped;
        sift(keys, 0, end);
    }
}

static void read_key(lua_State *L, int index, struct key *key) {
    *key = (struct key){0};
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        key->rank = rank_number;
        key->is_integer = lua_isinteger(L, index);
        key->integer = key->is_integer ? lua_tointeger(L, index) : 0;
        key->number = lua_tonumber(L, index);
        break;
    case LUA_TSTRING:
        key->rank = rank_string;
        key->text = lua_tolstring(L, index, &key->length);
        break;
    case LUA_TBOOLEAN:
        key->rank = rank_boolean;
        key->integer = lua_toboolean(L, index);
        key->is_integer = true;
        break;
    default:
        luaL_error(L, "a key that is a %s has no place in sorted order", luaL_typename(L, index));
    }
}

// Pushes the table of the keys of the table at `index`, then their order.
static struct order *push_order(lua_State *L, int index) {
    lua_Integer count = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) count++;
    lua_createtable(L, count < INT32_MAX ? (int)count : 0, 0);
    struct order *order = lua_newuserdatauv(L, sizeof *order + (size_t)count * sizeof(struct key), 0);
    order->count = count;
    order->position = 0;
    lua_Integer slot = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        read_key(L, -2, &order->keys[slot]);
        order->keys[slot].slot = (int)slot + 1;
        lua_pushvalue(L, -2);
        lua_rawseti(L, -5, ++slot);
    }
    sort(order->keys, count);
    return order;
}

// Pushes the next key that still has a value, and the value; or nil.
static int push_entry(lua_State *L, int table, int keys, struct order *order) {
    while (order->position < order->count) {
        lua_rawgeti(L, keys, order->keys[order->position++].slot);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, table) != LUA_TNIL) return 2;
        lua_pop(L, 2);
    }
    lua_pushnil(L);
    return 1;
}

static int step(lua_State *L) {
    return push_entry(L, lua_upvalueindex(1), lua_upvalueindex(2), lua_touserdata(L, lua_upvalueindex(3)));
}

int ordered_pairs(lua_State *L) {
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 3);
        return 3;
    }
    readonly_push_table(L, 1);
    lua_pushvalue(L, -1);
    push_order(L, lua_gettop(L));
    lua_pushcclosure(L, step, 3);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

// next(t) scans for the first key; next(t, k) sorts once and then follows that order as long as the calls follow it.
static const char cached_table, cached_keys, cached_order;

static int push_first(lua_State *L, int table) {
    struct key first, key;
    bool found = false;
    lua_pushnil(L);  // the first key so far
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        read_key(L, -2, &key);
        if (found && compare(&key, &first) > 0) continue;
        found = true;
        first = key;
        lua_pushvalue(L, -2);
        lua_replace(L, -4);
    }
    if (!found) return 1;
    lua_pushvalue(L, -1);
    lua_rawget(L, table);
    return 2;
}

int ordered_next(lua_State *L) {
    lua_settop(L, 2);
    readonly_push_table(L, 1);
    lua_replace(L, 1);
    if (lua_isnil(L, 2)) {
        lua_pushnil(L);  // a loop that begins must not meet the order of an earlier one
        lua_rawsetp(L, LUA_REGISTRYINDEX, &cached_table);
        return push_first(L, 1);
    }
    struct key key;
    read_key(L, 2, &key);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &cached_table);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &cached_keys);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &cached_order);
    struct order *order = lua_touserdata(L, 5);
    if (!lua_rawequal(L, 3, 1)) {
        lua_settop(L, 2);
        lua_pushvalue(L, 1);
        order = push_order(L, 1);
        lua_pushvalue(L, 3);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &cached_table);
        lua_pushvalue(L, 4);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &cached_keys);
        lua_pushvalue(L, 5);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &cached_order);
    }
    bool follows = order->position > 0 && compare(&order->keys[order->position - 1], &key) == 0;
    if (!follows) {
        lua_Integer low = 0, high = order->count;
        while (low < high) {
            lua_Integer middle = low + (high - low) / 2;
            if (compare(&order->keys[middle], &key) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        order->position = low;
    }
    return push_entry(L, 1, 4, order);
}
