// What a session may not do elsewhere, and what Landlock lets it do elsewhere all the same.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "probe.h"

static int write_file(void) { return write_to(out("file"), O_WRONLY); }
static int append(void) { return write_to(out("file"), O_WRONLY | O_APPEND); }
static int open_truncating(void) { return errno_of(open(out("file"), O_RDONLY | O_TRUNC)); }
static int truncate_by_name(void) { return errno_of(truncate(out("file"), 1)); }
static int create_file(void) { return write_to(out("new"), O_WRONLY | O_CREAT); }
static int make_folder(void) { return errno_of(mkdir(out("folder"), 0700)); }
static int remove_folder(void) { return errno_of(rmdir(out("d"))); }
static int remove_file(void) { return errno_of(unlink(out("gone"))); }
static int rename_outside(void) { return errno_of(rename(out("moved"), out("moved-on"))); }
static int rename_out(void) { return errno_of(rename(in("file"), out("from-in"))); }
static int rename_in(void) { return errno_of(rename(out("ring"), in("from-out"))); }
static int exchange(void) {
    return errno_of(renameat2(AT_FDCWD, in("shared"), AT_FDCWD, out("swapped"), RENAME_EXCHANGE));
}
static int link_in(void) { return errno_of(link(out("linked"), in("linked-in"))); }
static int link_out(void) { return errno_of(link(in("linked"), out("linked-out"))); }
static int make_symlink(void) { return errno_of(symlink("file", out("symlink"))); }
static int through_symlink(void) { return write_to(in("link"), O_WRONLY); }
static int by_dots(void) { return write_to(in("d/../../out/file"), O_WRONLY); }
static int make_fifo(void) { return errno_of(mkfifo(out("fifo-2"), 0600)); }
static int write_fifo(void) { return write_to(out("fifo"), O_WRONLY | O_NONBLOCK); }
static int nameless(void) {
    int error = errno_of(open(out(""), O_TMPFILE | O_RDWR, 0600));
    return error == EOPNOTSUPP ? NOT_HERE : error;
}
static int bind_socket(void) {
    int socket = listen_on(out("socket-2"), 0);
    return socket < 0 ? -socket : 0;
}

static int by_proc_root(void) {
    char path[1024];
    snprintf(path, sizeof path, "/proc/self/root%s", out("file"));
    return write_to(path, O_WRONLY);
}

static int by_folder_handle(void) {
    int folder = open(out(""), O_PATH | O_DIRECTORY);
    return errno_of(openat(folder, "file", O_WRONLY));
}

static int reopen(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", open(out("file"), O_RDONLY));
    return errno_of(open(path, O_WRONLY));
}

static int by_file_handle(void) {
    char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
    struct file_handle *handle = (struct file_handle *)space;
    handle->handle_bytes = MAX_HANDLE_SZ;
    int mount;
    if (name_to_handle_at(AT_FDCWD, out("file"), handle, &mount, 0) < 0) return errno == EOPNOTSUPP ? NOT_HERE : errno;
    return errno_of(open_by_handle_at(open(in(""), O_RDONLY), handle, O_WRONLY));
}

