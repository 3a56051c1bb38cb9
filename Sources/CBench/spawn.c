#define _GNU_SOURCE
#include "CBench.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int start(const char *folder, int number, pid_t *pid) {
    char out[4096], err[4096];
    snprintf(out, sizeof out, "%s/%d.out", folder, number);
    snprintf(err, sizeof err, "%s/%d.err", folder, number);
    char *arguments[] = {"/bin/true", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_EXCL, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, err, O_WRONLY | O_CREAT | O_EXCL, 0600);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    int error = posix_spawn(pid, arguments[0], &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -error;
}

int64_t cb_spawn_nanoseconds(const char *folder, int first, int count, int in_flight) {
    int64_t began = now();
    int started = 0, running = 0;
    while (started < count || running > 0) {
        if (started < count && running < in_flight) {
            pid_t pid;
            int error = start(folder, first + started++, &pid);
            if (error) return error;
            running++;
        } else {
            // The server under test is a child too, but it does not end while this runs.
            if (wait(NULL) >= 0)
                running--;
            else if (errno != EINTR)
                return -errno;
        }
    }
    return now() - began;
}

void cb_spread_folders(const char *folder) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), flags = 0;
    if (fd < 0) return;
    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
        flags |= FS_TOPDIR_FL;
        ioctl(fd, FS_IOC_SETFLAGS, &flags);
    }
    close(fd);
}
