// spawngate-policy: the only place where Lua runs. Started by the server with frames on descriptor 0 (u32 length,
// little-endian, then the payload), answers announced on descriptor 1 ({u32 length, u32 kind}) and written into the
// page behind descriptor 3. The first frame is the policy set; every later one is a request, or a batch of them where
// the length has its highest bit set: {u32 length, request} each. Whatever goes wrong ends the process, and the server
// takes a missing answer for a no.
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { from_server = 0, to_server = 1, page_descriptor = 3 };
enum { answered_load = 1, answered_decision = 2 };
enum { default_memory_bytes = 16 << 20, smallest_memory_bytes = 1 << 20 };
enum { first_collection_percent = 1000, collection_percent = 200 };

static bool read_all(void *bytes, size_t length) {
    for (unsigned char *at = bytes; length > 0;) {
        ssize_t count = read(from_server, at, length);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        at += count;
        length -= (size_t)count;
    }
    return true;
}

static const uint32_t batch_bit = 1u << 31;

// Reads one frame into `bytes`. Ends the process where the server has closed its end.
static size_t read_frame(unsigned char *bytes, bool *is_batch) {
    uint32_t length;
    if (!read_all(&length, sizeof length)) leave(exit_finished);
    *is_batch = length & batch_bit;
    length &= ~batch_bit;
    if (length > frame_limit_bytes || !read_all(bytes, length)) leave(exit_protocol);
    return length;
}

static void announce(uint32_t kind) {
    uint32_t message[2] = {answer_length(), kind};
    while (write(to_server, message, sizeof message) < 0) {
        if (errno != EINTR) leave(exit_finished);
    }
}

static int end_by_panic(lua_State *L) {
    (void)L;
    leave(exit_protocol);
}

static int build(lua_State *L) {
    sandbox_build(L);
    return 0;
}

// Judges as many of the batch as the answer page has room for, in order; each as if it had been asked alone.
static void decide_batch(lua_State *L, const unsigned char *batch, size_t length) {
    uint32_t size;
    for (const unsigned char *at = batch, *end = batch + length; at < end; at += size) {
        if ((size_t)(end - at) < sizeof size) leave(exit_protocol);
        memcpy(&size, at, sizeof size);
        at += sizeof size;
        if ((size_t)(end - at) < size) leave(exit_protocol);
        bool fitted = decide_next(L, at, size);
        arena_restore();
        if (!fitted) break;
    }
}

static lua_State *new_state(void) {
    lua_State *L = lua_newstate(arena_allocate, NULL);
    if (!L) leave(exit_setup);
    lua_atpanic(L, end_by_panic);
    lua_pushcfunction(L, build);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) leave(exit_setup);
    return L;
}

// Most decisions end before the first collection: it begins when the memory has grown tenfold, later ones as usual.
static void settle(lua_State *L) {
    lua_gc(L, LUA_GCSETPAUSE, first_collection_percent);
    lua_gc(L, LUA_GCCOLLECT);
    lua_gc(L, LUA_GCSETPAUSE, collection_percent);
    arena_snapshot();
}

// Reads the options; answers the bytes that Lua may use.
static size_t read_options(int count, char **arguments) {
    size_t bytes = default_memory_bytes;
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--report") == 0) report_want();
        if (strcmp(arguments[i], "--memory-bytes") == 0 && i + 1 < count) bytes = strtoull(arguments[++i], NULL, 10);
    }
    return bytes < smallest_memory_bytes ? smallest_memory_bytes : bytes;
}

int main(int count, char **arguments) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *page = mmap(NULL, answer_page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, page_descriptor, 0);
    unsigned char *set = mmap(NULL, frame_limit_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    unsigned char *request = mmap(NULL, frame_limit_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (page == MAP_FAILED || set == MAP_FAILED || request == MAP_FAILED) {
        static const char advice[] = "spawngate-policy: this program is started by spawngate, not by hand\n";
        if (write(STDERR_FILENO, advice, sizeof advice - 1) < 0) return exit_setup;
        return exit_setup;
    }
    close(page_descriptor);
    // Whoever started this keeps its time. Without them a policy that never ends would run for ever. They have one thread,
    // so the signal cannot come for the wrong reason; and if they are gone already, there is no set to be read.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return exit_setup;
    answer_use(page);
    if (!arena_reserve(read_options(count, arguments))) return exit_setup;

    bool is_batch;
    size_t length = read_frame(set, &is_batch);
    if (is_batch || !policyset_parse(set, length)) leave(exit_protocol);
    if (!lock_down()) leave(exit_setup);

    lua_State *L = new_state();
    if (report_is_wanted()) coverage_begin(L);
    bool loaded = policyset_load(L);
    if (loaded) {
        settle(L);
        loaded = policyset_test(L);
    }
    loaded = policyset_answer(L, loaded);
    announce(answered_load);
    if (!loaded) leave(exit_load_failed);
    for (;;) {
        length = read_frame(request, &is_batch);
        work_began();
        answer_begin();
        if (is_batch) {
            decide_batch(L, request, length);
        } else {
            decide(L, request, length);
        }
        announce(answered_decision);
        arena_restore();
    }
}
