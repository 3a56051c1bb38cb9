#define _GNU_SOURCE
#include "tree.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel.h"
#include "process.h"
#include "text.h"

// All descendants hang below this process: it is a subreaper, so whatever loses its parent (by a double fork, by
// daemon(3)) becomes its child. Groups and sessions do not matter. Nothing here allocates; the tables below are large
// in the address space, but only the pages in use take memory.

enum {
    MOST_MEMBERS = 32 * 1024,
    MOST_PIDS = 4 * 1024 * 1024,  // The kernel's own limit, PID_MAX_LIMIT.
    FREEZE_PASSES = 64,
};

struct member {
    pid_t pid;
    pid_t parent;
};

static struct member members[MOST_MEMBERS];
static size_t member_count;
static uint8_t frozen[MOST_PIDS / 8];

static int open_proc(pid_t pid, pid_t thread, int flags) {
    char path[64];
    struct text name = {path, sizeof path, 0};
    text_add(&name, "/proc/");
    text_add_number(&name, pid);
    text_add(&name, "/task/");
    if (thread != 0) {
        text_add_number(&name, thread);
        text_add(&name, "/children");
    }
    return k_open(text_path(&name), flags | O_RDONLY);
}

int tree_check(void) {
    int file = open_proc(k_self(), k_self(), 0);
    if (file < 0) return -file;
    k_close(file);
    return 0;
}

static void add_children_of_thread(pid_t pid, pid_t thread) {
    int file = open_proc(pid, thread, 0);
    if (file < 0) return;
    char list[1024];
    pid_t number = 0;
    ssize_t length;
    while ((length = k_read(file, list, sizeof list)) > 0) {
        for (ssize_t i = 0; i < length; i++) {
            if (list[i] >= '0' && list[i] <= '9') {
                number = number * 10 + (list[i] - '0');
            } else if (number != 0) {
                if (member_count < MOST_MEMBERS) members[member_count++] = (struct member){number, pid};
                number = 0;
            }
        }
    }
    k_close(file);
}

/// The children of each thread: a child hangs below the thread that made it.
static void add_children(pid_t pid) {
    int folder = open_proc(pid, 0, O_DIRECTORY);
    if (folder < 0) return;
    _Alignas(struct dirent64) char entries[2048];
    ssize_t length;
    while ((length = k_list(folder, entries, sizeof entries)) > 0) {
        for (ssize_t at = 0; at < length;) {
            const struct dirent64 *entry = (const struct dirent64 *)(entries + at);
            pid_t thread = 0;
            for (const char *digit = entry->d_name; *digit >= '0' && *digit <= '9'; digit++) {
                thread = thread * 10 + (*digit - '0');
            }
            if (thread != 0) add_children_of_thread(pid, thread);
            at += entry->d_reclen;
        }
    }
    k_close(folder);
}

/// Lists every descendant, parents before their children. Breadth first and without recursion, so that neither a
/// long chain nor a wide family can exhaust the stack.
static void list_members(void) {
    member_count = 0;
    add_children(k_self());
    for (size_t i = 0; i < member_count; i++) add_children(members[i].pid);
}

/// Signals a member, and never a stranger that has got its pid in the meantime: the handle is taken first, then the
/// pid must still stand below the same parent, or below this process. If the pid has changed hands since the handle
/// was taken, the handle's process is dead and the signal goes nowhere.
static void send(const struct member *member, const int *signals, size_t count) {
    int handle = k_process_handle(member->pid);
    if (handle < 0) return;
    struct process process;
    if (process_read(member->pid, &process) && (process.parent == member->parent || process.parent == k_self())) {
        for (size_t i = 0; i < count; i++) k_signal(handle, signals[i]);
    }
    k_close(handle);
}

void tree_terminate(void) {
    // All are listed before the first is asked: those whose parent ends at once would else be out of sight. A stopped
    // process hears TERM only when it goes on.
    static const int ask[] = {SIGTERM, SIGCONT};
    list_members();
    for (size_t i = 0; i < member_count; i++) send(&members[i], ask, 2);
}

static bool freeze_new_members(void) {
    static const int freeze[] = {SIGSTOP};
    bool any = false;
    list_members();
    for (size_t i = 0; i < member_count; i++) {
        pid_t pid = members[i].pid;
        uint8_t bit = (uint8_t)(1 << (pid % 8));
        if (frozen[pid / 8] & bit) continue;
        frozen[pid / 8] |= bit;
        any = true;
        send(&members[i], freeze, 1);
    }
    return any;
}

/// In one step, whoever they are now; nobody can be born into it meanwhile. The rounds below are for those that left it,
/// which an agent with the rights of the server's user can do where nothing confines it.
static void kill_cgroup(int cgroup) {
    int file = k_open_in(cgroup, "cgroup.kill", O_WRONLY);
    if (file < 0) return;
    k_write(file, "1", 1);
    k_close(file);
}

void tree_kill(int cgroup) {
    if (cgroup != 0) kill_cgroup(cgroup);
    // A fork bomb at its limit replaces whoever is killed. Frozen processes keep their places and make no new ones,
    // so first everything is brought to a halt. `frozen` only saves work: whoever is overlooked through a reused pid
    // is killed below all the same.
    static const int end[] = {SIGKILL};
    for (int pass = 0; pass < FREEZE_PASSES && freeze_new_members(); pass++) continue;
    for (size_t i = 0; i < member_count; i++) send(&members[i], end, 1);
}
