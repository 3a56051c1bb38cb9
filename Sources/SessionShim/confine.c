#define _GNU_SOURCE
#include "confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/ioprio.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/resource.h>

#include "descriptors.h"
#include "kernel.h"

// Landlock holds writes to the write roots, and signals, tracing and abstract sockets to the session. Two doors it does
// not watch are closed here: what root may do to the machine itself, and what one process may do to the priority,
// processors and limits of another of the same user (RLIMIT_CPU on the server is as good as a signal to it).

#define LOW(capability) (1U << (capability))

/// What root keeps: powers over files, users and ports, as in a container. It loses those over the kernel, devices,
/// mounts and other processes, all those of the second word among them. An ordinary user has none and loses none.
static const __u32 kept_capabilities[2] = {
    LOW(CAP_CHOWN) | LOW(CAP_DAC_OVERRIDE) | LOW(CAP_DAC_READ_SEARCH) | LOW(CAP_FOWNER) | LOW(CAP_FSETID) |
        LOW(CAP_KILL) | LOW(CAP_SETGID) | LOW(CAP_SETUID) | LOW(CAP_NET_BIND_SERVICE) | LOW(CAP_NET_RAW) |
        LOW(CAP_SYS_CHROOT) | LOW(CAP_SETFCAP),
    0,
};

/// no_new_privs keeps an exec from bringing back what is dropped here, also for root.
static int drop_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct held[2] = {{0}, {0}};
    int outcome = k_get_capabilities(&header, held);
    if (outcome < 0) return outcome;
    for (int i = 0; i < 2; i++) {
        held[i].permitted &= kept_capabilities[i];
        held[i].effective = held[i].permitted;
        held[i].inheritable = 0;
    }
    return k_set_capabilities(&header, held);
}

#define FIELD(name) ((__u32)offsetof(struct seccomp_data, name))
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define GO(test, value, yes, no) BPF_JUMP(BPF_JMP | (test) | BPF_K, value, yes, no)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

// Calls that name another process by number, with the places (how many instructions on) where each is judged. With 0
// they act on the caller alone; with anything else they are refused, the caller's own number too, for a filter cannot
// know it.
#define LISTS(setparam, setscheduler, setaffinity, setattr, prlimit, setpriority, ioprio)                              \
    GO(BPF_JEQ, setparam, 7, 0), GO(BPF_JEQ, setscheduler, 6, 0), GO(BPF_JEQ, setaffinity, 5, 0),                      \
        GO(BPF_JEQ, setattr, 4, 0), GO(BPF_JEQ, prlimit, 3, 0), GO(BPF_JEQ, setpriority, 6, 0),                        \
        GO(BPF_JEQ, ioprio, 7, 0), ALLOW,                                                                              \
        /* The first five. */                                                                                          \
        LOAD(FIELD(args[0])), GO(BPF_JEQ, 0, 0, 1), ALLOW, REFUSE,                                                     \
        /* setpriority: a user has processes outside of the session. */                                            \
        LOAD(FIELD(args[0])), GO(BPF_JEQ, PRIO_USER, 4, 2),                                                            \
        /* ioprio_set, likewise. */                                                                                    \
        LOAD(FIELD(args[0])), GO(BPF_JEQ, IOPRIO_WHO_USER, 2, 0),                                                      \
        /* Both: 0 is the caller or its group. */                                                                       \
        LOAD(FIELD(args[1])), GO(BPF_JEQ, 0, 1, 0), REFUSE, ALLOW

#if defined(__x86_64__)
enum { NATIVE = AUDIT_ARCH_X86_64, X32 = 0x40000000 };
#elif defined(__aarch64__)
enum { NATIVE = AUDIT_ARCH_AARCH64, X32 = 0 };
#endif

static const struct sock_filter filter[] = {
    LOAD(FIELD(arch)),
    GO(BPF_JEQ, NATIVE, 0, 22),
    LOAD(FIELD(nr)),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~(__u32)X32),
    LISTS(SYS_sched_setparam, SYS_sched_setscheduler, SYS_sched_setaffinity, SYS_sched_setattr, SYS_prlimit64,
          SYS_setpriority, SYS_ioprio_set),
    // Programs of 32 bits have numbers of their own.
    LOAD(FIELD(nr)),
#if defined(__x86_64__)
    LISTS(154, 156, 241, 351, 340, 97, 289),
#elif defined(__aarch64__)
    LISTS(154, 156, 241, 380, 369, 97, 314),
#endif
};

int confine(void) {
    int outcome = drop_capabilities();
    if (outcome < 0) return outcome;
    if ((outcome = k_restrict_self(CONFINEMENT)) < 0) return outcome;
    const struct sock_fprog program = {sizeof filter / sizeof *filter, (struct sock_filter *)filter};
    return k_filter_calls(&program);
}
