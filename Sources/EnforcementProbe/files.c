// What a session must be able to do below its write roots, or the tools that people use do not work in it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "probe.h"

static int create_file(void) { return write_to(in("new"), O_WRONLY | O_CREAT | O_EXCL); }
static int append(void) { return write_to(in("file"), O_WRONLY | O_APPEND); }
static int open_truncating(void) { return write_to(in("file"), O_WRONLY | O_TRUNC); }
static int truncate_by_name(void) { return errno_of(truncate(in("file"), 1)); }
static int truncate_open(void) { return errno_of(ftruncate(open(in("file"), O_RDWR), 0)); }
static int allocate(void) { return errno_of(fallocate(open(in("file"), O_RDWR), 0, 0, 4096)); }
static int make_folder(void) { return errno_of(mkdir(in("folder"), 0700)); }
static int remove_folder(void) { return errno_of(rmdir(in("folder"))); }
static int remove_file(void) { return errno_of(unlink(in("gone"))); }
static int rename_across(void) { return errno_of(rename(in("moved"), in("d/moved"))); }
static int link_across(void) { return errno_of(link(in("linked"), in("d/linked"))); }
static int make_symlink(void) { return errno_of(symlink("file", in("symlink"))); }
static int make_fifo(void) { return errno_of(mkfifo(in("fifo"), 0600)); }
static int change_mode(void) { return errno_of(chmod(in("file"), 0640)); }
static int through_cwd(void) { return write_to("/proc/self/cwd/by-cwd", O_WRONLY | O_CREAT); }

static int bind_socket(void) {
    int socket = listen_on(in("socket"), 0);
    if (socket < 0) return -socket;
    return connect_to(in("socket"), 0) < 0 ? errno : 0;
}

static int nameless(void) {
    int file = open(in(""), O_TMPFILE | O_RDWR, 0600);
    if (file < 0) return errno == EOPNOTSUPP ? NOT_HERE : errno;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return errno_of(linkat(AT_FDCWD, path, AT_FDCWD, in("was-nameless"), AT_SYMLINK_FOLLOW));
}

static int map_shared(void) {
    int file = open(in("shared"), O_RDWR);
    char *bytes = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (bytes == MAP_FAILED) return errno;
    bytes[0] = 'X';
    return errno_of(msync(bytes, 4, MS_SYNC));
}

static int copy_in(void) {
    int from = open(out("file"), O_RDONLY), to = open(in("copied"), O_WRONLY | O_CREAT, 0600);
    long copied = copy_file_range(from, NULL, to, NULL, 5, 0);
    return copied < 0 && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP) ? NOT_HERE : errno_of(copied);
}

static int send_in(void) {
    int from = open(out("file"), O_RDONLY), to = open(in("sent"), O_WRONLY | O_CREAT, 0600);
    return errno_of(sendfile(to, from, NULL, 5));
}

static int set_attribute(void) {
    int error = errno_of(setxattr(in("file"), "user.probe", "x", 1, 0));
    return error == EOPNOTSUPP ? NOT_HERE : error;
}

static int temporary(void) {
    char path[1024];
    snprintf(path, sizeof path, "%s/probe", getenv("TMPDIR") ? getenv("TMPDIR") : "");
    return write_to(path, O_WRONLY | O_CREAT);
}

static int to_temporary(void) {
    char path[1024];
    snprintf(path, sizeof path, "%s/moved-here", getenv("TMPDIR") ? getenv("TMPDIR") : "");
    return errno_of(rename(in("swapped"), path));
}

const struct operation file_operations[] = {
    {"in a root: create a file", create_file},
    {"in a root: append", append},
    {"in a root: open with O_TRUNC", open_truncating},
    {"in a root: truncate by name", truncate_by_name},
    {"in a root: truncate an open file", truncate_open},
    {"in a root: fallocate", allocate},
    {"in a root: make a folder", make_folder},
    {"in a root: remove a folder", remove_folder},
    {"in a root: remove a file", remove_file},
    {"in a root: rename to another folder", rename_across},
    {"in a root: hard link to another folder", link_across},
    {"in a root: make a symbolic link", make_symlink},
    {"in a root: make a FIFO", make_fifo},
    {"in a root: a UNIX socket, and connect to it", bind_socket},
    {"in a root: O_TMPFILE, then a name for it", nameless},
    {"in a root: write through a shared mapping", map_shared},
    {"in a root: copy_file_range from outside", copy_in},
    {"in a root: sendfile from outside", send_in},
    {"in a root: chmod", change_mode},
    {"in a root: set an extended attribute", set_attribute},
    {"in a root: create by /proc/self/cwd", through_cwd},
    {"TMPDIR: create a file", temporary},
    {"TMPDIR: rename from a root", to_temporary},
    {NULL, NULL},
};
