// All of Lua's memory: one mapping made before lock-down. Because everything Lua knows lies in it, copying the used
// part away once and back after each decision is a complete reset, and far cheaper than a new lua_State.
//
// Free blocks are kept by size class and never joined: Lua tells the size of what it frees, so that blocks need no
// header. The limit counts class sizes; the mapping is four times the limit, so that the limit comes before the end of
// the mapping for all but odd patterns of use, and those fail like the limit itself.
#define _GNU_SOURCE
#include "worker.h"

#include <string.h>
#include <sys/mman.h>

enum { small_limit = 512, small_step = 16, small_classes = small_limit / small_step, large_classes = 4 * 40 };

struct block {
    struct block *next;
};

// Lies at the beginning of the mapping, to be copied and restored with the rest.
struct state {
    size_t top, used;
    void *refused_block;  // the request that failed once: Lua collects its garbage and asks for the same again
    size_t refused_size;
    bool refused, exhausted;
    struct block *free[small_classes + large_classes + 1];
};

static unsigned char *arena, *copy;
static size_t limit, capacity, copy_bytes;
#define STATE ((struct state *)(void *)arena)

bool arena_reserve(size_t bytes) {
    limit = bytes;
    capacity = 4 * bytes + (1 << 20);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    arena = mmap(NULL, capacity, PROT_READ | PROT_WRITE, flags, -1, 0);
    copy = mmap(NULL, capacity, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (arena == MAP_FAILED || copy == MAP_FAILED) return false;
    STATE->top = (sizeof(struct state) + small_step - 1) / small_step * small_step;
    return true;
}

// The class of a size, and the size that the class really takes: steps of 16 bytes up to 512, then four to a doubling.
static size_t class_of(size_t size, size_t *class_size) {
    if (size <= small_limit) {
        size_t class = (size + small_step - 1) / small_step;
        *class_size = class * small_step;
        return class;
    }
    int log = 63 - __builtin_clzl(size - 1);
    size_t quarter = (size_t)1 << (log - 2);
    size_t steps = (size - 1 - ((size_t)1 << log)) / quarter + 1;
    *class_size = ((size_t)1 << log) + steps * quarter;
    return small_classes + (size_t)(log - 9) * 4 + steps;
}

static void release(void *block, size_t class) {
    struct block *freed = block;
    freed->next = STATE->free[class];
    STATE->free[class] = freed;
}

static void *refuse(void *block, size_t size) {
    // Lua answers a first refusal by collecting garbage (which only frees) and repeats the request; a second refusal of
    // the same request is final. One that is not repeated came from a place that does not retry, and was final too.
    if (STATE->refused) STATE->exhausted = true;
    STATE->refused = true;
    STATE->refused_block = block;
    STATE->refused_size = size;
    return NULL;
}

void *arena_allocate(void *unused, void *block, size_t old_size, size_t new_size) {
    (void)unused;
    size_t old_bytes = 0, new_bytes = 0, old_class = 0, new_class = 0;
    if (block) old_class = class_of(old_size, &old_bytes);
    if (new_size == 0) {
        if (old_bytes) release(block, old_class);
        STATE->used -= old_bytes;
        return NULL;
    }
    if (new_size > capacity) return refuse(block, new_size);
    new_class = class_of(new_size, &new_bytes);
    if (STATE->refused && (block != STATE->refused_block || new_size != STATE->refused_size)) {
        STATE->exhausted = true;
        STATE->refused = false;
    }
    if (block && old_class == new_class) return block;

    bool grows = new_bytes > old_bytes;
    if (grows && STATE->used - old_bytes + new_bytes > limit) return refuse(block, new_size);
    void *place = STATE->free[new_class];
    if (place) {
        STATE->free[new_class] = ((struct block *)place)->next;
    } else if (STATE->top + new_bytes <= capacity) {
        place = arena + STATE->top;
        STATE->top += new_bytes;
    } else if (grows) {
        return refuse(block, new_size);
    } else {
        return block;  // Lua counts on shrinking never to fail; the block is a smaller class from now on
    }
    STATE->refused = false;
    STATE->used += new_bytes - old_bytes;
    if (old_bytes) {
        memcpy(place, block, grows ? old_size : new_size);
        release(block, old_class);
    }
    return place;
}

void arena_snapshot(void) {
    STATE->refused = STATE->exhausted = false;
    copy_bytes = STATE->top;
    memcpy(copy, arena, copy_bytes);
}

void arena_restore(void) { memcpy(arena, copy, copy_bytes); }

bool arena_exhausted(void) { return STATE->exhausted || STATE->refused; }

size_t arena_limit(void) { return limit; }
