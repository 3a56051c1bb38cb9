// The request, from the server's canonical JSON to read-only tables. null becomes nil; objects and arrays become
// tables. The server is trusted to write JSON; what is not is an error all the same, never a guess.
#include "worker.h"

#include <string.h>

enum { depth_limit = 128 };

static const char owner[] = "request";

struct reader {
    const unsigned char *start, *at, *end;
};

static void refuse(lua_State *L, const struct reader *reader) {
    luaL_error(L, "the request is not JSON at byte %d", (int)(reader->at - reader->start));
}

static int peek(const struct reader *reader) { return reader->at < reader->end ? *reader->at : -1; }

static void expect(lua_State *L, struct reader *reader, const char *text) {
    size_t length = strlen(text);
    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, text, length) != 0) refuse(L, reader);
    reader->at += length;
}

static unsigned long hex4(lua_State *L, struct reader *reader) {
    unsigned long value = 0;
    for (int i = 0; i < 4; i++, reader->at++) {
        int digit = peek(reader);
        if (digit >= '0' && digit <= '9') {
            value = value * 16 + (unsigned long)(digit - '0');
        } else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f') {
            value = value * 16 + (unsigned long)((digit | 0x20) - 'a' + 10);
        } else {
            refuse(L, reader);
        }
    }
    return value;
}

static void add_utf8(luaL_Buffer *buffer, unsigned long point) {
    if (point < 0x80) {
        luaL_addchar(buffer, (char)point);
    } else if (point < 0x800) {
        luaL_addchar(buffer, (char)(0xC0 | point >> 6));
        luaL_addchar(buffer, (char)(0x80 | (point & 0x3F)));
    } else if (point < 0x10000) {
        luaL_addchar(buffer, (char)(0xE0 | point >> 12));
        luaL_addchar(buffer, (char)(0x80 | (point >> 6 & 0x3F)));
        luaL_addchar(buffer, (char)(0x80 | (point & 0x3F)));
    } else {
        luaL_addchar(buffer, (char)(0xF0 | point >> 18));
        luaL_addchar(buffer, (char)(0x80 | (point >> 12 & 0x3F)));
        luaL_addchar(buffer, (char)(0x80 | (point >> 6 & 0x3F)));
        luaL_addchar(buffer, (char)(0x80 | (point & 0x3F)));
    }
}

static void add_escape(lua_State *L, struct reader *reader, luaL_Buffer *buffer) {
    static const char written[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    int letter = peek(reader);
    const char *found = letter > 0 ? strchr(written, letter) : NULL;
    if (found) {
        reader->at++;
        luaL_addchar(buffer, meant[found - written]);
        return;
    }
    expect(L, reader, "u");
    unsigned long point = hex4(L, reader);
    if (point >= 0xD800 && point < 0xDC00) {
        expect(L, reader, "\\u");
        unsigned long low = hex4(L, reader);
        if (low < 0xDC00 || low > 0xDFFF) refuse(L, reader);
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    } else if (point >= 0xDC00 && point <= 0xDFFF) {
        refuse(L, reader);
    }
    add_utf8(buffer, point);
}

static void push_string(lua_State *L, struct reader *reader) {
    expect(L, reader, "\"");
    const unsigned char *start = reader->at;
    while (reader->at < reader->end && *reader->at != '"' && *reader->at != '\\') reader->at++;
    if (peek(reader) == '"') {
        lua_pushlstring(L, (const char *)start, (size_t)(reader->at++ - start));
        return;
    }
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    luaL_addlstring(&buffer, (const char *)start, (size_t)(reader->at - start));
    for (;;) {
        start = reader->at;
        while (reader->at < reader->end && *reader->at != '"' && *reader->at != '\\') reader->at++;
        luaL_addlstring(&buffer, (const char *)start, (size_t)(reader->at - start));
        int stop = peek(reader);
        if (stop < 0) refuse(L, reader);
        reader->at++;
        if (stop == '"') break;
        add_escape(L, reader, &buffer);
    }
    luaL_pushresult(&buffer);
}

static void push_number(lua_State *L, struct reader *reader) {
    char text[64];
    size_t length = 0;
    while (length < sizeof text - 1 && peek(reader) > 0 && strchr("+-.0123456789eE", peek(reader))) {
        text[length++] = (char)*reader->at++;
    }
    text[length] = '\0';
    if (lua_stringtonumber(L, text) != length + 1) refuse(L, reader);
}

static void push_value(lua_State *L, struct reader *reader, int depth);

static void push_object(lua_State *L, struct reader *reader, int depth) {
    lua_createtable(L, 0, depth == 0 ? 32 : 4);
    expect(L, reader, "{");
    while (peek(reader) != '}') {
        push_string(L, reader);
        expect(L, reader, ":");
        push_value(L, reader, depth + 1);
        lua_rawset(L, -3);
        if (peek(reader) != '}') expect(L, reader, ",");
    }
    reader->at++;
}

static void push_array(lua_State *L, struct reader *reader, int depth) {
    lua_createtable(L, 4, 0);
    expect(L, reader, "[");
    for (lua_Integer i = 1; peek(reader) != ']'; i++) {
        push_value(L, reader, depth + 1);
        lua_rawseti(L, -2, i);
        if (peek(reader) != ']') expect(L, reader, ",");
    }
    reader->at++;
}

static void push_value(lua_State *L, struct reader *reader, int depth) {
    if (depth > depth_limit) refuse(L, reader);
    luaL_checkstack(L, LUA_MINSTACK, "the request is nested too deeply");
    switch (peek(reader)) {
    case '{':
        push_object(L, reader, depth);
        readonly_wrap(L, owner);
        break;
    case '[':
        push_array(L, reader, depth);
        readonly_wrap(L, owner);
        break;
    case '"': push_string(L, reader); break;
    case 't':
        expect(L, reader, "true");
        lua_pushboolean(L, true);
        break;
    case 'f':
        expect(L, reader, "false");
        lua_pushboolean(L, false);
        break;
    case 'n':
        expect(L, reader, "null");
        lua_pushnil(L);
        break;
    default: push_number(L, reader);
    }
}

void json_push(lua_State *L, const unsigned char *text, size_t length) {
    struct reader reader = {text, text, text + length};
    if (peek(&reader) != '{') refuse(L, &reader);
    push_value(L, &reader, 0);
    if (reader.at != reader.end) refuse(L, &reader);
}
