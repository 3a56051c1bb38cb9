// CBench: what the figures are measured against, in plain C with nothing in the way, and what only C can ask.
// Every function answers a value >= 0, or -errno.
#ifndef CBENCH_H
#define CBENCH_H

#include <stdint.h>

/// Starts a child process that answers every frame on a loopback port with a frame of `answer_bytes` zeros: epoll, one
/// buffer, no parsing beyond the length. Answers its pid; it ends with its parent.
int cb_echo_start(int answer_bytes, int *port);
/// Kills and reaps a child.
void cb_end(int pid);

/// The processor time that a process has used in all its threads, in nanoseconds.
int64_t cb_cpu_nanoseconds(int pid);

/// Keeps a process (0: the caller), and what it will start, on one of the processors that the caller may use: the first
/// (0) or the last (1). What two that talk cost depends on whether they share one, which else is the kernel's whim.
int cb_pin(int pid, int last);
/// Lets the caller, and what it will start, run on every processor again.
void cb_unpin(void);

/// Starts `count` processes of /bin/true by posix_spawn, each with setsid and two new log files in `folder` (numbered
/// from `first`), at most `in_flight` at once, and waits for each. Answers the nanoseconds that it took.
int64_t cb_spawn_nanoseconds(const char *folder, int first, int count, int in_flight);

/// Asks ext4 to put each folder made in `folder` into a group of disk blocks that follows from the folder's name, away
/// from files deleted lately: near such ones, and for five minutes, a new file may cost it 300 µs in place of 7. Other
/// filesystems know nothing of it.
void cb_spread_folders(const char *folder);

/// Copies the only session of a server's database until there are `count`; their decision stays one. Answers 0, or -EIO
/// with SQLite's words in `error`.
int cb_multiply_session(const char *database, int count, char *error, int error_size);
/// Adds `count` decisions to the only one of a server's database. Answers as the one above.
int cb_multiply_decision(const char *database, int count, char *error, int error_size);

/// Asks every policy of a folder so many times in a plain Lua state, with the helpers of the policy worker and nothing
/// else of it: no sandbox, no reset, no JSON. `request` is a Lua chunk that returns the request. Answers the processor
/// time in nanoseconds, or -EINVAL where something does not load or fails.
int64_t cb_lua_nanoseconds(const char *folder, const char *request, int count);

/// Copies the decisions of a server's database over and over, under ids and numbers of their own, until its log has `count`
/// records. A server that is started on it then computes the tree. Answers as above.
int cb_multiply_decisions(const char *database, int count, char *error, int error_size);

#endif
