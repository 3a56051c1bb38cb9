// CLinux: the system calls and macros that Swift's Glibc module hides. One function each, no state.
// Every function answers a value >= 0, or -errno; none touches errno in a way that a caller must read.
#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What one epoll_wait entry says, in a layout that Swift can read (struct epoll_event is packed).
struct cl_event {
    uint64_t token;
    uint32_t events;
};

extern const uint32_t cl_readable;  // EPOLLIN
extern const uint32_t cl_writable;  // EPOLLOUT
extern const uint32_t cl_hangup;    // EPOLLHUP | EPOLLERR
extern const uint32_t cl_peer_closed;  // EPOLLRDHUP

int cl_epoll_create(void);
int cl_epoll_add(int epoll, int fd, uint32_t events, uint64_t token);
int cl_epoll_modify(int epoll, int fd, uint32_t events, uint64_t token);
int cl_epoll_remove(int epoll, int fd);
int cl_epoll_wait(int epoll, struct cl_event *events, int events_max, int timeout_ms);

/// Listens on a numeric or named address, non-blocking, CLOEXEC.
int cl_listen_tcp(const char *host, const char *port, int backlog);
/// Connects, blocking, CLOEXEC, with TCP_NODELAY. -EADDRNOTAVAIL where the name is not known.
int cl_connect_tcp(const char *host, const char *port);
/// Accepts one connection, non-blocking, CLOEXEC, TCP_NODELAY. -EAGAIN where nobody waits.
int cl_accept(int listener);
int cl_local_port(int fd);
/// Writes "address:port" of the peer ("[address]:port" for IPv6).
int cl_peer_name(int fd, char *out, size_t out_size);
/// Whether every address that the name stands for is a loopback address: 1 or 0, or
/// -EADDRNOTAVAIL where it stands for none. `numeric_only`: nobody is asked for names.
int cl_is_loopback(const char *host, int numeric_only);
ssize_t cl_recv(int fd, void *bytes, size_t count);
ssize_t cl_send(int fd, const void *bytes, size_t count);
int cl_shutdown_write(int fd);

/// What cl_spawn needs. descriptors[i] becomes descriptor i of the child; all others are closed.
struct cl_spawn_request {
    const char *path;
    char *const *arguments;
    char *const *environment;
    const int *descriptors;
    int descriptors_count;
    int new_session;     // setsid
    int block_term;      // leave SIGTERM blocked, so that one sent early waits for the program to look
};

/// posix_spawn with default signals and a clean mask. Answers the pid; *pidfd is the caller's to close.
/// Every source descriptor must be at least 16 (see cl_reserve_low_descriptors).
int cl_spawn(const struct cl_spawn_request *request, int *pidfd);
/// Opens /dev/null in the place of standard descriptors that are closed; 1 for reading, so that writing to it still fails.
void cl_fill_standard_descriptors(void);
/// Fills descriptors 3 to 15 with /dev/null, so that no descriptor to be handed to a child collides with its target.
void cl_reserve_low_descriptors(void);

int cl_pidfd_open(pid_t pid);
int cl_pidfd_signal(int pidfd, int signal);
/// Queues a signal with a value that signalfd and sigaction can read.
int cl_pidfd_queue(int pidfd, int signal, int value);
/// Reaps exactly this child. Answers 1 when reaped, 0 while it runs. *exited: 1 code, 0 signal; *value: which.
int cl_pidfd_reap(int pidfd, int *exited, int *value);

/// PR_SET_CHILD_SUBREAPER.
int cl_adopt_orphans(void);

int cl_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
extern const uint64_t cl_o_path;
extern const uint64_t cl_resolve_no_magiclinks;
extern const uint64_t cl_resolve_no_symlinks;
extern const uint64_t cl_resolve_beneath;

/// The highest Landlock ABI that the kernel offers; -ENOSYS or -EOPNOTSUPP where it offers none.
int cl_landlock_abi(void);
/// A ruleset for a process that shall write nowhere, and reach no process and no abstract socket outside of its own
/// domain, but for what cl_landlock_allow adds. Needs ABI 6. CLOEXEC.
int cl_landlock_ruleset(void);
/// Writing below an O_PATH folder, or to an O_PATH file; with `device`, also the ioctls of devices, but nothing made or
/// removed.
int cl_landlock_allow(int ruleset, int handle, int is_folder, int is_device);

int cl_memfd(const char *name);
/// No more writing, growing or shrinking: what was written is what any reader will read.
int cl_memfd_seal(int fd);
/// A shared read-write mapping, or NULL.
void *cl_map_shared(int fd, size_t count);
void cl_unmap(void *address, size_t count);

/// 0 taken, -EWOULDBLOCK where another open file holds it.
int cl_try_lock(int fd);
int cl_signalfd(const int *signals, int count);
void cl_ignore_sigpipe(void);
int cl_pipe(int *ends);
int cl_socketpair(int *ends);
int cl_inotify(void);
int cl_inotify_watch(int fd, const char *path);
/// Tells of writes to one file.
int cl_inotify_watch_writes(int fd, const char *path);
int cl_inotify_unwatch(int fd, int watch);
extern const uint32_t cl_inotify_overflow;
int cl_random(void *bytes, size_t count);
int cl_raise_descriptor_limit(void);

/// What fstat or fstatat says, in plain numbers.
struct cl_status {
    uint64_t device, inode, size;
    int64_t modified_ns, changed_ns;
    uint32_t mode, owner;
};
/// 1 where the path is in a cgroup v2 file system, 0 where it is in another.
int cl_is_cgroup2(const char *path);
int cl_fstat(int fd, struct cl_status *out);
int cl_stat(const char *path, struct cl_status *out);
/// From an O_PATH folder on.
int cl_stat_from(int directory, const char *path, struct cl_status *out);

#endif
