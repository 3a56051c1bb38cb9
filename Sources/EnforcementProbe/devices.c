// Devices: those that tools need, and those that reach behind the file system.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

static int write_null(void) { return write_to("/dev/null", O_WRONLY | O_CREAT | O_TRUNC); }
static int write_zero(void) { return write_to("/dev/zero", O_WRONLY); }

static int open_full(void) {
    int error = write_to("/dev/full", O_WRONLY);
    return error == ENOSPC ? 0 : error;
}

static int terminal(int *near) {
    *near = posix_openpt(O_RDWR | O_NOCTTY);
    if (*near < 0) return -errno;
    if (grantpt(*near) < 0 || unlockpt(*near) < 0) return -errno;
    int far = open(ptsname(*near), O_RDWR | O_NOCTTY);
    return far < 0 ? -errno : far;
}

static int use_terminal(void) {
    int near, far = terminal(&near);
    if (far < 0) return -far;
    struct winsize size = {24, 80, 0, 0};
    int error = errno_of(ioctl(near, TIOCSWINSZ, &size));
    return error != 0 ? error : errno_of(write(far, "x", 1));
}

/// A terminal that controls this process. 0, or the errno.
static int take_terminal(int *far) {
    int near;
    *far = terminal(&near);
    if (*far < 0) return -*far;
    // Whoever leads a group of processes, as this one does not, may not lead a session.
    setsid();
    return errno_of(ioctl(*far, TIOCSCTTY, 0));
}

static int write_tty(void) {
    int far, error = take_terminal(&far);
    return error != 0 ? error : write_to("/dev/tty", O_RDWR);
}

static int push_input(void) {
    int far, error = take_terminal(&far);
    if (error != 0) return error;
    error = errno_of(ioctl(far, TIOCSTI, "x"));
    // Since Linux 6.2 a kernel may do without it.
    return error == EIO ? NOT_HERE : error;
}

static int share_memory(void) {
    int file = shm_open("/spawngate-probe", O_RDWR | O_CREAT, 0600);
    if (file >= 0) shm_unlink("/spawngate-probe");
    return errno_of(file);
}

static int write_disk(void) {
    DIR *folder = opendir("/dev");
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        char path[300];
        snprintf(path, sizeof path, "/dev/%s", entry->d_name);
        struct stat status;
        if (entry->d_type != DT_BLK || stat(path, &status) < 0) continue;
        int file = open(path, O_WRONLY);
        // One without a medium says nothing.
        if (file >= 0 || errno == EACCES || errno == EPERM) return errno_of(file);
    }
    return NOT_HERE;
}

static int write_kernel_log(void) {
    int error = errno_of(open("/dev/kmsg", O_WRONLY));
    return error == ENOENT ? NOT_HERE : error;
}

static int make_disk(void) { return errno_of(mknod(in("disk"), S_IFBLK | 0600, 7 << 8)); }
static int make_null(void) { return errno_of(mknod(in("null"), S_IFCHR | 0600, 1 << 8 | 3)); }

const struct operation device_operations[] = {
    {"devices: write to /dev/null", write_null},
    {"devices: write to /dev/zero", write_zero},
    {"devices: write to /dev/full", open_full},
    {"devices: a terminal of its own", use_terminal},
    {"devices: write to its terminal as /dev/tty", write_tty},
    {"devices: push input into its terminal", push_input},
    {"devices: share memory in /dev/shm", share_memory},
    {"devices: open a disk for writing", write_disk},
    {"devices: open /dev/kmsg for writing", write_kernel_log},
    {"devices: make a disk's device in a root", make_disk},
    {"devices: make another device in a root", make_null},
    {NULL, NULL},
};
