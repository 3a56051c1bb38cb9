// glob.match(pattern, text): `*` any bytes but "/", `**` any bytes, `?` one byte but "/", `[a-z]` and `[!a-z]` one byte
// of a class (never "/"), all else itself; the whole text has to match. The pattern is walked as a set of states, one
// pass over the text, so that no pattern takes exponential time.
#include "worker.h"

#include <string.h>

enum { pattern_limit = 1024 };

enum form { form_byte, form_any, form_class, form_run, form_long_run };

struct part {
    enum form form;
    unsigned char byte;
    uint64_t members[4];
};

static size_t read_class(lua_State *L, const unsigned char *pattern, size_t length, size_t at, struct part *part) {
    size_t start = ++at;
    bool negated = at < length && pattern[at] == '!';
    if (negated) start = ++at;
    for (; at < length && (pattern[at] != ']' || at == start); at++) {
        unsigned low = pattern[at], high = low;
        if (at + 2 < length && pattern[at + 1] == '-' && pattern[at + 2] != ']') {
            high = pattern[at + 2];
            at += 2;
        }
        for (unsigned byte = low; byte <= high; byte++) part->members[byte / 64] |= (uint64_t)1 << byte % 64;
    }
    if (at >= length) luaL_argerror(L, 1, "'[' without ']'");
    for (int i = 0; i < 4 && negated; i++) part->members[i] = ~part->members[i];
    return at + 1;
}

static size_t read_parts(lua_State *L, const unsigned char *pattern, size_t length, struct part *parts) {
    size_t count = 0;
    for (size_t at = 0; at < length;) {
        if (count == pattern_limit) luaL_argerror(L, 1, "a pattern has at most 1024 parts");
        struct part *part = &parts[count++];
        *part = (struct part){.form = form_byte, .byte = pattern[at]};
        if (pattern[at] == '[') {
            part->form = form_class;
            at = read_class(L, pattern, length, at, part);
        } else if (pattern[at] == '*') {
            size_t stars = 0;
            while (at < length && pattern[at] == '*') at++, stars++;
            part->form = stars > 1 ? form_long_run : form_run;
        } else {
            if (pattern[at] == '?') part->form = form_any;
            at++;
        }
    }
    return count;
}

static bool takes(const struct part *part, unsigned char byte) {
    switch (part->form) {
    case form_byte: return byte == part->byte;
    case form_class: return byte != '/' && (part->members[byte / 64] >> byte % 64 & 1);
    case form_long_run: return true;
    default: return byte != '/';
    }
}

static bool is_run(const struct part *part) { return part->form == form_run || part->form == form_long_run; }

// Marks state `at` and those reached from it for nothing. State i: what comes before part i has matched.
static void enter(bool *states, const struct part *parts, size_t count, size_t at) {
    states[at] = true;
    while (at < count && is_run(&parts[at])) states[++at] = true;
}

static int glob_match(lua_State *L) {
    static struct part parts[pattern_limit];
    bool now[pattern_limit + 1], after[pattern_limit + 1];
    size_t pattern_length, length;
    const char *pattern = luaL_checklstring(L, 1, &pattern_length), *text = luaL_checklstring(L, 2, &length);
    size_t count = read_parts(L, (const unsigned char *)pattern, pattern_length, parts);
    memset(now, false, count + 1);
    enter(now, parts, count, 0);
    for (size_t i = 0; i < length; i++) {
        memset(after, false, count + 1);
        bool alive = false;
        for (size_t state = 0; state < count; state++) {
            if (!now[state] || !takes(&parts[state], (unsigned char)text[i])) continue;
            enter(after, parts, count, is_run(&parts[state]) ? state : state + 1);
            alive = true;
        }
        memcpy(now, after, count + 1);
        if (!alive) break;
    }
    lua_pushboolean(L, now[count]);
    return 1;
}

const luaL_Reg glob_functions[] = {{"match", glob_match}, {NULL, NULL}};
