#include "options.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "text.h"

static bool parse_number(const char *words, uint64_t most, uint64_t *number) {
    if (*words == 0) return false;
    uint64_t value = 0;
    for (; *words != 0; words++) {
        if (*words < '0' || *words > '9') return false;
        uint64_t digit = (uint64_t)(*words - '0');
        if (value > (most - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}

static bool take_text(const char *words, void *place) {
    *(const char **)place = words;
    return *words != 0;
}

static bool take_token(const char *words, void *place) {
    return parse_number(words, UINT64_MAX, place);
}

/// Half the range, so that a time or an offset can be added without overflow.
static bool take_amount(const char *words, void *place) {
    return parse_number(words, INT64_MAX / 2, place);
}

static bool take_abi(const char *words, void *place) {
    return parse_number(words, 1000, place) && *(uint64_t *)place != 0;
}

static bool take_exec(const char *words, void *place) {
    *(enum exec_by *)place = text_equal(words, "path") ? EXEC_BY_PATH : EXEC_BY_HANDLE;
    return text_equal(words, "path") || text_equal(words, "handle");
}

/// Every option takes one value; a new one is a new line here.
static const struct option {
    const char *name;
    bool (*take)(const char *words, void *place);
    size_t place;
} known[] = {
    {"--session", take_text, offsetof(struct options, session)},
    {"--token", take_token, offsetof(struct options, token)},
    {"--timeout-ms", take_amount, offsetof(struct options, timeout_ms)},
    {"--grace-ms", take_amount, offsetof(struct options, grace_ms)},
    {"--log-max-bytes", take_amount, offsetof(struct options, log_max_bytes)},
    {"--cgroup", take_amount, offsetof(struct options, cgroup)},
    {"--landlock-abi", take_abi, offsetof(struct options, landlock_abi)},
    {"--exec", take_exec, offsetof(struct options, exec)},
    {"--program", take_text, offsetof(struct options, program)},
};

static bool take(const char *name, const char *words, struct options *options) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (text_equal(name, known[i].name)) return known[i].take(words, (char *)options + known[i].place);
    }
    return false;
}

int options_parse(int count, char **arguments, struct options *options) {
    *options = (struct options){.grace_ms = 5000, .log_max_bytes = 256 << 20};
    int at = 1;
    for (; at < count && !text_equal(arguments[at], "--"); at += 2) {
        if (at + 1 == count || !take(arguments[at], arguments[at + 1], options)) return EINVAL;
    }
    if (at + 1 >= count || options->program == NULL || options->program[0] != '/') return EINVAL;
    options->agent_argv = arguments + at + 1;
    return 0;
}
