#ifndef SHIM_TEXT_H
#define SHIM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A line under construction in a buffer of the caller's. What does not fit is left out; every
/// caller's buffer fits its longest line.
struct text {
    char *bytes;
    size_t capacity;
    size_t length;
};

void text_add(struct text *text, const char *words);
void text_add_number(struct text *text, int64_t number);

/// Fills up to `length` bytes with spaces.
void text_pad(struct text *text, size_t length);

bool text_equal(const char *left, const char *right);

/// Ends the text with a NUL that is not counted, for use as a path.
const char *text_path(struct text *text);

#endif
