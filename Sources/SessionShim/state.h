#ifndef SHIM_STATE_H
#define SHIM_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// What the server reads of a session, in slots of fixed place and length in one small file. The server allocated
/// the whole file before the start, so that these writes succeed on a full disk too. A slot is padded with spaces
/// and ends in a newline, its last byte: without it the slot counts as never written.
enum slot {
    SLOT_START = 64,           ///< 128 bytes.
    SLOT_END = 192,            ///< 128 bytes.
    SLOT_STDOUT_DROPPED = 320, ///< 64 bytes.
    SLOT_STDERR_DROPPED = 384, ///< 64 bytes.
};

/// How the agent ended.
struct ending {
    bool by_signal;
    int number;      ///< The exit code, or the signal.
    bool stopped;    ///< A stop began before the agent was seen dead.
    bool timed_out;  ///< That stop was the timeout's.
};

/// The agent may run from now on.
void state_write_trying(void);

/// The agent runs. Written once exec has succeeded, so a `landlock_abi` that is not 0 says that it is confined.
void state_write_started(pid_t agent, uint64_t landlock_abi);

/// Nothing runs, and nothing ran: `error` is the errno of the step that failed, and `unconfined` says that this step
/// was one of its confinement.
void state_write_failed(int error, bool unconfined);

/// Everything is over and every byte of output is in the logs.
void state_write_ended(const struct ending *ending);

/// Bytes of the stream before `offset` are gone from its log.
void state_write_dropped(enum slot slot, int64_t offset);

enum notice { NOTICE_STARTED = 1, NOTICE_FAILED = 2 };

/// Tells the server, if one is there; the state file is what counts. `value` is the agent's pid or the errno.
void notify_server(uint64_t token, enum notice notice, int32_t value);

#endif
