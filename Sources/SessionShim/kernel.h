#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>

// The system calls this program makes, and no others. Each answers what the kernel does: a negative errno where it
// fails. They are made without the C library, whose start takes longer than all of this program's work: it asks the
// processor about itself many times, and in a virtual machine each time is a trap to the host. See start.c.

static inline long kernel_call(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result = number;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
#else
#error "the system call instruction of this processor is not known here"
#endif
}

#define KERNEL_0(number) kernel_call(number, 0, 0, 0, 0, 0, 0)
#define KERNEL_1(number, a) kernel_call(number, (long)(a), 0, 0, 0, 0, 0)
#define KERNEL_2(number, a, b) kernel_call(number, (long)(a), (long)(b), 0, 0, 0, 0)
#define KERNEL_3(number, a, b, c) kernel_call(number, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define KERNEL_4(number, a, b, c, d) kernel_call(number, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define KERNEL_5(number, a, b, c, d, e) kernel_call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

// Descriptors.

static inline int k_open(const char *path, int flags) {
    return (int)KERNEL_4(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0);
}

static inline int k_open_in(int folder, const char *name, int flags) {
    return (int)KERNEL_4(SYS_openat, folder, name, flags | O_CLOEXEC, 0);
}

static inline int k_openat2(const char *path, const struct open_how *how) {
    return (int)KERNEL_4(SYS_openat2, AT_FDCWD, path, how, sizeof *how);
}

static inline int k_statx(int file, unsigned wanted, struct statx *status) {
    return (int)KERNEL_5(SYS_statx, file, "", AT_EMPTY_PATH, wanted, status);
}

static inline int k_close(int file) {
    return (int)KERNEL_1(SYS_close, file);
}

static inline int k_close_on_exec_from(int first) {
    enum { CLOSE_ON_EXEC = 4 };
    return (int)KERNEL_3(SYS_close_range, first, ~0U, CLOSE_ON_EXEC);
}

static inline int k_dup_to(int file, int number) {
    return (int)KERNEL_3(SYS_dup3, file, number, 0);
}

static inline int k_fcntl(int file, int command, long argument) {
    return (int)KERNEL_3(SYS_fcntl, file, command, argument);
}

static inline int k_pipe(int ends[2]) {
    return (int)KERNEL_2(SYS_pipe2, ends, O_CLOEXEC);
}

static inline int k_ioctl(int file, unsigned long request, void *argument) {
    return (int)KERNEL_3(SYS_ioctl, file, request, argument);
}

// Contents.

static inline ssize_t k_read(int file, void *bytes, size_t count) {
    return KERNEL_3(SYS_read, file, bytes, count);
}

static inline ssize_t k_write(int file, const void *bytes, size_t count) {
    return KERNEL_3(SYS_write, file, bytes, count);
}

static inline ssize_t k_write_at(int file, const void *bytes, size_t count, int64_t offset) {
    return KERNEL_4(SYS_pwrite64, file, bytes, count, offset);
}

static inline int k_allocate(int file, int mode, int64_t offset, int64_t length) {
    return (int)KERNEL_4(SYS_fallocate, file, mode, offset, length);
}

static inline int k_truncate(int file, int64_t length) {
    return (int)KERNEL_2(SYS_ftruncate, file, length);
}

static inline ssize_t k_list(int folder, void *entries, size_t size) {
    return KERNEL_3(SYS_getdents64, folder, entries, size);
}

// Processes.

static inline pid_t k_self(void) {
    return (pid_t)KERNEL_0(SYS_getpid);
}

static inline pid_t k_parent(void) {
    return (pid_t)KERNEL_0(SYS_getppid);
}

static inline int k_new_session(void) {
    return (int)KERNEL_0(SYS_setsid);
}

static inline int k_prctl(int option, unsigned long value) {
    return (int)KERNEL_5(SYS_prctl, option, value, 0, 0, 0);
}

static inline int k_get_capabilities(struct __user_cap_header_struct *header, struct __user_cap_data_struct *held) {
    return (int)KERNEL_2(SYS_capget, header, held);
}

static inline int k_set_capabilities(
    struct __user_cap_header_struct *header, const struct __user_cap_data_struct *held) {
    return (int)KERNEL_2(SYS_capset, header, held);
}

static inline int k_restrict_self(int ruleset) {
    return (int)KERNEL_2(SYS_landlock_restrict_self, ruleset, 0);
}

static inline int k_filter_calls(const struct sock_fprog *program) {
    return (int)KERNEL_3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program);
}

static inline int k_chdir(const char *path) {
    return (int)KERNEL_1(SYS_chdir, path);
}

static inline int k_fchdir(int folder) {
    return (int)KERNEL_1(SYS_fchdir, folder);
}

static inline int k_exec(const char *path, char **arguments, char **environment) {
    return (int)KERNEL_3(SYS_execve, path, arguments, environment);
}

static inline int k_exec_handle(int program, char **arguments, char **environment) {
    return (int)KERNEL_5(SYS_execveat, program, "", arguments, environment, AT_EMPTY_PATH);
}

/// WEXITED children, any of them; `info->si_pid` is 0 where none is dead and WNOHANG was asked.
static inline int k_wait(siginfo_t *info, int options) {
    enum { ANY_CHILD = 0 };
    return (int)KERNEL_5(SYS_waitid, ANY_CHILD, 0, info, options, NULL);
}

_Noreturn static inline void k_exit(int status) {
    for (;;) KERNEL_1(SYS_exit_group, status);
}

/// As vfork, but the child runs `child(argument)`, which must not return, on a stack of its own in the same memory;
/// the caller goes on once it has exec'd or is gone. `stack_top` is aligned to 16. The child is born in the cgroup of
/// that descriptor; 0: in the caller's.
pid_t k_vfork(void (*child)(void *), void *argument, char *stack_top, int cgroup);

// Signals and time. The signal set is the kernel's: 64 bits, signal 1 lowest.

static inline int k_hold_signals(uint64_t held) {
    return (int)KERNEL_4(SYS_rt_sigprocmask, SIG_SETMASK, &held, NULL, sizeof held);
}

static inline int k_default_signal(int signal) {
    // As large as the kernel's form is anywhere; all zero means the default.
    const uint64_t action[4] = {0};
    return (int)KERNEL_4(SYS_rt_sigaction, signal, action, NULL, sizeof(uint64_t));
}

static inline int k_signal_source(uint64_t heard) {
    return (int)KERNEL_4(SYS_signalfd4, -1, &heard, sizeof heard, O_CLOEXEC | O_NONBLOCK);
}

static inline int k_process_handle(pid_t pid) {
    return (int)KERNEL_2(SYS_pidfd_open, pid, 0);
}

static inline int k_signal(int process_handle, int signal) {
    return (int)KERNEL_4(SYS_pidfd_send_signal, process_handle, signal, NULL, 0);
}

static inline int k_poll(struct pollfd *wanted, int count, const struct timespec *timeout) {
    // The kernel writes what is left of the time into its argument.
    struct timespec left = timeout != NULL ? *timeout : (struct timespec){0};
    return (int)KERNEL_5(SYS_ppoll, wanted, count, timeout != NULL ? &left : NULL, NULL, 0);
}

static inline int64_t k_milliseconds(clockid_t clock) {
    struct timespec time = {0};
    KERNEL_2(SYS_clock_gettime, clock, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

#endif
