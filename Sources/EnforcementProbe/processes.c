// Other processes: the one that stands outside for the server, its shims and other sessions; and its own.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

// SIGCONT changes nothing in a process that is not stopped.

static int signal_outsider(void) { return errno_of(kill(outsider, SIGCONT)); }
static int signal_supervisor(void) {
    // The shim is the parent of the process that runs all of these.
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/stat", getppid());
    int file = open(path, O_RDONLY);
    ssize_t length = read(file, line, sizeof line - 1);
    if (length <= 0) return NOT_HERE;
    line[length] = 0;
    char *end = strrchr(line, ')');
    int parent = end != NULL ? atoi(end + 4) : 0;
    return parent > 1 ? errno_of(kill(parent, SIGCONT)) : NOT_HERE;
}
static int signal_thread(void) { return errno_of(syscall(SYS_tgkill, outsider, outsider, SIGCONT)); }
static int signal_group(void) { return errno_of(kill(-getpgid(outsider), SIGCONT)); }

static int queue_signal(void) {
    union sigval value = {0};
    return errno_of(sigqueue(outsider, SIGCONT, value));
}

static int signal_by_handle(void) {
    return errno_of(syscall(SYS_pidfd_send_signal, syscall(SYS_pidfd_open, outsider, 0), SIGCONT, NULL, 0));
}

static int take_by_handle(void) {
    int error = errno_of(syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, outsider, 0), 0, 0));
    // The right is asked before the number is looked up.
    return error == EBADF ? 0 : error;
}

static int trace(void) { return errno_of(ptrace(PTRACE_SEIZE, outsider, 0, 0)); }

static int open_of_outsider(const char *name, int flags) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", outsider, name);
    return errno_of(open(path, flags));
}

static int open_memory(void) { return open_of_outsider("mem", O_RDWR); }
static int read_environment(void) { return open_of_outsider("environ", O_RDONLY); }
static int look_at_descriptor(void) {
    char path[64], target[64];
    snprintf(path, sizeof path, "/proc/%d/fd/0", outsider);
    return errno_of(readlink(path, target, sizeof target));
}
static int oom_first(void) { return open_of_outsider("oom_score_adj", O_WRONLY); }

static int write_memory(void) {
    char byte = 0;
    // An address that is not there: the right to try is asked first.
    struct iovec here = {&byte, 1}, there = {NULL, 1};
    int error = errno_of(process_vm_writev(outsider, &here, 1, &there, 1, 0));
    return error == EFAULT ? 0 : error;
}

static int lower_priority(void) { return errno_of(setpriority(PRIO_PROCESS, (id_t)outsider, 1)); }
static int lower_user(void) {
    // One that has no processes: who may is told that.
    int error = errno_of(setpriority(PRIO_USER, 65533, 1));
    return error == ESRCH ? 0 : error;
}

static int take_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(outsider, sizeof set, &set) < 0) return errno;
    return errno_of(sched_setaffinity(outsider, sizeof set, &set));
}

static int make_idle(void) {
    struct sched_param param = {0};
    return errno_of(sched_setscheduler(outsider, SCHED_BATCH, &param));
}

static int lower_disk_priority(void) {
    return errno_of(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, outsider, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 7)));
}

static int limit_processor(void) {
    struct rlimit limit = {1 << 20, 1 << 20};
    return errno_of(prlimit(outsider, RLIMIT_CPU, &limit, NULL));
}

static int watch_events(void) {
    char attributes[128] = {0};
    attributes[4] = 64;  // PERF_ATTR_SIZE_VER0, of a hardware counter
    int error = errno_of(syscall(SYS_perf_event_open, attributes, outsider, -1, -1, 0));
    return error == ENOENT || error == ENOSYS || error == EOPNOTSUPP ? NOT_HERE : error;
}

static pid_t child(void) {
    pid_t child = fork();
    if (child == 0) pause();
    return child;
}

static int signal_child(void) { return errno_of(kill(child(), SIGKILL)); }

static int trace_child(void) {
    pid_t traced = child();
    int error = errno_of(ptrace(PTRACE_SEIZE, traced, 0, 0));
    kill(traced, SIGKILL);
    return error;
}

static int own_priority(void) { return errno_of(setpriority(PRIO_PROCESS, 0, 5)); }
static int own_limits(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return errno;
    limit.rlim_cur = 64;
    return errno_of(setrlimit(RLIMIT_NOFILE, &limit));
}
static int own_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) < 0) return errno;
    return errno_of(sched_setaffinity(0, sizeof set, &set));
}
static int own_priority_by_number(void) { return errno_of(setpriority(PRIO_PROCESS, (id_t)getpid(), 5)); }

int attack(int count, char **arguments) {
    if (count < 2) return 2;
    static int (*const attacks[])(void) = {
        signal_outsider, queue_signal,  signal_by_handle, take_by_handle, trace,           open_memory,
        write_memory,    lower_priority, take_processors,  make_idle,      limit_processor, signal_thread,
    };
    int rounds = atoi(arguments[0]), succeeded = 0, made = 0;
    for (int round = 0; round < rounds; round++) {
        for (int i = 1; i < count; i++) {
            outsider = atoi(arguments[i]);
            for (size_t a = 0; a < sizeof attacks / sizeof *attacks; a++, made++) {
                int error = attacks[a]();
                if (error == 0) succeeded++;
                if (error != EPERM && error != EACCES && error != 0) return 3;
            }
        }
    }
    printf("%d of %d attacks succeeded\n", succeeded, made);
    return 0;
}

const struct operation process_operations[] = {
    {"others: kill", signal_outsider},
    {"others: kill its own supervisor", signal_supervisor},
    {"others: kill a group", signal_group},
    {"others: tgkill", signal_thread},
    {"others: sigqueue", queue_signal},
    {"others: pidfd_send_signal", signal_by_handle},
    {"others: pidfd_getfd", take_by_handle},
    {"others: ptrace", trace},
    {"others: open /proc/PID/mem", open_memory},
    {"others: process_vm_writev", write_memory},
    {"others: read /proc/PID/environ", read_environment},
    {"others: read /proc/PID/fd", look_at_descriptor},
    {"others: set /proc/PID/oom_score_adj", oom_first},
    {"others: perf_event_open", watch_events},
    {"others: setpriority", lower_priority},
    {"others: setpriority of a whole user", lower_user},
    {"others: sched_setscheduler", make_idle},
    {"others: sched_setaffinity", take_processors},
    {"others: ioprio_set", lower_disk_priority},
    {"others: prlimit", limit_processor},
    {"its own: kill a child", signal_child},
    {"its own: ptrace a child", trace_child},
    {"its own: setpriority", own_priority},
    {"its own: setpriority by its pid", own_priority_by_number},
    {"its own: setrlimit", own_limits},
    {"its own: sched_setaffinity", own_processors},
    {NULL, NULL},
};
