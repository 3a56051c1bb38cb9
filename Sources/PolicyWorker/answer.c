// The answer page, shared with the server: u32 index of the policy now running (of the file, while a set loads), u32
// bytes of the body that are valid, 8 bytes unused, then the body. The length grows policy by policy, so that what
// earlier policies said can still be read when a later one had to be killed.
#include "worker.h"

#include <stdio.h>
#include <string.h>

enum { body_offset = 16 };

static unsigned char *page;
static size_t position, body_limit;
static bool overflowed;

static void store(size_t offset, uint32_t value) {
    __atomic_store_n((uint32_t *)(void *)(page + offset), value, __ATOMIC_RELEASE);
}

void answer_use(unsigned char *shared) { page = shared; }

void answer_begin(void) {
    position = body_offset;
    body_limit = answer_page_bytes;
    overflowed = false;
    store(4, 0);
}

void answer_running(uint32_t policy) { store(0, policy); }

void answer_reserve(size_t bytes) { body_limit = answer_page_bytes - bytes; }

size_t answer_position(void) { return position; }

const char *answer_bytes(size_t place) { return (const char *)page + place; }

void answer_rewind(size_t earlier) {
    position = earlier;
    overflowed = false;
}

bool answer_overflowed(void) { return overflowed; }

void answer_publish(void) { store(4, answer_length()); }

uint32_t answer_length(void) { return (uint32_t)(position - body_offset); }

static void put(const char *bytes, size_t length) {
    if (overflowed || length > body_limit - position) {
        overflowed = true;
        return;
    }
    memcpy(page + position, bytes, length);
    position += length;
}

void answer_text(const char *text) { put(text, strlen(text)); }

void answer_number(long number) {
    char text[24];
    put(text, (size_t)snprintf(text, sizeof text, "%ld", number));
}

// The length of the well-formed UTF-8 character at `text`, or 0.
static size_t character_length(const unsigned char *text, size_t available) {
    static const struct {
        unsigned char low, high, second_low, second_high, length;
    } forms[] = {
        {0x00, 0x7F, 0, 0, 1},          {0xC2, 0xDF, 0x80, 0xBF, 2},    {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3},    {0xED, 0xED, 0x80, 0x9F, 3},    {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4},    {0xF1, 0xF3, 0x80, 0xBF, 4},    {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (text[0] < forms[i].low || text[0] > forms[i].high) continue;
        if (forms[i].length > available) return 0;
        if (forms[i].length > 1 && (text[1] < forms[i].second_low || text[1] > forms[i].second_high)) return 0;
        for (size_t k = 2; k < forms[i].length; k++) {
            if ((text[k] & 0xC0) != 0x80) return 0;
        }
        return forms[i].length;
    }
    return 0;
}

void answer_json_string(const char *text, size_t length) {
    const unsigned char *bytes = (const unsigned char *)text;
    put("\"", 1);
    for (size_t i = 0; i < length && !overflowed;) {
        size_t plain = i;
        while (plain < length && bytes[plain] >= 0x20 && bytes[plain] < 0x7F && bytes[plain] != '"' &&
               bytes[plain] != '\\') {
            plain++;
        }
        if (plain > i) {
            put(text + i, plain - i);
            i = plain;
            continue;
        }
        size_t character = character_length(bytes + i, length - i);
        if (character == 0) {
            put("\xEF\xBF\xBD", 3);
            i += 1;
        } else if (character > 1) {
            put(text + i, character);
            i += character;
        } else {
            char escaped[8];
            if (bytes[i] == '"' || bytes[i] == '\\') {
                snprintf(escaped, sizeof escaped, "\\%c", bytes[i]);
            } else if (bytes[i] == '\n') {
                snprintf(escaped, sizeof escaped, "\\n");
            } else {
                snprintf(escaped, sizeof escaped, "\\u%04x", bytes[i]);
            }
            answer_text(escaped);
            i += 1;
        }
    }
    put("\"", 1);
}
