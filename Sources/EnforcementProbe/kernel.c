// The machine itself: mounts, namespaces, and what root may ask of the kernel.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

static int enter(int namespaces) { return errno_of(unshare(namespaces)); }

/// A copy of all mounts that is this process's own: without it, what is tried would be done to the machine.
static int own_mounts(int more) {
    int error = enter(CLONE_NEWNS | more);
    return error != 0 ? error : errno_of(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

static int mount_after(int more) {
    int error = own_mounts(more);
    return error != 0 ? error : errno_of(mount("probe", in("mount"), "tmpfs", 0, NULL));
}

static int mount_here(void) { return mount_after(0); }
static int mount_as_user_root(void) { return mount_after(CLONE_NEWUSER); }
static int bind_here(void) {
    int error = own_mounts(0);
    return error != 0 ? error : errno_of(mount(out(""), in("mount"), NULL, MS_BIND, NULL));
}
static int unmount(void) {
    int error = own_mounts(0);
    if (error != 0) return error;
    error = errno_of(umount2("/dev/pts", MNT_DETACH));
    return error == EINVAL || error == ENOENT ? NOT_HERE : error;
}
static int remount_tree(void) {
    enum { OPEN_TREE_CLONE_ = 1 };
    return errno_of(syscall(SYS_open_tree, AT_FDCWD, out(""), OPEN_TREE_CLONE_ | O_CLOEXEC));
}
static int user_namespace(void) {
    int error = enter(CLONE_NEWUSER);
    return error == ENOSPC ? NOT_HERE : error;
}
static int change_root(void) { return errno_of(chroot(in(""))); }
static int enter_first(void) {
    int namespace = open("/proc/1/ns/mnt", O_RDONLY);
    return namespace < 0 ? errno : errno_of(setns(namespace, CLONE_NEWNS));
}

static int load_bpf(void) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = 4;
    attributes.value_size = 4;
    attributes.max_entries = 1;
    int error = errno_of(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes));
    return error == ENOSYS ? NOT_HERE : error;
}

static int fault_handler(void) {
    int error = errno_of(syscall(SYS_userfaultfd, O_CLOEXEC));
    return error == ENOSYS ? NOT_HERE : error;
}

static int load_module(void) {
    // No module at all: who may load one is told that.
    int error = errno_of(syscall(SYS_init_module, "", 0, ""));
    return error == ENOSYS ? NOT_HERE : error == EPERM ? EPERM : 0;
}

static int name_host(void) {
    char name[256];
    if (gethostname(name, sizeof name) < 0) return errno;
    return errno_of(sethostname(name, strlen(name)));
}

static int swap(void) {
    // Of a file that cannot be swapped to: who may is told that.
    int error = errno_of(syscall(SYS_swapon, in("file"), 0));
    return error == EPERM || error == ENOSYS ? EPERM : 0;
}

static int become_other(void) { return errno_of(setuid(65533)); }

static int is_admin(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct held[2];
    if (syscall(SYS_capget, &header, held) < 0) return errno;
    return held[0].effective & 1U << CAP_SYS_ADMIN ? 0 : EPERM;
}

static int exec_memory(void) {
    int program = memfd_create("probe", 0), from = open("/bin/true", O_RDONLY);
    char bytes[4096];
    for (ssize_t length; (length = read(from, bytes, sizeof bytes)) > 0;) {
        if (write(program, bytes, (size_t)length) != length) return errno;
    }
    char *arguments[] = {"true", NULL}, *environment[] = {NULL};
    return errno_of(syscall(SYS_execveat, program, "", arguments, environment, AT_EMPTY_PATH));
}

const struct operation kernel_operations[] = {
    {"kernel: mount", mount_here},
    {"kernel: mount in a user namespace", mount_as_user_root},
    {"kernel: bind mount of outside into a root", bind_here},
    {"kernel: umount", unmount},
    {"kernel: open_tree of outside", remount_tree},
    {"kernel: enter the mounts of process 1", enter_first},
    {"kernel: a user namespace", user_namespace},
    {"kernel: chroot", change_root},
    {"kernel: setuid to another user", become_other},
    {"kernel: CAP_SYS_ADMIN", is_admin},
    {"kernel: bpf", load_bpf},
    {"kernel: userfaultfd", fault_handler},
    {"kernel: load a module", load_module},
    {"kernel: swapon", swap},
    {"kernel: sethostname", name_host},
    {"kernel: run a program from memory", exec_memory},
    {NULL, NULL},
};
