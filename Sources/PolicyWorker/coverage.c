// Which lines of the policies and their modules ran during the tests, and which could have. Only in a worker that
// reports tests: the hook makes Lua several times slower.
//
// lua_getinfo tells the lines of functions that exist; a function that no test ever reached may not, and is what
// coverage is for. So the lines are read from the compiled chunk, as lua_dump writes it (Lua 5.4, ldump.c). A
// function's last instruction is the return that the compiler adds, which most functions never reach: it does not
// count.
#include "worker.h"

#include <string.h>

enum { mark_executable = 1, mark_hit = 2 };
enum { constant_float = 0x13, constant_integer = 0x03, constant_short_string = 0x04, constant_long_string = 0x14 };
enum { header_bytes = 31, instruction_bytes = 4, number_bytes = 8, upvalue_bytes = 3, absolute_line = -128 };

static unsigned char marks[frame_limit_bytes + 2 * file_limit];  // one for each line of each file, as far as touched
static size_t first_mark[file_limit + 1];

static unsigned char *mark(size_t file, size_t line) {
    return first_mark[file] + line < first_mark[file + 1] ? &marks[first_mark[file] + line] : NULL;
}

static void on_line(lua_State *L, lua_Debug *frame) {
    static size_t last;
    if (lua_getinfo(L, "S", frame) == 0) return;
    const struct file *file = policyset_file_at(last);
    if (!file || strcmp(file->chunk_name, frame->source) != 0) {
        for (last = 0; (file = policyset_file_at(last)) && strcmp(file->chunk_name, frame->source) != 0;) last++;
    }
    unsigned char *place = file ? mark(last, (size_t)frame->currentline) : NULL;
    if (place) *place |= mark_hit;
}

void coverage_begin(lua_State *L) {
    const struct file *file;
    for (size_t i = 0; (file = policyset_file_at(i)) != NULL; i++) {
        size_t lines = 2;  // numbered from 1, and the last may have no newline
        for (size_t k = 0; k < file->text_length; k++) lines += file->text[k] == '\n';
        first_mark[i + 1] = first_mark[i] + lines;
    }
    lua_sethook(L, on_line, LUA_MASKLINE, 0);
}

// A compiled chunk, being read. `failed` where it is not as this page expects it.
static struct {
    unsigned char bytes[frame_limit_bytes];
    size_t length, at, file;
    bool failed;
} chunk;

static int take_chunk(lua_State *L, const void *bytes, size_t size, void *unused) {
    (void)L;
    (void)unused;
    if (size > sizeof chunk.bytes - chunk.length) return 1;
    memcpy(chunk.bytes + chunk.length, bytes, size);
    chunk.length += size;
    return 0;
}

static void skip(size_t size) {
    if (size > chunk.length - chunk.at) {
        chunk.failed = true;
        chunk.at = chunk.length;
    } else {
        chunk.at += size;
    }
}

static unsigned char take_byte(void) {
    size_t at = chunk.at;
    skip(1);
    return chunk.failed ? 0 : chunk.bytes[at];
}

// Seven bits a byte, the highest first; the last has the eighth bit.
static size_t take_size(void) {
    size_t size = 0;
    unsigned char byte;
    do {
        byte = take_byte();
        size = size << 7 | (byte & 0x7F);
    } while (!(byte & 0x80) && !chunk.failed);
    return size;
}

static void skip_string(void) {
    size_t size = take_size();
    if (size > 0) skip(size - 1);
}

static void skip_constants(void) {
    for (size_t count = take_size(); count > 0 && !chunk.failed; count--) {
        switch (take_byte()) {
        case constant_float:
        case constant_integer: skip(number_bytes); break;
        case constant_short_string:
        case constant_long_string: skip_string(); break;
        default: break;  // nil, false, true
        }
    }
}

static void mark_lines(size_t first_line, bool is_variadic) {
    size_t count = take_size(), steps = chunk.at;
    skip(count);
    size_t absolute_count = take_size(), line = first_line;
    for (size_t i = 0; i < count && !chunk.failed; i++) {
        int step = (signed char)chunk.bytes[steps + i];
        if (step != absolute_line) {
            line = (size_t)((long)line + step);
        } else if (absolute_count-- > 0) {
            take_size();
            line = take_size();
        } else {
            chunk.failed = true;
        }
        bool counts = i + 1 < count && (i > 0 || !is_variadic);
        unsigned char *place = counts ? mark(chunk.file, line) : NULL;
        if (place) *place |= mark_executable;
    }
    for (; absolute_count > 0 && !chunk.failed; absolute_count--) {
        take_size();
        take_size();
    }
}

static void read_function(void) {
    skip_string();
    size_t first_line = take_size();
    take_size();
    take_byte();
    bool is_variadic = take_byte() != 0;
    take_byte();
    skip(take_size() * instruction_bytes);
    skip_constants();
    skip(take_size() * upvalue_bytes);
    for (size_t count = take_size(); count > 0 && !chunk.failed; count--) read_function();
    mark_lines(first_line, is_variadic);
    for (size_t count = take_size(); count > 0 && !chunk.failed; count--) {
        skip_string();
        take_size();
        take_size();
    }
    for (size_t count = take_size(); count > 0 && !chunk.failed; count--) skip_string();
}

// False for a file that nothing can run: one that does not compile, or is made for editors alone.
static bool read_lines(lua_State *L, size_t index, const struct file *file) {
    static const char for_editors[] = "---@meta";
    size_t length = sizeof for_editors - 1;
    if (file->kind == kind_test) return false;
    if (file->text_length >= length && memcmp(file->text, for_editors, length) == 0) return false;
    lua_settop(L, 0);
    if (luaL_loadbufferx(L, file->text, file->text_length, file->chunk_name, "t") != LUA_OK) return false;
    chunk.length = 0;
    chunk.failed = lua_dump(L, take_chunk, NULL, 0) != 0;
    chunk.at = 0;
    chunk.file = index;
    skip(header_bytes + 1);
    read_function();
    return !chunk.failed && chunk.at == chunk.length;
}

static void answer_lines(size_t file, unsigned char wanted) {
    bool first = true;
    unsigned char *place;
    for (size_t line = 1; (place = mark(file, line)) != NULL; line++) {
        if ((*place & wanted) != wanted) continue;
        if (!first) answer_text(",");
        answer_number((long)line);
        first = false;
    }
}

void coverage_answer(lua_State *L) {
    lua_sethook(L, NULL, 0, 0);
    bool first = true;
    const struct file *file;
    for (size_t i = 0; (file = policyset_file_at(i)) != NULL; i++) {
        if (!read_lines(L, i, file)) continue;
        answer_text(first ? "{\"file\":" : ",{\"file\":");
        answer_json_string(file->name, file->name_length);
        answer_text(",\"lines\":[");
        answer_lines(i, mark_executable);
        answer_text("],\"hit\":[");
        answer_lines(i, mark_executable | mark_hit);
        answer_text("]}");
        first = false;
    }
}
