// What a policy lets through in place of what was asked for, as narrow.c, narrow_answer.c and text_list.c share it.
#ifndef SPAWNGATE_NARROW_H
#define SPAWNGATE_NARROW_H

#include "worker.h"

enum { list_limit = 256, list_bytes = 64 << 10, text_limit_bytes = 4096 };

/// Texts of its own, outside of Lua's memory, which is not kept from policy to policy.
struct list {
    bool given;
    size_t count, used;
    struct text {
        size_t start, length;
    } texts[list_limit];
    char bytes[list_bytes];
};

typedef bool covering(const char *granted, const char *text);

const char *list_text(const struct list *list, size_t index);
/// False where there is no room.
bool list_add(struct list *list, const char *text, size_t length);
/// Adds the strings of the Lua list at `index`, each once. Raises a Lua error that calls it `name`.
void list_read(lua_State *L, int index, const char *name, struct list *list);
bool list_holds(const struct list *list, const char *text);
bool list_covers(const struct list *granted, const char *text, covering *covers);
bool list_same(const struct list *a, const struct list *b);
/// Leaves what both let through: of each two, the one that the other covers. False where there is no room.
bool list_intersect(struct list *into, const struct list *more, covering *covers);
void list_clear(struct list *list);

/// Of one call, of one policy, or of all policies so far. `writes` are all folders that may be written to, the working
/// directory among them where it may.
struct narrowing {
    const char *mode;
    struct list tools, writes;
};

/// What was asked for, as far as it matters here: read at the first call of a decision.
struct narrow_asked {
    bool read, has_mode, has_runtime, writes_repository;
    char mode[text_limit_bytes + 1];
    struct list tools, roots, writes, places;  // places: the working directory, then the runtime write root
};

extern struct narrow_asked narrow_asked;
extern struct narrowing narrow_own, narrow_all;
extern bool narrow_any;  // whether a policy of this decision narrows

/// The name of a permission mode, kept for good; NULL where there is none of that name.
const char *narrow_mode(const char *name);

#endif
