// spawngate-shim: one per session, between the server and the agent. It starts the agent, outlives the server, drains
// the agent's output into bounded logs, ends everything the agent started, and leaves how the agent ended in the
// state file. It takes no orders but SIGTERM, opens no socket, and keeps to one thread, no heap and no library.

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>

#include "descriptors.h"
#include "kernel.h"
#include "launch.h"
#include "options.h"
#include "state.h"
#include "supervise.h"
#include "tree.h"

static bool descriptors_are_there(void) {
    for (int descriptor = AGENT_STDIN; descriptor <= NOTIFY; descriptor++) {
        if (k_fcntl(descriptor, F_GETFD, 0) < 0) return false;
    }
    return true;
}

static uint64_t bit(int signal) {
    return (uint64_t)1 << (signal - 1);
}

/// Every signal to its default, for the agent to inherit and for children to be reaped; then every one held back, so
/// that none but SIGKILL and SIGSTOP does anything here. Two of the 64 belong to the C library, and its posix_spawn
/// starts programs with these two ignored: all means all.
static int hold_signals(int *signals) {
    for (int signal = 1; signal <= 64; signal++) {
        if (signal == SIGKILL || signal == SIGSTOP) continue;
        int outcome = k_default_signal(signal);
        if (outcome < 0) return outcome;
    }
    int outcome = k_hold_signals(~(uint64_t)0);
    if (outcome < 0) return outcome;
    *signals = k_signal_source(bit(SIGCHLD) | bit(SIGTERM));
    return *signals < 0 ? *signals : 0;
}

/// Makes this process fit to stand above an agent. 0, or the errno of what failed.
static int prepare(int *signals) {
    int outcome;
    if ((outcome = hold_signals(signals)) < 0) return -outcome;
    if ((outcome = k_prctl(PR_SET_NAME, (unsigned long)"spawngate-shim")) < 0) return -outcome;
    // An agent of the same user must not be able to reach into this process, nor through /proc into its descriptors.
    if ((outcome = k_prctl(PR_SET_DUMPABLE, 0)) < 0) return -outcome;
    if ((outcome = k_prctl(PR_SET_CHILD_SUBREAPER, 1)) < 0) return -outcome;
    if ((outcome = k_chdir("/")) < 0) return -outcome;
    return tree_check();
}

int main(int count, char **arguments, char **environment) {
    if (!descriptors_are_there()) {
        static const char usage[] = "spawngate-shim: started by `spawngate serve` alone, not by hand\n";
        k_write(STDERR_LOG, usage, sizeof usage - 1);
        return 2;
    }
    struct options options;
    struct agent agent = {0};
    int signals = -1;
    int error = options_parse(count, arguments, &options);
    // Missing, its number would go to the next descriptor that is opened here.
    if (error == 0 && options.landlock_abi != 0 && k_fcntl(CONFINEMENT, F_GETFD, 0) < 0) error = EBADF;
    if (error == 0) error = prepare(&signals);
    // From here on something may have run: without this word the server would take a session that it finds without a
    // shim for one that never began, and start it again.
    if (error == 0) state_write_trying();
    if (error == 0) error = launch(&options, environment, &agent);
    if (error != 0) {
        state_write_failed(error, agent.unconfined);
        notify_server(options.token, NOTICE_FAILED, error);
        return 0;
    }
    state_write_started(agent.pid, options.landlock_abi);
    notify_server(options.token, NOTICE_STARTED, agent.pid);
    supervise(&options, &agent, signals);
    return 0;
}
