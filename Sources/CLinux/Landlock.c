#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result(long value) { return value < 0 ? -errno : (int)value; }

// Debian 12's header ends with ABI 3.
enum {
    ACCESS_WRITE_FILE = 1 << 1,
    ACCESS_REMOVE_DIR = 1 << 4,
    ACCESS_REMOVE_FILE = 1 << 5,
    ACCESS_MAKE_CHAR = 1 << 6,
    ACCESS_MAKE_DIR = 1 << 7,
    ACCESS_MAKE_REG = 1 << 8,
    ACCESS_MAKE_SOCK = 1 << 9,
    ACCESS_MAKE_FIFO = 1 << 10,
    ACCESS_MAKE_BLOCK = 1 << 11,
    ACCESS_MAKE_SYM = 1 << 12,
    ACCESS_REFER = 1 << 13,
    ACCESS_TRUNCATE = 1 << 14,
    ACCESS_IOCTL_DEV = 1 << 15,
    SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0,
    SCOPE_SIGNAL = 1 << 1,

    TO_FILES = ACCESS_WRITE_FILE | ACCESS_TRUNCATE,
    // Devices are not among what a write root lets be made: root could make the disk's, and open it.
    IN_FOLDERS = TO_FILES | ACCESS_REMOVE_DIR | ACCESS_REMOVE_FILE | ACCESS_MAKE_DIR | ACCESS_MAKE_REG |
                 ACCESS_MAKE_SOCK | ACCESS_MAKE_FIFO | ACCESS_MAKE_SYM | ACCESS_REFER,
    TO_DEVICES = TO_FILES | ACCESS_IOCTL_DEV,
    ALL_WRITES = IN_FOLDERS | TO_DEVICES | ACCESS_MAKE_CHAR | ACCESS_MAKE_BLOCK,
};

int cl_landlock_abi(void) {
    enum { ASK_VERSION = 1 };
    return result(syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION));
}

int cl_landlock_ruleset(void) {
    const struct {
        uint64_t handled_access_fs, handled_access_net, scoped;
    } attributes = {ALL_WRITES, 0, SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL};
    return result(syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0));
}

int cl_landlock_allow(int ruleset, int handle, int is_folder, int is_device) {
    enum { RULE_PATH_BENEATH = 1 };
    const struct __attribute__((packed)) {
        uint64_t allowed_access;
        int32_t parent_fd;
    } rule = {is_device ? TO_DEVICES : is_folder ? IN_FOLDERS : TO_FILES, handle};
    return result(syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0));
}