/// One request through io_uring; its outcome as an errno.
static int ring(struct io_uring_sqe request) {
    struct io_uring_params params = {0};
    int ring = (int)syscall(SYS_io_uring_setup, 1, &params);
    if (ring < 0) return errno == ENOSYS || errno == EPERM ? NOT_HERE : errno;
    size_t size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
    char *queues = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    struct io_uring_sqe *requests = mmap(NULL, sizeof request, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
    if (queues == MAP_FAILED || requests == MAP_FAILED) return errno;
    requests[0] = request;
    ((unsigned *)(queues + params.sq_off.array))[0] = 0;
    __atomic_store_n((unsigned *)(queues + params.sq_off.tail), 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0) return errno;
    int outcome = ((struct io_uring_cqe *)(queues + params.cq_off.cqes))[0].res;
    return outcome < 0 ? -outcome : 0;
}

static int ring_open(void) {
    return ring((struct io_uring_sqe){.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (unsigned long)out("file"),
                                      .open_flags = O_WRONLY});
}

static int ring_rename(void) {
    return ring((struct io_uring_sqe){.opcode = IORING_OP_RENAMEAT, .fd = AT_FDCWD, .addr = (unsigned long)in("ring"),
                                      .len = (unsigned)AT_FDCWD, .addr2 = (unsigned long)out("ring-2")});
}

static int make_device(void) { return errno_of(mknod(out("null"), S_IFCHR | 0600, 1 << 8 | 3)); }

// Not held by Landlock.

static int change_mode(void) { return errno_of(chmod(out("file"), 0640)); }
static int change_mode_2(void) {
    enum { FCHMODAT2 = 452 };
    int error = errno_of(syscall(FCHMODAT2, AT_FDCWD, out("file"), 0600, 0));
    return error == ENOSYS ? NOT_HERE : error;
}
static int change_owner(void) { return errno_of(chown(out("file"), 65533, (gid_t)-1)); }
static int change_times(void) { return errno_of(utimensat(AT_FDCWD, out("file"), NULL, 0)); }
static int set_attribute(void) {
    int error = errno_of(setxattr(out("linked"), "user.probe", "x", 1, 0));
    return error == EOPNOTSUPP ? NOT_HERE : error;
}
static int lock_file(void) { return errno_of(flock(open(out("linked"), O_RDONLY), LOCK_EX | LOCK_NB)); }
static int old_hard_link(void) { return write_to(in("hard"), O_WRONLY); }
static int read_file(void) { return errno_of(open(out("linked"), O_RDONLY)); }

static int handed_over(void) {
    int socket = connect_to(out("socket"), 0);
    if (socket < 0) return -socket;
    int file = take_descriptor(socket);
    return file < 0 ? EBADF : errno_of(write(file, "x", 1));
}

static int connect_named(void) {
    int socket = connect_to(out("socket"), 0);
    return socket < 0 ? -socket : 0;
}

static int connect_abstract(void) {
    int socket = connect_to(out("socket"), 1);
    return socket < 0 ? -socket : 0;
}

static int connect_own_abstract(void) {
    int socket = listen_on(in("mine"), 1);
    if (socket < 0) return -socket;
    socket = connect_to(in("mine"), 1);
    return socket < 0 ? -socket : 0;
}

static int inherited(void) {
    for (int descriptor = 3; descriptor < 256; descriptor++) {
        if (fcntl(descriptor, F_GETFD) >= 0) return 0;
    }
    return EPERM;
}

const struct operation outside_operations[] = {
    {"outside: read a file", read_file},
    {"outside: write to a file", write_file},
    {"outside: append", append},
    {"outside: open with O_TRUNC, only reading", open_truncating},
    {"outside: truncate by name", truncate_by_name},
    {"outside: create a file", create_file},
    {"outside: make a folder", make_folder},
    {"outside: remove a folder", remove_folder},
    {"outside: remove a file", remove_file},
    {"outside: rename", rename_outside},
    {"outside: make a symbolic link", make_symlink},
    {"outside: make a FIFO", make_fifo},
    {"outside: write to a FIFO", write_fifo},
    {"outside: O_TMPFILE", nameless},
    {"outside: bind a UNIX socket", bind_socket},
    {"outside: make a device", make_device},
    {"across: rename out of a root", rename_out},
    {"across: rename into a root", rename_in},
    {"across: exchange two files", exchange},
    {"across: hard link into a root", link_in},
    {"across: hard link out of a root", link_out},
    {"across: through a symbolic link in a root", through_symlink},
    {"across: by ../", by_dots},
    {"across: by /proc/self/root", by_proc_root},
    {"across: from a handle of the folder", by_folder_handle},
    {"across: reopen by /proc/self/fd", reopen},
    {"across: open_by_handle_at", by_file_handle},
    {"across: io_uring openat", ring_open},
    {"across: io_uring renameat", ring_rename},
    {"across: a descriptor beyond 2 was inherited", inherited},
    {"outside: chmod", change_mode},
    {"outside: fchmodat2", change_mode_2},
    {"outside: set times", change_times},
    {"outside: set an extended attribute", set_attribute},
    {"outside: chown", change_owner},
    {"outside: flock a file open for reading", lock_file},
    {"across: a hard link that was there before", old_hard_link},
    {"across: a descriptor handed over by a socket", handed_over},
    {"outside: connect to a UNIX socket by path", connect_named},
    {"outside: connect to an abstract socket", connect_abstract},
    {"within: an abstract socket of its own", connect_own_abstract},
    {NULL, NULL},
};
