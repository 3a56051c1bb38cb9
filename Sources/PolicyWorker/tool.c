// tool.*: the Claude CLI's permission rules, `Tool` or `Tool(specifier)`. tool.covers answers true only where that is
// certain: what the CLI might read in another way than this file is not covered, and so is not allowed.
#define _GNU_SOURCE
#include "worker.h"

#include <ctype.h>
#include <string.h>

struct span {
    const char *text;
    size_t length;
};

struct rule {
    struct span all, name, specifier;  // specifier.text is NULL where there is none
};

static bool equal(struct span a, struct span b) {
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

static bool is(struct span a, const char *text) { return equal(a, (struct span){text, strlen(text)}); }

static bool starts_with(struct span a, struct span prefix) {
    return a.length >= prefix.length && memcmp(a.text, prefix.text, prefix.length) == 0;
}

static bool contains(struct span a, const char *bytes) {
    for (size_t i = 0; i < a.length; i++) {
        if (a.text[i] == '\0' || strchr(bytes, a.text[i])) return true;
    }
    return false;
}

static bool holds(struct span a, const char *text) { return memmem(a.text, a.length, text, strlen(text)) != NULL; }

// Whether the parenthesis that opens at the beginning closes at the end and not before: `(x) Bash(y)` is two rules.
static bool is_enclosed(const char *text, size_t length) {
    if (text[0] != '(') return false;
    size_t depth = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '(') depth++;
        if (text[i] == ')' && --depth == 0) return i == length - 1;
    }
    return false;
}

// What the CLI reads as one rule where it is one element of argv. One that begins with `-` would be an option, and
// `default` is every tool.
static bool read_rule(struct span text, struct rule *rule) {
    *rule = (struct rule){.all = text};
    size_t length = 0;
    while (length < text.length && (isalnum((unsigned char)text.text[length]) || strchr("_-.*", text.text[length]))) {
        if (text.text[length++] == '\0') return false;
    }
    rule->name = (struct span){text.text, length};
    if (length == 0 || text.text[0] == '-' || (length == 7 && strncasecmp(text.text, "default", 7) == 0)) return false;
    if (length == text.length) return true;
    if (text.text[length] != '(' || text.length - length < 3) return false;
    if (!is_enclosed(text.text + length, text.length - length)) return false;
    rule->specifier = (struct span){text.text + length + 1, text.length - length - 2};
    return !memchr(rule->specifier.text, '\0', rule->specifier.length);
}

// The part before the first `*`; the whole where there is none.
static struct span literal_part(struct span a) {
    const char *star = memchr(a.text, '*', a.length);
    return (struct span){a.text, star ? (size_t)(star - a.text) : a.length};
}

// `P:*` and `P *` at the end say the same: P alone, or P, a space and anything. Takes the ending off.
static bool take_word_ending(struct span *command) {
    if (command->length < 3) return false;
    const char *end = command->text + command->length - 2;
    if (memcmp(end, ":*", 2) != 0 && memcmp(end, " *", 2) != 0) return false;
    command->length -= 2;
    return true;
}

// The CLI looks behind these words for the command that counts; what a rule with them lets through is not certain.
static bool begins_with_wrapper(struct span command) {
    static const char *const wrappers[] = {
        "timeout", "time", "nice", "nohup", "stdbuf", "command", "builtin", "noglob", "xargs", "env", "sudo",
    };
    const char *space = memchr(command.text, ' ', command.length);
    struct span word = {command.text, space ? (size_t)(space - command.text) : command.length};
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        if (is(word, wrappers[i])) return true;
    }
    return false;
}

static bool command_covers(struct span granted, struct span asked) {
    // The CLI splits a compound command and judges its parts; substitutions and redirections have rules of their own.
    static const char uncertain[] = "&;|\n\r`$<>\\\"'{}!#";
    if (contains(granted, uncertain) || contains(asked, uncertain) || begins_with_wrapper(asked)) return false;
    bool word = take_word_ending(&granted);
    bool open = !word && granted.length > 1 && granted.text[granted.length - 1] == '*';
    if (open) granted.length--;
    if ((!word && !open) || memchr(granted.text, '*', granted.length)) return false;

    bool asked_word = take_word_ending(&asked);
    struct span certain = literal_part(asked);
    if (!starts_with(certain, granted)) return false;
    if (open) return true;
    if (certain.length > granted.length) return certain.text[granted.length] == ' ';
    return asked_word || certain.length == asked.length;
}

