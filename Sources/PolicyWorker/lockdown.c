// The lock on the door, in one place. From lock_down() on, the kernel kills the process for any system call but read,
// write, exit and rt_sigreturn: whatever a script makes of a bug in Lua, there is nothing it could ask the kernel for.
#define _GNU_SOURCE
#include "worker.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

_Noreturn void leave(int status) {
    for (;;) syscall(SYS_exit, status);
}

// Lua asks the clock when it makes its hash seed and when table.sort meets a bad pivot. A decision may not depend on
// the time, and after lock-down asking would be fatal; linked statically, these stand in front of libc's.
clock_t clock(void) { return 0; }
time_t time(time_t *result) {
    if (result) *result = 0;
    return 0;
}

// The deadline is the server's to keep. The watchdog is for the worker whose server died in the middle of a runaway
// policy: it counts the seconds of processor time that one piece of work takes, and no live server waits for that long.
enum { watchdog_seconds = 10 };
static volatile sig_atomic_t seconds_at_work;

static void on_second(int signal) {
    (void)signal;
    if (++seconds_at_work > watchdog_seconds) leave(exit_orphaned);
}

void work_began(void) { seconds_at_work = 0; }

/// The same lock as a filter. Where the server already stands under one, as in a container, strict mode is not to be had.
static bool filter_calls(void) {
#if defined(__x86_64__)
    enum { native = AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
    enum { native = AUDIT_ARCH_AARCH64 };
#endif
    struct sock_filter only[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, native, 0, 5),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof only / sizeof *only, only};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool lock_down(void) {
    // A core file would hold every prompt that was ever judged here.
    if (setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) != 0) return false;
    struct sigaction action = {.sa_handler = on_second, .sa_flags = SA_RESTART};
    if (sigaction(SIGVTALRM, &action, NULL) != 0) return false;
    struct itimerval every_second = {{1, 0}, {1, 0}};
    if (setitimer(ITIMER_VIRTUAL, &every_second, NULL) != 0) return false;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0 || (errno == EINVAL && filter_calls());
}
