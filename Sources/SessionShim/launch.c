#define _GNU_SOURCE
#include "launch.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "confine.h"
#include "descriptors.h"
#include "kernel.h"

/// Shared with the child, which borrows this process's memory until it execs: that is how its errno comes back.
struct birth {
    const struct options *options;
    char **environment;
    pid_t shim;
    int stdout_end;
    int stderr_end;
    volatile int error;
    volatile bool unconfined;  ///< It was the confinement that failed.
};

enum { CHILD_STACK = 16 * 1024 };

/// For a script the kernel wants a name, so the name is held against the judged handle at the last moment. What is
/// left is the instant between this check and the exec; with a handle there is none. The kernel would take the handle
/// for a script too, as /dev/fd/N: but that is what the script then finds as $0, and N stays open in the session.
static int check_path(const char *program) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    int named = k_openat2(program, &how);
    if (named < 0) return named;
    struct statx there = {0}, judged = {0};
    int outcome = k_statx(named, STATX_INO, &there);
    if (outcome == 0) outcome = k_statx(PROGRAM, STATX_INO, &judged);
    k_close(named);
    if (outcome < 0) return outcome;
    bool same = there.stx_ino == judged.stx_ino && there.stx_dev_major == judged.stx_dev_major &&
                there.stx_dev_minor == judged.stx_dev_minor;
    return same ? 0 : -ESTALE;
}

/// The child's way to its program. Returns the negative errno of the first step that failed.
static int become_agent(struct birth *birth) {
    int outcome;
    // Should this shim be killed, the agent goes with it: nobody would be left to keep its output and its end. The
    // shim has one thread, so the signal cannot come for the wrong reason.
    if ((outcome = k_prctl(PR_SET_PDEATHSIG, SIGKILL)) < 0) return outcome;
    if (k_parent() != birth->shim) return -ESRCH;
    if ((outcome = k_new_session()) < 0) return outcome;
    if ((outcome = k_prctl(PR_SET_NO_NEW_PRIVS, 1)) < 0) return outcome;
    if ((outcome = k_fchdir(WORKING_DIRECTORY)) < 0) return outcome;
    if ((outcome = k_dup_to(birth->stdout_end, STDOUT_LOG)) < 0) return outcome;
    if ((outcome = k_dup_to(birth->stderr_end, STDERR_LOG)) < 0) return outcome;
    if ((outcome = k_close_on_exec_from(STATE_FILE)) < 0) return outcome;
    if ((outcome = k_hold_signals(0)) < 0) return outcome;

    const struct options *options = birth->options;
    if (options->landlock_abi != 0) {
        birth->unconfined = true;
        if ((outcome = confine()) < 0) return outcome;
        birth->unconfined = false;
    }
    if (options->exec == EXEC_BY_HANDLE) {
        return k_exec_handle(PROGRAM, options->agent_argv, birth->environment);
    }
    if ((outcome = check_path(options->program)) < 0) return outcome;
    return k_exec(options->program, options->agent_argv, birth->environment);
}

static void child(void *argument) {
    struct birth *birth = argument;
    birth->error = -become_agent(birth);
    k_exit(127);
}

static int open_pipe(int *read_end, int *write_end) {
    int ends[2];
    int outcome = k_pipe(ends);
    if (outcome < 0) return outcome;
    *read_end = ends[0];
    *write_end = ends[1];
    // Only this end: programs do not expect a stdout that answers EAGAIN.
    return k_fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

int launch(const struct options *options, char **environment, struct agent *agent) {
    struct birth birth = {.options = options, .environment = environment, .shim = k_self()};
    int outcome = open_pipe(&agent->stdout_pipe, &birth.stdout_end);
    if (outcome == 0) outcome = open_pipe(&agent->stderr_pipe, &birth.stderr_end);
    if (outcome < 0) return -outcome;

    static _Alignas(16) char stack[CHILD_STACK];
    agent->pid = k_vfork(child, &birth, stack + sizeof stack, (int)options->cgroup);
    if (agent->pid < 0) return -agent->pid;
    if (birth.error != 0) {
        siginfo_t unused;
        k_wait(&unused, WEXITED);
        agent->unconfined = birth.unconfined;
        return birth.error;
    }
    // What belongs to the agent alone is not kept alive here: the prompt's memory, the folder's mount, the pipes' ends.
    k_close(birth.stdout_end);
    k_close(birth.stderr_end);
    k_close(AGENT_STDIN);
    k_close(WORKING_DIRECTORY);
    k_close(PROGRAM);
    if (options->landlock_abi != 0) k_close(CONFINEMENT);
    return 0;
}
