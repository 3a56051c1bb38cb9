#include "text.h"

static void add_byte(struct text *text, char byte) {
    if (text->length < text->capacity) text->bytes[text->length++] = byte;
}

void text_add(struct text *text, const char *words) {
    while (*words != 0) add_byte(text, *words++);
}

void text_add_number(struct text *text, int64_t number) {
    char digits[20];
    int count = 0;
    // Negated in unsigned arithmetic, where the lowest number has a counterpart too.
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (number < 0) add_byte(text, '-');
    while (count > 0) add_byte(text, digits[--count]);
}

void text_pad(struct text *text, size_t length) {
    while (text->length < length && text->length < text->capacity) add_byte(text, ' ');
}

bool text_equal(const char *left, const char *right) {
    while (*left != 0 && *left == *right) {
        left++;
        right++;
    }
    return *left == *right;
}

const char *text_path(struct text *text) {
    size_t end = text->length < text->capacity ? text->length : text->capacity - 1;
    text->bytes[end] = 0;
    return text->bytes;
}
