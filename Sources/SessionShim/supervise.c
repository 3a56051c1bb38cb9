#define _GNU_SOURCE
#include "supervise.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "clock.h"
#include "descriptors.h"
#include "kernel.h"
#include "output.h"
#include "state.h"
#include "tree.h"

/// A session only goes forward through these.
enum phase {
    RUNNING,
    ENDING,   ///< Everyone has been asked to end, and has until the deadline.
    KILLING,  ///< Rounds of KILL, at `next_round`, until none is left.
};

enum { SHORTEST_PAUSE_MS = 1, LONGEST_PAUSE_MS = 256 };

struct session {
    pid_t agent;
    int64_t grace_ms;
    int cgroup;
    enum phase phase;
    int64_t timeout;     ///< When a running session is stopped; INT64_MAX: never. Like all times here, of now_ms().
    int64_t deadline;    ///< When ENDING becomes KILLING.
    int64_t next_round;
    int64_t pause_ms;
    bool agent_is_dead;
    bool alone;          ///< No process of the session is left, and none can come.
    struct ending ending;
};

/// A stop begins, or one in progress is shortened.
static void begin_end(struct session *session, int64_t grace_ms) {
    int64_t deadline = now_ms() + grace_ms;
    if (session->phase == RUNNING) {
        session->phase = ENDING;
        session->deadline = deadline;
        tree_terminate();
    } else if (deadline < session->deadline) {
        session->deadline = deadline;
    }
}

/// Reaps whoever is dead: the agent, whose end is kept, and what its descendants left behind.
static void reap(struct session *session) {
    for (;;) {
        siginfo_t info = {0};
        int outcome = k_wait(&info, WEXITED | WNOHANG);
        if (outcome < 0) {
            session->alone = outcome == -ECHILD;
            return;
        }
        if (info.si_pid == 0) return;
        if (info.si_pid == session->agent && !session->agent_is_dead) {
            session->agent_is_dead = true;
            session->ending.by_signal = info.si_code != CLD_EXITED;
            session->ending.number = info.si_status;
        }
    }
}

/// A stop carries its grace where it was queued with a value; a plain `kill` gets the session's own.
static int64_t grace_of(const struct signalfd_siginfo *signal, const struct session *session) {
    if (signal->ssi_code != SI_QUEUE) return session->grace_ms;
    return signal->ssi_int > 0 ? signal->ssi_int : 0;
}

static void hear(struct session *session, int signals) {
    struct signalfd_siginfo heard[2];
    ssize_t length = k_read(signals, heard, sizeof heard);
    // The dead first: an agent that had ended before the stop was heard was not stopped.
    reap(session);
    if (session->alone) return;
    // What it left running has had no stop yet, or is within the grace of one.
    if (session->agent_is_dead && session->phase == RUNNING) begin_end(session, session->grace_ms);
    for (size_t i = 0; length > 0 && i < (size_t)length / sizeof *heard; i++) {
        if (heard[i].ssi_signo != SIGTERM) continue;
        if (!session->agent_is_dead) session->ending.stopped = true;
        begin_end(session, grace_of(&heard[i], session));
    }
}

/// Does what is due.
static void act_in_time(struct session *session) {
    int64_t now = now_ms();
    if (session->phase == RUNNING && now >= session->timeout) {
        session->ending.stopped = session->ending.timed_out = true;
        begin_end(session, session->grace_ms);
    }
    if (session->phase == ENDING && now >= session->deadline) {
        session->phase = KILLING;
        session->next_round = now;
        session->pause_ms = SHORTEST_PAUSE_MS;
    }
    if (session->phase == KILLING && now >= session->next_round) {
        tree_kill(session->cgroup);
        session->next_round = now_ms() + session->pause_ms;
        if (session->pause_ms < LONGEST_PAUSE_MS) session->pause_ms *= 2;
    }
}

/// Waits until a signal or output is there, or something is due.
static void await(struct pollfd *wanted, int count, const struct session *session) {
    int64_t due = session->phase == RUNNING  ? session->timeout
                  : session->phase == ENDING ? session->deadline
                                             : session->next_round;
    int64_t left = due - now_ms();
    if (left < 0) left = 0;
    struct timespec timeout = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
    k_poll(wanted, count, due == INT64_MAX ? NULL : &timeout);
}

void supervise(const struct options *options, const struct agent *agent, int signals) {
    struct session session = {
        .agent = agent->pid,
        .grace_ms = options->grace_ms,
        .cgroup = (int)options->cgroup,
        .timeout = options->timeout_ms == 0 ? INT64_MAX : now_ms() + options->timeout_ms,
    };
    struct stream out = stream_open(agent->stdout_pipe, STDOUT_LOG, SLOT_STDOUT_DROPPED, options->log_max_bytes);
    struct stream err = stream_open(agent->stderr_pipe, STDERR_LOG, SLOT_STDERR_DROPPED, options->log_max_bytes);

    // Signals and deadlines come before output, and output one bufferful a turn, so that nothing starves.
    while (!session.alone) {
        struct pollfd wanted[] = {{signals, POLLIN, 0}, {out.pipe, POLLIN, 0}, {err.pipe, POLLIN, 0}};
        await(wanted, 3, &session);
        if (wanted[0].revents != 0) hear(&session, signals);
        if (!session.alone) act_in_time(&session);
        if (wanted[1].revents != 0) stream_read(&out);
        if (wanted[2].revents != 0) stream_read(&err);
    }
    stream_finish(&out);
    stream_finish(&err);
    state_write_ended(&session.ending);
}