// A granted `dir/**` covers what lies below dir. Only where both are anchored the same way, and plainly written.
static bool file_covers(struct span granted, struct span asked) {
    if (granted.length < 4 || memcmp(granted.text + granted.length - 3, "/**", 3) != 0) return false;
    granted.length -= 2;
    static const char uncertain[] = "!\\[]{}?#";
    if (contains(granted, "*!\\[]{}?#") || contains(asked, uncertain)) return false;
    if (holds(asked, "/../") || holds(asked, "/./") || holds((struct span){asked.text + 1, asked.length - 1}, "//")) {
        return false;
    }
    if (asked.length >= 3 && memcmp(asked.text + asked.length - 3, "/..", 3) == 0) return false;
    if (asked.text[0] == '/' && granted.length > 1 && (asked.text[1] == '/') != (granted.text[1] == '/')) return false;
    return asked.length > granted.length && starts_with(asked, granted);
}

// `mcp__server` and `mcp__server__*` are all tools of the server.
static bool server_covers(struct span granted, struct span asked) {
    if (!starts_with(granted, (struct span){"mcp__", 5})) return false;
    bool open = granted.length > 5 && granted.text[granted.length - 1] == '*';
    if (open) granted.length--;
    if (memchr(granted.text, '*', granted.length)) return false;
    struct span server = {granted.text + 5, granted.length - 5};
    const char *tool = memmem(server.text, server.length, "__", 2);
    if (open) {
        if (!tool || tool == server.text) return false;
        bool whole = tool + 2 == server.text + server.length;
        struct span bare = {granted.text, granted.length - 2};
        return starts_with(literal_part(asked), granted) || (whole && equal(asked, bare));
    }
    if (tool || server.length == 0) return false;
    struct span certain = literal_part(asked);
    return starts_with(certain, granted) && certain.length > granted.length + 1 && asked.length > granted.length + 2 &&
           memcmp(certain.text + granted.length, "__", 2) == 0;
}

static bool covers(struct rule granted, struct rule asked) {
    // The CLI reads lists of rules, and finds their ends by parentheses and commas: a rule that could be two is none.
    if (asked.specifier.text && contains(asked.specifier, "()\n\r")) return false;
    bool is_bash = is(granted.name, "Bash");
    bool granted_all = !granted.specifier.text || (is_bash && is(granted.specifier, "*"));
    if (granted_all && !asked.specifier.text && server_covers(granted.name, asked.name)) return true;
    if (!equal(granted.name, asked.name)) return false;
    if (granted_all || equal(granted.all, asked.all)) return true;
    if (!asked.specifier.text || is(asked.specifier, "*")) return false;
    if (is_bash) return command_covers(granted.specifier, asked.specifier);
    if (is(granted.name, "Read") || is(granted.name, "Edit")) return file_covers(granted.specifier, asked.specifier);
    return false;
}

bool tool_rule_covers(const char *granted, const char *asked) {
    struct rule wide, narrow;
    return read_rule((struct span){granted, strlen(granted)}, &wide) &&
           read_rule((struct span){asked, strlen(asked)}, &narrow) && covers(wide, narrow);
}

static bool rule_at(lua_State *L, int index, struct rule *rule) {
    struct span text;
    text.text = lua_tolstring(L, index, &text.length);
    return read_rule(text, rule);
}

// tool.parse(rule): name and specifier (nil where there is none); nil where it is no rule.
static int tool_parse(lua_State *L) {
    struct rule rule;
    luaL_checktype(L, 1, LUA_TSTRING);
    if (!rule_at(L, 1, &rule)) {
        lua_pushnil(L);
        lua_pushnil(L);
        return 2;
    }
    lua_pushlstring(L, rule.name.text, rule.name.length);
    if (rule.specifier.text) {
        lua_pushlstring(L, rule.specifier.text, rule.specifier.length);
    } else {
        lua_pushnil(L);
    }
    return 2;
}

// tool.covers(granted, asked): granted is a rule or a list of rules, one of which has to cover.
static int tool_covers(lua_State *L) {
    struct rule granted, asked;
    luaL_checktype(L, 2, LUA_TSTRING);
    bool covered = false, readable = rule_at(L, 2, &asked);
    if (lua_type(L, 1) == LUA_TSTRING) {
        covered = readable && rule_at(L, 1, &granted) && covers(granted, asked);
    } else {
        luaL_argexpected(L, lua_istable(L, 1), 1, "string or list of strings");
        lua_Integer count = luaL_len(L, 1);
        for (lua_Integer i = 1; i <= count && !covered; i++) {
            luaL_argexpected(L, lua_geti(L, 1, i) == LUA_TSTRING, 1, "list of strings");
            covered = readable && rule_at(L, -1, &granted) && covers(granted, asked);
            lua_pop(L, 1);
        }
    }
    lua_pushboolean(L, covered);
    return 1;
}

const luaL_Reg tool_functions[] = {{"parse", tool_parse}, {"covers", tool_covers}, {NULL, NULL}};
