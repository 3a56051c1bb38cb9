// A kernel that refuses one call: what strace's injection does, without strace.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

static const struct {
    const char *name;
    long number;
    int argument;  ///< Only where argument 0 is this; -1: always.
} calls[] = {
    {"landlock_create_ruleset", SYS_landlock_create_ruleset, -1},
    {"landlock_add_rule", SYS_landlock_add_rule, -1},
    {"landlock_restrict_self", SYS_landlock_restrict_self, -1},
    {"no_new_privs", SYS_prctl, PR_SET_NO_NEW_PRIVS},
    {"capset", SYS_capset, -1},
    {"seccomp", SYS_seccomp, -1},
};

/// CALL ERRNO PROGRAM ARGUMENT…
int run_with_fault(int count, char **arguments) {
    if (count < 3) return 2;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (strcmp(arguments[0], calls[i].name) != 0) continue;
        unsigned error = (unsigned)atoi(arguments[1]);
        struct sock_filter filter[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i].number, 0, 3),
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i].argument, 0, calls[i].argument < 0 ? 0 : 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
            perror("seccomp");
            return 3;
        }
        execv(arguments[2], arguments + 2);
        perror(arguments[2]);
        return 127;
    }
    fprintf(stderr, "no fault is known for %s\n", arguments[0]);
    return 2;
}
