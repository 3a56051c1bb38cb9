// spawngate-probe: tries what an agent could try, and says what the kernel let it do. `spawngate doctor --enforcement`
// runs it in a session; its other roles serve the tests.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

pid_t outsider;
static char world[512];

static const char *below(const char *folder, const char *name) {
    static char paths[8][1024];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s/%s", world, folder, name);
    return path;
}

const char *in(const char *name) { return below("in", name); }
const char *out(const char *name) { return below("out", name); }

int errno_of(long outcome) { return outcome < 0 ? errno : 0; }

int write_to(const char *path, int flags) {
    int file = open(path, flags, 0600);
    if (file < 0) return errno;
    int error = errno_of(write(file, "x", 1));
    close(file);
    return error;
}

// MARK: sockets

int send_descriptor(int socket, int descriptor) {
    char byte = 'd', control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    return errno_of(sendmsg(socket, &message, MSG_NOSIGNAL));
}

int take_descriptor(int socket) {
    char byte, control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(socket, &message, 0) <= 0) return -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int descriptor = -1;
    if (header != NULL && header->cmsg_type == SCM_RIGHTS) memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    return descriptor;
}

static socklen_t address_of(const char *name, int abstract, struct sockaddr_un *address) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address->sun_path + abstract, sizeof address->sun_path - (size_t)abstract, "%s", name);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)abstract + strlen(name) + !abstract);
}

int connect_to(const char *name, int abstract) {
    struct sockaddr_un address;
    socklen_t size = address_of(name, abstract, &address);
    int socket_ = socket(AF_UNIX, SOCK_STREAM, 0);
    return connect(socket_, (struct sockaddr *)&address, size) < 0 ? -errno : socket_;
}

int listen_on(const char *name, int abstract) {
    struct sockaddr_un address;
    socklen_t size = address_of(name, abstract, &address);
    int socket_ = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(socket_, (struct sockaddr *)&address, size) < 0) return -errno;
    return listen(socket_, 8) < 0 ? -errno : socket_;
}

// MARK: roles

static void make_file(const char *path) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || write(file, "text\n", 5) != 5) exit(3);
    close(file);
}

/// Makes the world, prints "ready PID", hands out a descriptor to whoever connects, and ends with its input.
static int stand_outside(void) {
    mkdir(world, 0700);
    static const char *const folders[] = {"in", "out", "in/d", "out/d", "in/mount"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", world, folders[i]);
        if (mkdir(path, 0700) < 0) return 3;
    }
    static const char *const names[] = {"file", "gone", "moved", "swapped", "linked", "shared", "ring", "hard"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        make_file(in(names[i]));
        make_file(out(names[i]));
    }
    unlink(in("hard"));
    if (link(out("hard"), in("hard")) < 0 || symlink("../out/file", in("link")) < 0) return 3;
    if (mkfifo(out("fifo"), 0600) < 0 || open(out("fifo"), O_RDWR) < 0) return 3;
    int named = listen_on(out("socket"), 0), abstract = listen_on(out("socket"), 1);
    int shared = open(out("shared"), O_RDWR);
    if (named < 0 || abstract < 0 || shared < 0) return 3;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int peer; (peer = accept(named, NULL, NULL)) >= 0; close(peer)) send_descriptor(peer, shared);
        _exit(0);
    }
    printf("ready %d\n", getpid());
    fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) continue;
    return 0;
}

static void attempt_all(const struct operation *operation) {
    for (; operation->name != NULL; operation++) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            alarm(10);
            int error = operation->attempt();
            _exit(error);
        }
        int status = 0;
        waitpid(child, &status, 0);
        int error = WIFEXITED(status) ? WEXITSTATUS(status) : 254;
        // Anything else than these says that the attempt was wrong, and not that it was refused.
        int is_denial = error == EACCES || error == EPERM || error == EXDEV;
        const char *outcome = error == 0 ? "allowed" : error == NOT_HERE ? "absent" : is_denial ? "denied" : "failed";
        printf("%s\t%s\t%s\n", operation->name, outcome,
               error == 0 || error >= 254 ? "" : strerrorname_np(error) ? strerrorname_np(error) : "");
    }
}

static int try_everything(void) {
    // The same in every run, whatever the caller's limits on new files are.
    umask(022);
    attempt_all(file_operations);
    attempt_all(outside_operations);
    attempt_all(device_operations);
    attempt_all(process_operations);
    attempt_all(kernel_operations);
    return 0;
}

static int run_as(int count, char **arguments) {
    if (count < 2) return 2;
    uid_t user = (uid_t)atoi(arguments[0]);
    if (setgroups(0, NULL) < 0 || setgid(user) < 0 || setuid(user) < 0) return 3;
    execv(arguments[1], arguments + 1);
    perror(arguments[1]);
    return 127;
}

int main(int count, char **arguments) {
    const char *role = count > 1 ? arguments[1] : "";
    if (strcmp(role, "as") == 0) return run_as(count - 2, arguments + 2);
    if (strcmp(role, "fault") == 0) return run_with_fault(count - 2, arguments + 2);
    if (strcmp(role, "attack") == 0) return attack(count - 2, arguments + 2);
    if (count < 3) {
        fputs("spawngate-probe: run by `spawngate doctor --enforcement`, and by tests\n", stderr);
        return 2;
    }
    snprintf(world, sizeof world, "%s", arguments[2]);
    if (strcmp(role, "outside") == 0) return stand_outside();
    outsider = count > 3 ? atoi(arguments[3]) : 0;
    return strcmp(role, "inside") == 0 && outsider > 1 ? try_everything() : 2;
}
