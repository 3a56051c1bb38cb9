// spawngate-policy: the only place where Lua runs. Started by the server with frames on descriptor 0 (u32 length,
// little-endian, then the payload), answers announced on descriptor 1 ({u32 length, u32 kind}) and written into the
// page behind descriptor 3. The first frame is the policy set; every later one is a request. Whatever goes wrong ends
// the process, and the server takes a missing answer for a no.
#include "worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

// Reads one frame into `bytes`. Ends the process where the server has closed its end.
static size_t read_frame(unsigned char *bytes) {
    uint32_t length;
    if (!read_all(&length, sizeof length)) leave(exit_finished);
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
    answer_use(page);
    if (!arena_reserve(read_options(count, arguments))) return exit_setup;

    size_t length = read_frame(set);
    if (!policyset_parse(set, length)) leave(exit_protocol);
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
        length = read_frame(request);
        work_began();
        decide(L, request, length);
        announce(answered_decision);
        arena_restore();
    }
}
