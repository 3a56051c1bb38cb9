#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static int result(long value) { return value < 0 ? -errno : (int)value; }

// MARK: epoll

const uint32_t cl_readable = EPOLLIN;
const uint32_t cl_writable = EPOLLOUT;
const uint32_t cl_hangup = EPOLLHUP | EPOLLERR;
const uint32_t cl_peer_closed = EPOLLRDHUP;

int cl_epoll_create(void) { return result(epoll_create1(EPOLL_CLOEXEC)); }

static int control(int epoll, int operation, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return result(epoll_ctl(epoll, operation, fd, &event));
}

int cl_epoll_add(int epoll, int fd, uint32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_ADD, fd, events, token);
}
int cl_epoll_modify(int epoll, int fd, uint32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_MOD, fd, events, token);
}
int cl_epoll_remove(int epoll, int fd) { return control(epoll, EPOLL_CTL_DEL, fd, 0, 0); }

int cl_epoll_wait(int epoll, struct cl_event *events, int events_max, int timeout_ms) {
    struct epoll_event ready[256];
    int count = epoll_wait(epoll, ready, events_max < 256 ? events_max : 256, timeout_ms);
    if (count < 0) return -errno;
    for (int i = 0; i < count; i++) {
        events[i].token = ready[i].data.u64;
        events[i].events = ready[i].events;
    }
    return count;
}

// MARK: sockets

static int resolve(const char *host, const char *port, int flags, struct addrinfo **list) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    return getaddrinfo(host, port, &hints, list) == 0 ? 0 : -EADDRNOTAVAIL;
}

int cl_listen_tcp(const char *host, const char *port, int backlog) {
    struct addrinfo *list;
    int error = resolve(host, port, AI_PASSIVE, &list);
    if (error) return error;
    error = -EADDRNOTAVAIL;
    for (struct addrinfo *one = list; one; one = one->ai_next) {
        int fd = socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0) { error = -errno; continue; }
        int yes = 1;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        if (bind(fd, one->ai_addr, one->ai_addrlen) == 0 && listen(fd, backlog) == 0) {
            freeaddrinfo(list);
            return fd;
        }
        error = -errno;
        close(fd);
    }
    freeaddrinfo(list);
    return error;
}

int cl_connect_tcp(const char *host, const char *port) {
    struct addrinfo *list;
    int error = resolve(host, port, 0, &list);
    if (error) return error;
    error = -EADDRNOTAVAIL;
    for (struct addrinfo *one = list; one; one = one->ai_next) {
        int fd = socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) { error = -errno; continue; }
        if (connect(fd, one->ai_addr, one->ai_addrlen) == 0) {
            int yes = 1;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            freeaddrinfo(list);
            return fd;
        }
        error = -errno;
        close(fd);
    }
    freeaddrinfo(list);
    return error;
}

int cl_accept(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return -errno;
    int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
    return fd;
}

static int format_address(const struct sockaddr_storage *address, char *out, size_t out_size) {
    char text[INET6_ADDRSTRLEN];
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)address;
        inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
        snprintf(out, out_size, "%s:%u", text, ntohs(v4->sin_port));
        return 0;
    }
    const struct sockaddr_in6 *v6 = (const void *)address;
    if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        // One of version 4 at a socket that listens for both is the same peer as at one of version 4.
        inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], text, sizeof text);
        snprintf(out, out_size, "%s:%u", text, ntohs(v6->sin6_port));
        return 0;
    }
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    snprintf(out, out_size, "[%s]:%u", text, ntohs(v6->sin6_port));
    return 0;
}

int cl_local_port(int fd) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) < 0) return -errno;
    if (address.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&address)->sin_port);
    return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
}

int cl_peer_name(int fd, char *out, size_t out_size) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getpeername(fd, (struct sockaddr *)&address, &size) < 0) return -errno;
    return format_address(&address, out, out_size);
}

int cl_is_loopback(const char *host, int numeric_only) {
    struct addrinfo *list;
    int error = resolve(host, NULL, numeric_only ? AI_NUMERICHOST : AI_PASSIVE, &list);
    if (error) return error;
    int loopback = list != NULL;
    for (struct addrinfo *one = list; one; one = one->ai_next) {
        if (one->ai_family == AF_INET) {
            uint32_t address = ntohl(((struct sockaddr_in *)one->ai_addr)->sin_addr.s_addr);
            if (address >> 24 != 127) loopback = 0;
        } else if (!IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)one->ai_addr)->sin6_addr)) {
            loopback = 0;
        }
    }
    freeaddrinfo(list);
    return loopback;
}

