#define _GNU_SOURCE
#include "CBench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { connections_max = 256, input_bytes = 1 << 16, output_bytes = 1 << 20 };

struct connection {
    int fd;
    int have;
    char input[input_bytes];
};

static struct connection connections[connections_max];
static char output[output_bytes];

static void send_all(int fd, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes += sent;
        count -= (size_t)sent;
    }
}

// Receives once, and answers whatever whole frames have come, at once.
static int serve(struct connection *one, const char *answer, size_t answer_bytes) {
    ssize_t got = recv(one->fd, one->input + one->have, sizeof one->input - (size_t)one->have, 0);
    if (got <= 0) return -1;
    one->have += (int)got;
    int used = 0;
    size_t filled = 0;
    while (one->have - used >= 4) {
        uint32_t length;
        memcpy(&length, one->input + used, 4);
        length = ntohl(length);
        if ((uint32_t)(one->have - used - 4) < length) break;
        used += 4 + (int)length;
        if (filled + answer_bytes > sizeof output) {
            send_all(one->fd, output, filled);
            filled = 0;
        }
        memcpy(output + filled, answer, answer_bytes);
        filled += answer_bytes;
    }
    memmove(one->input, one->input + used, (size_t)(one->have - used));
    one->have -= used;
    send_all(one->fd, output, filled);
    return 0;
}

static void serve_for_ever(int listener, const char *answer, size_t answer_bytes) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, ready[64];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (int next = 0;;) {
        int count = epoll_wait(epoll, ready, 64, -1);
        for (int i = 0; i < count; i++) {
            struct connection *one = ready[i].data.ptr;
            if (one) {
                if (serve(one, answer, answer_bytes) < 0) close(one->fd);
                continue;
            }
            int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), yes = 1;
            if (fd < 0) continue;
            if (next == connections_max) _exit(1);
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            connections[next].fd = fd;
            event.data.ptr = &connections[next++];
            epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        }
    }
}

int cb_echo_start(int answer_bytes, int *port) {
    static char answer[output_bytes];
    uint32_t length = htonl((uint32_t)answer_bytes);
    if (answer_bytes < 0 || answer_bytes > output_bytes - 4) return -EMSGSIZE;
    memcpy(answer, &length, 4);

    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 512) < 0
        || getsockname(listener, (struct sockaddr *)&address, &size) < 0)
        return -errno;
    *port = ntohs(address.sin_port);

    pid_t pid = fork();
    if (pid < 0) return -errno;
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve_for_ever(listener, answer, (size_t)answer_bytes + 4);
    }
    close(listener);
    return pid;
}

void cb_end(int pid) {
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