ssize_t cl_recv(int fd, void *bytes, size_t count) {
    ssize_t got = recv(fd, bytes, count, 0);
    return got < 0 ? -errno : got;
}
ssize_t cl_send(int fd, const void *bytes, size_t count) {
    ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
}
int cl_shutdown_write(int fd) { return result(shutdown(fd, SHUT_WR)); }

// MARK: processes

int cl_spawn(const struct cl_spawn_request *request, int *pidfd) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    for (int i = 0; i < request->descriptors_count; i++)
        posix_spawn_file_actions_adddup2(&actions, request->descriptors[i], i);
    posix_spawn_file_actions_addclosefrom_np(&actions, request->descriptors_count);

    sigset_t all, mask;
    sigfillset(&all);
    sigemptyset(&mask);
    if (request->block_term) sigaddset(&mask, SIGTERM);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &mask);
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    if (request->new_session) flags |= POSIX_SPAWN_SETSID;
    posix_spawnattr_setflags(&attributes, flags);

    pid_t pid;
    int error = posix_spawn(&pid, request->path, &actions, &attributes, request->arguments, request->environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error) return -error;
    // The child is ours and not yet reaped, so its pid cannot have been given to another.
    *pidfd = cl_pidfd_open(pid);
    return pid;
}

void cl_fill_standard_descriptors(void) {
    static const int modes[] = {O_RDONLY, O_RDONLY, O_WRONLY};
    for (int number = 0; number < 3; number++) {
        // The lowest free number, which is this one.
        if (fcntl(number, F_GETFD) < 0 && open("/dev/null", modes[number]) < 0) return;
    }
}

void cl_reserve_low_descriptors(void) {
    for (;;) {
        int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd < 0) return;
        if (fd >= 16) {
            close(fd);
            return;
        }
    }
}

int cl_pidfd_open(pid_t pid) { return result(syscall(SYS_pidfd_open, pid, 0)); }
int cl_pidfd_signal(int pidfd, int signal) { return result(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0)); }

int cl_pidfd_queue(int pidfd, int signal, int value) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = signal;
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_int = value;
    return result(syscall(SYS_pidfd_send_signal, pidfd, signal, &info, 0));
}

int cl_pidfd_reap(int pidfd, int *exited, int *value) {
    siginfo_t info;
    info.si_pid = 0;
    if (waitid((idtype_t)3 /* P_PIDFD */, pidfd, &info, WEXITED | WNOHANG) < 0) return -errno;
    if (info.si_pid == 0) return 0;
    *exited = info.si_code == CLD_EXITED;
    *value = info.si_status;
    return 1;
}

int cl_adopt_orphans(void) { return result(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)); }

// MARK: files

const uint64_t cl_o_path = O_PATH;
const uint64_t cl_resolve_no_magiclinks = RESOLVE_NO_MAGICLINKS;
const uint64_t cl_resolve_no_symlinks = RESOLVE_NO_SYMLINKS;
const uint64_t cl_resolve_beneath = RESOLVE_BENEATH;

int cl_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t how_to_resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = how_to_resolve};
    return result(syscall(SYS_openat2, directory, path, &how, sizeof how));
}

int cl_memfd(const char *name) { return result(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)); }
int cl_memfd_seal(int fd) {
    return result(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL));
}
void *cl_map_shared(int fd, size_t count) {
    void *address = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return address == MAP_FAILED ? NULL : address;
}
void cl_unmap(void *address, size_t count) { munmap(address, count); }

int cl_try_lock(int fd) { return result(flock(fd, LOCK_EX | LOCK_NB)); }

int cl_signalfd(const int *signals, int count) {
    sigset_t mask;
    sigemptyset(&mask);
    for (int i = 0; i < count; i++) sigaddset(&mask, signals[i]);
    if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0) return -errno;
    return result(signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
}
void cl_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }
int cl_pipe(int *ends) { return result(pipe2(ends, O_CLOEXEC | O_NONBLOCK)); }
int cl_socketpair(int *ends) { return result(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)); }

int cl_random(void *bytes, size_t count) { return result(getrandom(bytes, count, 0)); }

int cl_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur > 1 << 30 ? 1 << 30 : (int)limit.rlim_cur;
}

int cl_is_cgroup2(const char *path) {
    struct statfs status;
    if (statfs(path, &status) < 0) return -errno;
    return status.f_type == CGROUP2_SUPER_MAGIC;
}
